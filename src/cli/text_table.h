// Cells as columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace frazil {

enum class Align { kLeft, kRight };  // texts, numbers

// Two blanks between the columns, a line break behind each row; what a terminal would take for a command
// becomes a question mark. REQUIRES: a first row, and no row is longer.
std::string TextTable(const std::vector<std::vector<std::string>>& rows, Align align = Align::kLeft);

// At most so many bytes of a text, without half a character, and a sign that there was more.
std::string Shortened(std::string_view text, std::size_t bytes);

}  // namespace frazil
