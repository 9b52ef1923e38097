// A landed commit, as people and programs read it.
#pragma once

#include <string>

#include "ingest/engine.h"

namespace frazil {

// "pizza_orders: 12,000 rows, 3 errors committed in snapshot 71…, 2 files of 310.2 KiB, lag 0, took 18ms"
std::string CommitText(const CommitReport& report);
// One line of JSON with the same, and the position.
std::string CommitJson(const CommitReport& report);

// "12 B", "310.2 KiB", "1.5 GiB"
std::string BytesText(std::int64_t bytes);

}  // namespace frazil
