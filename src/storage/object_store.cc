#include "storage/object_store.h"

namespace frazil {

Status ObjectStore::Put(const std::string& location, std::string_view bytes) {
  FRAZIL_ASSIGN(const auto writer, Create(location));
  FRAZIL_TRY(writer->Append(bytes));
  return writer->Finish();
}

Result<std::string> ObjectStore::Get(const std::string& location) {
  FRAZIL_ASSIGN(const auto reader, Open(location));
  std::string bytes(static_cast<std::size_t>(reader->size()), '\0');
  FRAZIL_TRY(reader->ReadAt(0, reader->size(), bytes.data()));
  return bytes;
}

}  // namespace frazil
