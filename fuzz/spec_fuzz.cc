// Spec files.
#include "spec/mapping_text.h"
#include "spec/spec.h"

#include <set>

#include "schema/types.h"

namespace frazil {
namespace {

// Every problem says where it is, in a line that the file has.
void CheckErrors(std::string_view yaml, const std::vector<Error>& errors) {
  FRAZIL_CHECK(!errors.empty());
  const auto lines =
      1 + std::count_if(yaml.begin(), yaml.end(), [](char c) { return c == '\n' || c == '\r'; });
  for (const Error& error : errors) {
    FRAZIL_CHECK(error.kind == ErrorKind::kInvalid && !error.code.empty() && !error.detail.empty());
    int line = 0;
    int column = 0;
    FRAZIL_CHECK(std::sscanf(error.pointer.c_str(), "f.yaml:%d:%d", &line, &column) == 2, error.pointer);
    FRAZIL_CHECK(line >= 1 && line <= lines + 1 && column >= 1, error.pointer);
  }
}

void CheckStream(const SpecFile& file, const StreamSpec& stream) {
  FRAZIL_CHECK(file.FindConnection(stream.connection) != nullptr);
  FRAZIL_CHECK(file.FindCatalog(stream.catalog) != nullptr);
  FRAZIL_CHECK(file.FindStream(stream.name) == &stream, "names are unique");
  FRAZIL_CHECK(stream.commit_interval.count() > 0 && stream.table != stream.errors_table);
  if (!stream.mapping) return;  // to be inferred
  FRAZIL_CHECK(ValidateMapping(*stream.mapping).has_value());
  FRAZIL_CHECK(MappingVersion(*stream.mapping).size() == 16);
  FRAZIL_CHECK(ParseMapping(MappingToJson(*stream.mapping)) == *stream.mapping);
  Schema schema = TargetSchema(*stream.mapping);
  AssignFieldIds(schema);
  FRAZIL_CHECK(ParseSchema(SchemaToJson(schema)) == schema);
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  if (size > 16'000) return 0;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const SpecResult file = ParseSpec(yaml, "f.yaml", "/folder");
  FRAZIL_CHECK(ParseSpec(yaml, "f.yaml", "/folder") == file, "the same file is the same spec");
  if (!file) {
    CheckErrors(yaml, file.error());
    return 0;
  }
  for (const CatalogSpec& catalog : file->catalogs) {
    FRAZIL_CHECK(catalog.database_path.starts_with('/') && catalog.warehouse.starts_with("file:///"));
  }
  for (const ConnectionSpec& connection : file->connections) FRAZIL_CHECK(!connection.brokers.empty());
  for (const StreamSpec& stream : file->streams) CheckStream(*file, stream);
  return 0;
}
