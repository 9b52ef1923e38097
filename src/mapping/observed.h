// What a sample of messages holds at each of its places, counted so that the order of the messages does not
// matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/number.h"

namespace frazil {

// Whatever a sample holds, looking at it takes some 20 MB at most.
inline constexpr int kMaxObservedDepth = 16;               // what lies deeper is counted, not looked into
inline constexpr std::size_t kMaxObservedMembers = 2'000;  // of one object; with more, all are taken together
inline constexpr std::size_t kMaxObservedPlaces = 20'000;  // in all
inline constexpr std::size_t kMaxObservedKey = 200;        // bytes; members of longer ones are left out
inline constexpr std::size_t kMaxExamples = 3;
inline constexpr std::size_t kMaxExampleBytes = 40;

// One place: the message, a member of an object, or the elements of an array. A plain sum: merging is
// associative and commutative.
struct Observed {
  int depth = 0;  // of the message: 0

  // Values by kind.
  std::int64_t nulls = 0;
  std::int64_t booleans = 0;
  std::int64_t whole_numbers = 0;  // written with neither a fraction nor an exponent
  std::int64_t fractions = 0;      // the other numbers
  std::int64_t texts = 0;
  std::int64_t objects = 0;
  std::int64_t arrays = 0;

  // Of the numbers: those that the type would not take.
  std::int64_t beyond_long = 0;     // of the whole ones
  std::int64_t beyond_decimal = 0;  // of the whole ones: more than 38 digits
  std::int64_t beyond_double = 0;
  // Their range; infinite where a number is beyond double.
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  // Of the texts: those that are one.
  std::int64_t dates = 0;
  std::int64_t times = 0;
  std::int64_t timestamps = 0;    // without a zone
  std::int64_t timestamptzs = 0;  // with a zone
  std::int64_t uuids = 0;

  // Some scalars as JSON, cut; which ones does not depend on the order.
  std::vector<std::string> examples;

  // As a member: the sum of its places among its object's members, from 0.
  std::int64_t position_sum = 0;
  // As a member: which of the parent's objects had it last, counted from 1. No sum, and not merged: it is for
  // the walk that counts.
  std::int64_t last_object = 0;

  std::map<std::string, std::unique_ptr<Observed>, std::less<>> members;
  std::unique_ptr<Observed> any_member;  // in place of `members`, when these were too many
  std::unique_ptr<Observed> element;
  std::int64_t cut = 0;  // members and elements that a limit kept from being looked at

  void AddNull() { ++nulls; }
  void AddBoolean(bool value);
  void AddNumber(const Number& number);
  void AddText(std::string_view text);

  std::int64_t values() const {
    return nulls + booleans + whole_numbers + fractions + texts + objects + arrays;
  }

  void Merge(const Observed& other);

 private:
  void AddExample(std::string_view json);
  void KeepExample(std::string example);
};

// All members of an object as one.
Observed MergeMembers(const Observed& object);

// Grows the tree, within the limits. Its own order is that of the calls where the limit of places is met, so
// whoever wants the same answer for any order of the messages feeds them sorted.
class Observer {
 public:
  Observed& root() { return root_; }
  const Observed& root() const { return root_; }
  // Members that were not counted, as their keys stood in the object already. Where an object has too many
  // members, none of its own are found.
  std::int64_t repeated() const { return repeated_; }

  // Where a member's value, or an element's, is to be counted; null where a limit forbids, and of a key that
  // stands in its object again: then the first counts. Valid until the next call for the same object.
  // REQUIRES: object.objects counts the one at hand.
  Observed* Member(Observed& object, std::string_view key, std::int64_t position);
  Observed* Element(Observed& array);

 private:
  bool MayGrow(Observed& parent);

  Observed root_;
  std::size_t places_ = 1;
  std::int64_t repeated_ = 0;
};

}  // namespace frazil
