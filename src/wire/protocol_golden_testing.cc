#include "wire/protocol_golden_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <sstream>

#include "base/bytes.h"

namespace frazil {
namespace {

GoldenMessages Load() {
  GoldenMessages golden;
  std::ifstream file(std::string(FRAZIL_SOURCE_DIR) + "/src/wire/testdata/golden.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, name, version, hex;
    words >> kind >> name >> version >> hex;
    if (kind == "error") {
      golden.errors[std::stoi(name)] = version;
    } else if (kind == "scram") {
      golden.scram[name] = version;
    } else if (kind == "least") {
      golden.least.push_back({name, static_cast<std::int16_t>(std::stoi(version)), {}});
      EXPECT_TRUE(DecodeHex(hex, golden.least.back().frame));
    } else {
      EXPECT_TRUE(DecodeHex(hex, golden.frames[fmt::format("{} {} {}", kind, name, version)]));
    }
  }
  return golden;
}

std::string Frame(const std::string& key) {
  const auto at = Golden().frames.find(key);
  if (at != Golden().frames.end()) return at->second;
  ADD_FAILURE() << "golden.txt has no " << key;
  return {};
}

Uuid Counting(std::uint8_t first) {
  Uuid uuid;
  std::iota(uuid.bytes.begin(), uuid.bytes.end(), first);
  return uuid;
}

}  // namespace

Uuid GoldenOrdersId() {
  return Counting(0x01);
}
Uuid GoldenClicksId() {
  return Counting(0x11);
}

const GoldenMessages& Golden() {
  static const GoldenMessages golden = Load();
  return golden;
}

std::string GoldenRequest(const std::string& name, int version) {
  return Frame(fmt::format("request {} {}", name, version));
}
std::string GoldenResponse(const std::string& name, int version) {
  return Frame(fmt::format("response {} {}", name, version));
}

}  // namespace frazil
