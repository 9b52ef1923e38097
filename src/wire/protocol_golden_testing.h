// Messages made by Apache Kafka: testdata/golden.txt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"

namespace frazil {

// The values that testdata/Golden.java puts into every message.
inline constexpr std::int32_t kGoldenCorrelationId = 0x01020304;
Uuid GoldenOrdersId();
Uuid GoldenClicksId();

struct LeastResponse {
  std::string name;  // of the request
  std::int16_t version = 0;
  std::string frame;
};

struct GoldenMessages {
  std::map<std::string, std::string> frames;  // "request Fetch 12": the frame without its length
  std::vector<LeastResponse> least;           // with many of the smallest items that can be
  std::map<int, std::string> errors;          // 6: NOT_LEADER_OR_FOLLOWER
  std::map<std::string, std::string> scram;   // "client-first": a message
};

const GoldenMessages& Golden();

// The frame, or a failure of the test and nothing.
std::string GoldenRequest(const std::string& name, int version);
std::string GoldenResponse(const std::string& name, int version);

}  // namespace frazil
