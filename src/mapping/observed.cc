#include "mapping/observed.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/ids.h"
#include "mapping/temporal.h"

namespace frazil {
namespace {

// At most kMaxExampleBytes, without half a character at the end.
std::string CutText(std::string_view text) {
  if (text.size() <= kMaxExampleBytes) return std::string(text);
  std::size_t end = kMaxExampleBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3U;
  return hash;
}

// Texts that are one after the other in the alphabet tell little; by their hash they are mixed.
bool Before(const std::string& a, const std::string& b) {
  return std::tuple(Hash(a), std::string_view(a)) < std::tuple(Hash(b), std::string_view(b));
}

bool Is(std::string_view text, TypeId type) {
  std::int64_t value = 0;
  return ReadIso8601(text, type, value) == Conversion::kOk;
}

std::size_t CountPlaces(const Observed& place) {
  std::size_t count = 1;
  for (const auto& [key, member] : place.members) count += CountPlaces(*member);
  if (place.any_member) count += CountPlaces(*place.any_member);
  if (place.element) count += CountPlaces(*place.element);
  return count;
}

void MergeInto(std::unique_ptr<Observed>& place, const Observed& other) {
  if (place == nullptr) {
    place = std::make_unique<Observed>();
    place->depth = other.depth;
  }
  place->Merge(other);
}

// `members` become `any_member` when they are too many, or when others have become it.
void TakeTogether(Observed& object) {
  if (object.any_member == nullptr && object.members.size() <= kMaxObservedMembers) return;
  for (const auto& [key, member] : object.members) MergeInto(object.any_member, *member);
  object.members.clear();
}

}  // namespace

void Observed::AddBoolean(bool value) {
  ++booleans;
  AddExample(value ? "true" : "false");
}

void Observed::AddNumber(const Number& number) {
  std::int64_t as_long = 0;
  double as_double = 0;
  if (number.whole) {
    ++whole_numbers;
    Int128 as_decimal = 0;
    if (ToInt64(number, as_long) != Conversion::kOk) ++beyond_long;
    if (ToDecimal(number, 38, 0, as_decimal) != Conversion::kOk) ++beyond_decimal;
  } else {
    ++fractions;
  }
  const bool fits_double = ToDouble(number, as_double) == Conversion::kOk;
  if (!fits_double) ++beyond_double;
  if (!fits_double && number.whole && ToInt64(number, as_long) == Conversion::kOk) {
    as_double = static_cast<double>(as_long);
  } else if (!fits_double) {
    as_double = std::numeric_limits<double>::infinity() * (number.negative ? -1 : 1);
  }
  least = std::min(least, as_double);
  most = std::max(most, as_double);
  AddExample(number.text);
}

void Observed::AddText(std::string_view text) {
  ++texts;
  if (Is(text, TypeId::kDate)) ++dates;
  if (Is(text, TypeId::kTime)) ++times;
  if (Is(text, TypeId::kTimestamp)) ++timestamps;
  if (Is(text, TypeId::kTimestamptz)) ++timestamptzs;
  if (Uuid::Parse(text)) ++uuids;
  AddExample(fmt::format("\"{}\"", CutText(text)));
}

void Observed::AddExample(std::string_view json) {
  KeepExample(json.starts_with('"') ? std::string(json) : CutText(json));
}

void Observed::KeepExample(std::string example) {
  const auto at = std::ranges::lower_bound(examples, example, Before);
  if (at != examples.end() && *at == example) return;
  examples.insert(at, std::move(example));
  if (examples.size() > kMaxExamples) examples.pop_back();
}

void Observed::Merge(const Observed& other) {
  nulls += other.nulls;
  booleans += other.booleans;
  whole_numbers += other.whole_numbers;
  fractions += other.fractions;
  texts += other.texts;
  objects += other.objects;
  arrays += other.arrays;
  beyond_long += other.beyond_long;
  beyond_decimal += other.beyond_decimal;
  beyond_double += other.beyond_double;
  least = std::min(least, other.least);
  most = std::max(most, other.most);
  dates += other.dates;
  times += other.times;
  timestamps += other.timestamps;
  timestamptzs += other.timestamptzs;
  uuids += other.uuids;
  for (const std::string& example : other.examples) KeepExample(example);
  position_sum += other.position_sum;
  for (const auto& [key, member] : other.members) MergeInto(members[key], *member);
  if (other.any_member) MergeInto(any_member, *other.any_member);
  TakeTogether(*this);
  if (other.element) MergeInto(element, *other.element);
  cut += other.cut;
}

Observed MergeMembers(const Observed& object) {
  Observed all;
  all.depth = object.depth + 1;
  for (const auto& [key, member] : object.members) all.Merge(*member);
  if (object.any_member) all.Merge(*object.any_member);
  return all;
}

bool Observer::MayGrow(Observed& parent) {
  if (parent.depth < kMaxObservedDepth && places_ < kMaxObservedPlaces) return true;
  ++parent.cut;
  return false;
}

Observed* Observer::Member(Observed& object, std::string_view key, std::int64_t position) {
  if (object.any_member) return object.any_member.get();
  if (key.size() > kMaxObservedKey) {
    ++object.cut;
    return nullptr;
  }
  auto found = object.members.find(key);
  if (found == object.members.end()) {
    if (!MayGrow(object)) return nullptr;
    found = object.members.emplace(std::string(key), std::make_unique<Observed>()).first;
    found->second->depth = object.depth + 1;
    ++places_;
  }
  if (std::exchange(found->second->last_object, object.objects) == object.objects) {
    ++repeated_;
    return nullptr;
  }
  found->second->position_sum += position;
  if (object.members.size() <= kMaxObservedMembers) return found->second.get();
  TakeTogether(object);
  places_ = CountPlaces(root_);
  return object.any_member.get();
}

Observed* Observer::Element(Observed& array) {
  if (array.element == nullptr) {
    if (!MayGrow(array)) return nullptr;
    array.element = std::make_unique<Observed>();
    array.element->depth = array.depth + 1;
    ++places_;
  }
  return array.element.get();
}

}  // namespace frazil
