// JSON messages by templates, by keys, and by the reader that both fall back to. The first byte picks a
// mapping; each line after it is a message, read twice, so that the second time it has its own shape to go
// by.
#include <algorithm>
#include <array>
#include <optional>

#include "decode/json_template_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  constexpr std::size_t kMappings = 32;
  static std::array<std::optional<AllReaders>, kMappings> all;
  if (size == 0) return 0;
  const std::size_t chosen = data[0] % kMappings;
  if (!all[chosen]) all[chosen].emplace(RandomMapping(chosen));
  AllReaders& readers = *all[chosen];
  readers.Forget();
  std::string_view lines = std::string_view(reinterpret_cast<const char*>(data), size).substr(1);
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    readers.Read(lines.substr(0, end));
    readers.Read(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return 0;
}
