// A mapping: which value of a message goes into which column, and how it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  // What stands for a value that is missing (not for null), as JSON that the rule itself reads: a single
  // value, [] for a list, {} for a map, {} for a struct whose members are all missing.
  std::optional<std::string> default_json = {};

  bool operator==(const ValueMapping&) const = default;
};

// The rule that reads each part of `type` as its default says, required where the type's fields are.
ValueMapping DefaultValueMapping(const Type& type, bool required = false);

// Where in a message a column's value is.
enum class MessagePart { kValue, kKey, kHeaders };

struct ColumnMapping {
  std::string name;
  // Reference tokens of the JSON Pointer (RFC 6901), unescaped; empty = the whole value or key. Of headers
  // the first token is a header's name.
  std::vector<std::string> path;
  ValueMapping value;
  std::string doc = {};
  MessagePart part = MessagePart::kValue;

  bool operator==(const ColumnMapping&) const = default;
};

// Whether the column's value is the text that the key's or header's bytes are, and not a piece of JSON in
// them: a whole key or header that is not nested and has no `parse: json`. Binary types take the bytes as
// they are.
bool ReadsBytes(const ColumnMapping& column);

// What becomes of what no column reads of a message's value.
enum class Unmapped {
  kIgnore,
  kCollect,  // goes into the column Mapping::unmapped_column, as JSON
  kReject,   // makes the message an error
};

struct MetadataColumns {
  bool partition = true;
  bool offset = true;
  bool timestamp = true;
  bool key = false;
  bool headers = false;
  bool operator==(const MetadataColumns&) const = default;
};

// Names of the metadata columns, in the order in which they follow the mapped ones.
inline constexpr std::string_view kPartitionColumn = "kafka_partition";
inline constexpr std::string_view kOffsetColumn = "kafka_offset";
inline constexpr std::string_view kTimestampColumn = "kafka_timestamp";
inline constexpr std::string_view kKeyColumn = "kafka_key";
inline constexpr std::string_view kHeadersColumn = "kafka_headers";

// Name of the column of Unmapped::kCollect where the mapping gives none.
inline constexpr std::string_view kUnmappedColumn = "unmapped";

struct Mapping {
  std::vector<ColumnMapping> columns;
  MetadataColumns metadata = {};
  Unmapped unmapped = Unmapped::kIgnore;
  std::string unmapped_column = std::string(kUnmappedColumn);  // of kCollect

  bool operator==(const Mapping&) const = default;
};

// JSON Pointer ("/a/b", "" for the whole) or dotted form ("$.a.b"). kInvalid (MAPPING_PATH).
Result<std::vector<std::string>> ParsePath(std::string_view text);
std::string PathToPointer(const std::vector<std::string>& path);
// Whether a reference token is an array's index, too.
bool IsArrayIndex(std::string_view token);

// Bytes of a `fixed`, at most: a null takes as many.
inline constexpr std::int32_t kMaxFixedLength = 1024;

// What is wrong with one column of a mapping, or with the mapping itself.
struct MappingProblem {
  std::optional<std::size_t> column;  // its index
  std::vector<std::size_t> parts;     // from the column's value to the part at fault: indexes of `children`
  // kInvalid: MAPPING_EMPTY, MAPPING_NAME, MAPPING_TYPE, MAPPING_PARSE, MAPPING_PATTERN, MAPPING_PATH,
  // MAPPING_DEFAULT. `pointer` is the part's name, as of NameOfPart.
  Error error;
};

// The column's name, with those of what is nested in it: "lines.element.at".
// REQUIRES: the parts are there.
std::string NameOfPart(const ColumnMapping& column, const std::vector<std::size_t>& parts);

// What no mapping may have, at most one problem a column: no columns at all, names that are equal up to the
// case of ASCII letters or those of metadata columns, a parse rule that does not fit its type, types out of
// range, a path that leads nowhere, columns of which (or of parts of which) no message can fill both, a
// default that its own rule does not read.
std::vector<MappingProblem> FindMappingProblems(const Mapping& mapping);
// The first of them.
Status ValidateMapping(const Mapping& mapping);

// The target table's schema: mapped columns in order, that of what is collected, then the metadata columns.
// Field ids are not assigned.
Schema TargetSchema(const Mapping& mapping);
// The errors table's schema: the five metadata columns, kafka_topic, value, error_code, error_path,
// error_message, mapping_version, failed_at. Ids not assigned.
Schema ErrorsSchema();

// Hash of the mapping's meaning (docs are none): 16 hexadecimal digits, the same for equal mappings in every
// process and version. FNV-1a, 64 bits, over a canonical JSON text.
std::string MappingVersion(const Mapping& mapping);

}  // namespace frazil
