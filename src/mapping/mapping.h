// A mapping: which value of a message goes into which column, and how it is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/types.h"

namespace frazil {

// How a value is read where its JSON form leaves a choice.
enum class Parse {
  kDefault,  // as the type says: iso8601 for temporal types from text, base64 for binary, JSON's own form for
             // the rest
  kIso8601,
  kUnixSeconds,
  kUnixMillis,
  kUnixMicros,
  kUnixNanos,
  kUnixDays,
  kPattern,  // strptime pattern, in ColumnMapping::pattern
  kText,     // number and boolean columns: from text; string columns: text as it is, any other scalar as its
             // JSON text
  kBase64,
  kHex,
  kUtf8,
  kJson,  // any value as its JSON text
};

// "unix_millis" …, or a strptime pattern such as "%Y-%m-%d", which then is in `pattern`. kInvalid
// (MAPPING_PARSE).
Result<Parse> ParseParseRule(std::string_view text, std::string& pattern);
// The inverse; "" for kDefault.
std::string ToString(Parse parse, const std::string& pattern);

// One value's rule, nested rules as the type's tree has them.
struct ValueMapping {
  Type type;  // with the children's names
  bool required = false;
  Parse parse = Parse::kDefault;
  std::string pattern = {};
  std::vector<ValueMapping> children =
      {};  // struct: one a member (read by the member's name); list: element; map: key, value

  bool operator==(const ValueMapping&) const = default;
};

// The rule that reads each part of `type` as its default says, required where the type's fields are.
ValueMapping DefaultValueMapping(const Type& type, bool required = false);

struct ColumnMapping {
  std::string name;
  std::vector<std::string>
      path;  // reference tokens of the JSON Pointer (RFC 6901), unescaped; empty = the whole value
  ValueMapping value;
  std::string doc = {};

  bool operator==(const ColumnMapping&) const = default;
};

enum class Unmapped { kIgnore };

struct MetadataColumns {
  bool partition = true;
  bool offset = true;
  bool timestamp = true;
  bool key = false;
  bool headers = false;
  bool operator==(const MetadataColumns&) const = default;
};

struct Mapping {
  std::vector<ColumnMapping> columns;
  MetadataColumns metadata = {};
  Unmapped unmapped = Unmapped::kIgnore;

  bool operator==(const Mapping&) const = default;
};

// Names of the metadata columns, in the order in which they follow the mapped ones.
inline constexpr std::string_view kPartitionColumn = "kafka_partition";
inline constexpr std::string_view kOffsetColumn = "kafka_offset";
inline constexpr std::string_view kTimestampColumn = "kafka_timestamp";
inline constexpr std::string_view kKeyColumn = "kafka_key";
inline constexpr std::string_view kHeadersColumn = "kafka_headers";

// JSON Pointer ("/a/b", "" for the whole) or dotted form ("$.a.b"). kInvalid (MAPPING_PATH).
Result<std::vector<std::string>> ParsePath(std::string_view text);
std::string PathToPointer(const std::vector<std::string>& path);

// What no mapping may have: no columns at all, names that are equal up to the case of ASCII letters or those
// of metadata columns, a parse rule that does not fit its type, types out of range. kInvalid (MAPPING_EMPTY,
// MAPPING_NAME, MAPPING_TYPE, MAPPING_PARSE, MAPPING_PATTERN) with the column's name in `pointer`.
Status ValidateMapping(const Mapping& mapping);

// The target table's schema: mapped columns in order, then the metadata columns. Field ids are not assigned.
Schema TargetSchema(const Mapping& mapping);
// The errors table's schema: the five metadata columns, kafka_topic, value, error_code, error_path,
// error_message, mapping_version, failed_at. Ids not assigned.
Schema ErrorsSchema();

// Hash of the mapping's meaning (docs are none): 16 hexadecimal digits, the same for equal mappings in every
// process and version. FNV-1a, 64 bits, over a canonical JSON text.
std::string MappingVersion(const Mapping& mapping);

}  // namespace frazil
