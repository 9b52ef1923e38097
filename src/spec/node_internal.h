// A YAML document as a tree that knows where everything stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace frazil {

// From 1, as editors count.
struct Place {
  int line = 1;
  int column = 1;
  auto operator<=>(const Place&) const = default;
};

struct Member;

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text = {};        // kScalar
  bool plain = false;           // kScalar: written without quotes, so that true and 12 are no text
  int text_column = 0;          // kScalar: where `text` begins; 0: it is written with an escape or a fold
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kMap, in order, duplicates included

  // The first member of that name, or nullptr.
  const Node* Find(std::string_view key) const;
  // Of the text's byte at `offset`, or of the whole value where the text is not written so.
  Place PlaceInText(std::size_t offset) const;
};

struct Member {
  std::string key;
  Place place;
  Node value;
};

// What is wrong with a file, collected while it is read.
class Problems {
 public:
  void Add(Place place, std::string code, std::string detail, std::string fix = {});
  std::size_t count() const { return problems_.size(); }
  // In the order of the lines.
  std::vector<Error> ToErrors(const std::string& file_name) &&;

 private:
  struct Problem {
    Place place;
    Error error;
  };
  std::vector<Problem> problems_;
};

// All documents up to the first syntax error (CONFIG_SYNTAX). Empty documents are left out. Anchors, aliases
// and keys that are no plain words are refused.
std::vector<Node> ParseYaml(std::string_view yaml, Problems& problems);

}  // namespace frazil
