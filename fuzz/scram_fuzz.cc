// What a broker says in a SCRAM login: its first message, a line break, and its final one.
#include "wire/scram.h"

#include <algorithm>

// A count of iterations of more than five digits: reading it would take the time that it asks for.
static bool TakesLong(std::string_view message) {
  for (std::size_t at = message.find("i="); at != std::string_view::npos; at = message.find("i=", at + 1)) {
    const std::string_view digits = message.substr(at + 2);
    if (std::min(digits.find_first_not_of("0123456789"), digits.size()) > 5) return true;
  }
  return false;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  if (TakesLong(input.substr(0, line))) return 0;
  auto client = ScramClient::Make(ScramHash::kSha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO").value();
  const auto answer = client.FinalMessage(input.substr(0, line));
  if (!answer) {
    FRAZIL_CHECK(answer.error().kind == ErrorKind::kCorrupt || answer.error().kind == ErrorKind::kDenied);
    return 0;
  }
  FRAZIL_CHECK(answer->starts_with("c=biws,r=rOprNGfwEbeRWgbNEkqO"), *answer);
  const Status verdict = client.Verify(input.substr(std::min(line + 1, input.size())));
  if (!verdict)
    FRAZIL_CHECK(verdict.error().kind == ErrorKind::kDenied || verdict.error().kind == ErrorKind::kCorrupt);
  return 0;
}
