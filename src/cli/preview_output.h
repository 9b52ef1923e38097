// A preview, as people and programs read it.
#pragma once

#include <string>
#include <string_view>

#include "ingest/preview.h"

namespace frazil {

// The columns, what the existing table has against them, some rows and some errors, the counts.
std::string PreviewText(const Preview& preview);
// One line of JSON with all rows and errors.
std::string PreviewJson(std::string_view stream, const Preview& preview);

}  // namespace frazil
