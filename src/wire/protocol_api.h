// The requests of Kafka's protocol that we speak, in which versions, and which version to speak with a
// broker.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace frazil {

// The values are the protocol's API keys.
enum class KafkaApi : std::int16_t {
  kFetch = 1,
  kListOffsets = 2,
  kMetadata = 3,
  kOffsetCommit = 8,
  kOffsetFetch = 9,
  kFindCoordinator = 10,
  kSaslHandshake = 17,
  kApiVersions = 18,
  kOffsetForLeaderEpoch = 23,
  kDescribeConfigs = 32,
  kSaslAuthenticate = 36,
};

struct ApiVersionRange {
  std::int16_t lowest = 0;
  std::int16_t highest = 0;  // inclusive

  bool operator==(const ApiVersionRange&) const = default;
};

struct KafkaApiInfo {
  KafkaApi api;
  std::string_view name;
  // The lowest is what Apache Kafka 2.8 speaks at most, the highest the last one with something for a reader.
  ApiVersionRange versions;
  // Compact strings and arrays, tagged fields, and the headers with tagged fields. In the protocol that is a
  // matter of the version; of each request here, all versions that we speak are alike.
  bool flexible;
};

std::span<const KafkaApiInfo> KafkaApis();
const KafkaApiInfo& InfoOf(KafkaApi api);

// The highest version that both sides speak; `broker` as its ApiVersions response has it, absent when the
// request is not in it. kInvalid otherwise: KAFKA_TOO_OLD or KAFKA_TOO_NEW, which say what each side speaks.
Result<std::int16_t> PickVersion(KafkaApi api, std::optional<ApiVersionRange> broker);

// ApiVersions is asked before anything is known of the broker: always in this version, which every broker
// from 2.4 to the newest speaks. One that does not answers in the form of version 0, with
// UNSUPPORTED_VERSION.
inline constexpr std::int16_t kApiVersionsVersion = 3;
// SASL's handshake is older than flexible versions, and has only this version with SaslAuthenticate behind
// it.
inline constexpr std::int16_t kSaslHandshakeVersion = 1;

}  // namespace frazil
