// Escapes of JSON strings.
#pragma once

#include <string>
#include <string_view>

namespace frazil {

// `out` becomes the text with its escapes replaced; false when one is malformed, or half of a surrogate pair.
// `out` keeps its memory.
bool UnescapeJson(std::string_view content, std::string& out);

}  // namespace frazil
