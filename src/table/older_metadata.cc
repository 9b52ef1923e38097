#include "table/older_metadata.h"

#include <utility>

#include "base/log.h"
#include "iceberg/metadata_file.h"

namespace frazil {

Status ExtendHistory(ObjectStore& store, History& history) {
  const auto location = history.NextOlder();
  if (!location) {
    history.SetExhausted();
    return {};
  }
  auto file = store.Get(*location);
  if (!file && file.error().kind != ErrorKind::kNotFound) return Fail(file.error());
  auto older = file.and_then([](const std::string& bytes) { return DecodeMetadataFile(bytes); });
  if (!older) {
    LogWarning("older table metadata cannot be read: {}", older.error().ToString());
    history.SetExhausted();
    return {};
  }
  history.AddOlder(std::move(*older));
  return {};
}

}  // namespace frazil
