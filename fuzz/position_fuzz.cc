// The position record, its property, and a follower's marks: each text is read as all four.
#include "ledger/record.h"

namespace frazil {
namespace {

template <typename T>
void Check(std::string_view text, Result<T> (*parse)(std::string_view)) {
  const auto parsed = parse(text);
  if (!parsed) {
    FRAZIL_CHECK(parsed.error().kind == ErrorKind::kBlocked && parsed.error().code == "POSITION_UNREADABLE");
    return;
  }
  const std::string written = ToJson(*parsed);
  const auto again = parse(written);
  FRAZIL_CHECK(again.has_value(), "what is written can be read");
  FRAZIL_CHECK(*again == *parsed && ToJson(*again) == written, "and is what was read before");
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(text, ParsePositionRecord);
  Check(text, ParsePositionProperty);
  Check(text, ParseAppliedRecord);
  Check(text, ParseAppliedProperty);
  return 0;
}
