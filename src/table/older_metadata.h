// Asks a question about a table's history, reading older metadata versions for as long as the answer needs
// them.
#pragma once

#include <variant>

#include "base/result.h"
#include "iceberg/history.h"
#include "storage/object_store.h"

namespace frazil {

// Adds the next older metadata version to `history`, or marks it exhausted when there is none that can be
// read. Other failures than a missing or unreadable file are the caller's to retry.
Status ExtendHistory(ObjectStore& store, History& history);

// `ask(history)` gives a Result of a variant; repeated until its answer is not NeedOlderMetadata.
template <typename Ask>
auto AskHistory(ObjectStore& store, History& history, const Ask& ask) -> decltype(ask(history)) {
  while (true) {
    auto answer = ask(history);
    if (!answer || !std::holds_alternative<NeedOlderMetadata>(*answer)) return answer;
    if (auto extended = ExtendHistory(store, history); !extended)
      return tl::unexpected<Error>(extended.error());
  }
}

}  // namespace frazil
