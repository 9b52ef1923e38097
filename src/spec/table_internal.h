// The one field table: every key of every document. Parser, JSON Schema and reference are made from it.
#pragma once

#include <string_view>
#include <vector>

namespace frazil {

struct ObjectRule;

// What a value looks like.
enum class Shape {
  kText,
  kName,       // of a document
  kBroker,     // host:port
  kTable,      // namespace.table
  kPath,       // of a file, relative to the document's folder
  kDatabase,   // sqlite:PATH
  kWarehouse,  // file:PATH
  kType,       // Iceberg type
  kPointer,    // JSON Pointer or $.a.b; may be empty
  kParse,      // how a value is read
  kDefault,    // a single value, [] or {}
  kPartition,  // column, day(column)
  kSortKey,    // the same, and a direction
  kBoolean,
  kSize,  // bytes, or text with a unit
  kDuration,
  kTimestamp,     // ISO 8601 with a zone, or milliseconds since 1970
  kEnum,          // one of `values`
  kTextMap,       // words to text, numbers or booleans
  kOffsetMap,     // partition to offset
  kObject,        // `object`
  kEnumOrObject,  // one of `values`, or `object`
};

enum class Many { kOne, kList, kNonEmptyList };

// kLater: a key of the contract that this version does not put into force; its use is CONFIG_NOT_SUPPORTED.
enum class Presence { kRequired, kOptional, kLater };

struct FieldRule {
  std::string_view key;
  Shape shape = Shape::kText;
  Presence presence = Presence::kOptional;
  std::string_view doc = {};
  std::string_view otherwise = {};            // value of an absent key; "" = none
  std::vector<std::string_view> values = {};  // kEnum: in force
  std::vector<std::string_view> later = {};   // kEnum: not in force yet; "*" = any other
  const ObjectRule* object = nullptr;
  Many many = Many::kOne;
  std::string_view instead = {};  // kLater and missing keys: what to do in this version
};

struct ObjectRule {
  std::string_view name;  // of its JSON Schema definition
  std::string_view doc;
  std::vector<FieldRule> fields;
  bool exactly_one = false;  // exactly one of the fields is set

  const FieldRule* Find(std::string_view key) const;
};

// The three kinds of documents, each under the kind's name.
const std::vector<const ObjectRule*>& DocumentRules();
// The object of secrets, which no plain text can stand for.
const ObjectRule& SecretRule();
// All objects in the order in which a reader meets them, documents first.
std::vector<const ObjectRule*> AllRules();

}  // namespace frazil
