// Type text; and, when the text begins with a brace, schemas, partition specs and sort orders as JSON.
#include "base/bytes.h"
#include "schema/spec.h"
#include "schema/types.h"

namespace frazil {
namespace {

template <typename T>
void CheckJson(std::string_view text, Result<T> (*parse)(std::string_view), std::string (*print)(const T&)) {
  const auto parsed = parse(text);
  if (!parsed) {
    FRAZIL_CHECK(!parsed.error().code.empty() && !parsed.error().detail.empty());
    return;
  }
  FRAZIL_CHECK(parse(print(*parsed)) == parsed, "what is written is read as it was");
}

void CheckSchema(Schema schema) {
  const std::int32_t last = AssignFieldIds(schema, 10);
  FRAZIL_CHECK(last == schema.HighestFieldId());
  FRAZIL_CHECK(ParseSchema(SchemaToJson(schema)) == schema);
  FRAZIL_CHECK(Incompatibilities(schema, schema).empty() && ResolveIds(schema, schema) == schema);
}

void CheckType(std::string_view text) {
  const auto type = ParseType(text);
  if (!type) return;
  const std::string written = ToString(*type);
  FRAZIL_CHECK(ParseType(written) == type && ToString(ParseType(written).value()) == written);
  if (IsUtf8(text)) CheckSchema({.fields = {{.name = "c", .type = *type}}});
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  if (size > 8000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!text.starts_with('{')) {
    CheckType(text);
    return 0;
  }
  CheckJson<Schema>(text, ParseSchema, SchemaToJson);
  CheckJson<PartitionSpec>(text, ParsePartitionSpec, PartitionSpecToJson);
  CheckJson<SortOrder>(text, ParseSortOrder, SortOrderToJson);
  return 0;
}
