// Where the text of a type is wrong, for those who show it to its author. Types from text and back: types.h.
#pragma once

#include <cstddef>
#include <string_view>

namespace frazil {

// Up to this byte the text could be a type's: behind it is what ParseType does not take. The text's size when
// it takes all.
std::size_t EndOfRightTypeText(std::string_view text);

}  // namespace frazil
