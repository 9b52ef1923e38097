// Table metadata.
#include "iceberg/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  const auto table = ParseTableMetadata({reinterpret_cast<const char*>(data), size});
  if (!table) {
    const Error& error = table.error();
    FRAZIL_CHECK(error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kInvalid, error.ToString());
    return 0;
  }
  const std::string written = TableMetadataToJson(*table);
  const auto again = ParseTableMetadata(written);
  FRAZIL_CHECK(again.has_value(), "what is written can be read");
  FRAZIL_CHECK(*again == *table && TableMetadataToJson(*again) == written, "and is what was read before");
  // What the rest of the program takes for granted of a table.
  static_cast<void>(table->CurrentSchema());
  static_cast<void>(table->DefaultSpec());
  FRAZIL_CHECK((table->BranchHead("main") != nullptr) == table->current_snapshot_id.has_value());
  return 0;
}
