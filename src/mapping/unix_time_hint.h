// Whether numbers are likely to be times: by the name of their place and by their range. Neither alone
// suffices.
#pragma once

#include <string_view>

#include "mapping/mapping.h"

namespace frazil {

// "created_at", "eventTime", "ts", "timestamp", "updated_ms": the last word says so.
bool IsTimeName(std::string_view name);

// The unit in which all numbers from `least` to `most` are times from 1990 to 2100, kUnixSeconds to
// kUnixNanos; kDefault when there is none. The ranges of the units are far apart.
Parse UnixUnit(double least, double most);
// The unit that a name's last word spells out ("_ms", "_micros"); kDefault when it spells none.
Parse NamedUnit(std::string_view name);

}  // namespace frazil
