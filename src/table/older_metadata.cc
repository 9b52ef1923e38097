#include "table/older_metadata.h"

#include <utility>

#include "base/log.h"

namespace frazil {

Status ExtendHistory(ObjectStore& store, History& history) {
  const auto location = history.NextOlder();
  if (!location) {
    history.SetExhausted();
    return {};
  }
  auto json = store.Get(*location);
  if (!json && json.error().kind != ErrorKind::kNotFound) return Fail(json.error());
  auto older = json.and_then([](const std::string& text) { return ParseTableMetadata(text); });
  if (!older) {
    LogWarning("older table metadata cannot be read: {}", older.error().ToString());
    history.SetExhausted();
    return {};
  }
  history.AddOlder(std::move(*older));
  return {};
}

}  // namespace frazil
