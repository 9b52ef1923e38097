// A mapping compiled for reading JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decode/scalar.h"
#include "mapping/mapping.h"

namespace frazil {

// The keys of an object that are read, each with its place.
class KeyTable {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // The key's place, its old one when it is there already.
  std::size_t Add(const std::string& key);
  // kNone when the key is not read.
  std::size_t Find(std::string_view key) const;

  std::size_t size() const { return keys_.size(); }
  const std::string& key(std::size_t i) const { return keys_[i]; }
  // Whether the key, written without escapes, looks the same in JSON.
  bool is_plain(std::size_t i) const { return plain_[i] != 0; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  std::vector<std::string> keys_;
  std::vector<std::uint8_t> plain_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
};

// How one value is read.
struct ValuePlan {
  TypeId type = TypeId::kBoolean;
  bool required = false;
  bool as_json = false;  // parse: json
  ScalarPlan scalar;     // unless nested
  std::string expected;  // in words, for messages
  KeyTable members;      // kStruct
  std::vector<ValuePlan> children;
};

// What is read from one place of the message: the value itself, members of it, both, or (to get there)
// neither.
struct PathPlan {
  std::size_t id = 0;  // among all places
  std::vector<std::size_t> columns;
  KeyTable keys;
  std::vector<PathPlan> children;  // one a key
  bool has_index = false;          // some key is an array's index, too
};

struct JsonPlan {
  explicit JsonPlan(const Mapping& mapping);

  PathPlan root;
  std::size_t path_count = 0;
  std::vector<ValuePlan> values;      // one a mapped column
  std::vector<std::string> pointers;  // where each column's value is
  MetadataColumns metadata;
  std::string mapping_version;
};

}  // namespace frazil
