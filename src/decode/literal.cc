#include "decode/literal.h"

#include <algorithm>

namespace frazil {

Literal::Literal(std::string_view bytes) : size_(bytes.size()) {
  std::array<char, sizeof(words_)> text{};
  std::array<char, sizeof(words_)> mask{};
  const std::size_t size = std::min(size_, text.size());
  std::copy_n(bytes.begin(), size, text.begin());
  std::fill_n(mask.begin(), size, static_cast<char>(0xff));
  std::memcpy(words_.data(), text.data(), sizeof(words_));
  std::memcpy(masks_.data(), mask.data(), sizeof(masks_));
  rest_ = bytes.substr(size);
}

}  // namespace frazil
