#include "wire/protocol_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace frazil {
namespace {

constexpr auto kApis = std::to_array<KafkaApiInfo>({
    {KafkaApi::kFetch, "Fetch", {12, 16}, true},
    {KafkaApi::kListOffsets, "ListOffsets", {6, 10}, true},
    {KafkaApi::kMetadata, "Metadata", {10, 13}, true},
    {KafkaApi::kOffsetCommit, "OffsetCommit", {8, 9}, true},
    {KafkaApi::kOffsetFetch, "OffsetFetch", {7, 9}, true},
    {KafkaApi::kFindCoordinator, "FindCoordinator", {3, 4}, true},
    {KafkaApi::kSaslHandshake, "SaslHandshake", {kSaslHandshakeVersion, kSaslHandshakeVersion}, false},
    {KafkaApi::kApiVersions, "ApiVersions", {kApiVersionsVersion, kApiVersionsVersion}, true},
    {KafkaApi::kOffsetForLeaderEpoch, "OffsetForLeaderEpoch", {4, 4}, true},
    {KafkaApi::kDescribeConfigs, "DescribeConfigs", {4, 4}, true},
    {KafkaApi::kSaslAuthenticate, "SaslAuthenticate", {2, 2}, true},
});

std::string Text(ApiVersionRange range) {
  if (range.lowest == range.highest) return fmt::format("version {}", range.lowest);
  return fmt::format("versions {} to {}", range.lowest, range.highest);
}

}  // namespace

std::span<const KafkaApiInfo> KafkaApis() {
  return kApis;
}

const KafkaApiInfo& InfoOf(KafkaApi api) {
  const auto* info =
      std::find_if(kApis.begin(), kApis.end(), [&](const auto& known) { return known.api == api; });
  FRAZIL_CHECK(info != kApis.end());
  return *info;
}

Result<std::int16_t> PickVersion(KafkaApi api, std::optional<ApiVersionRange> broker) {
  const KafkaApiInfo& ours = InfoOf(api);
  if (broker && broker->lowest > ours.versions.highest) {
    return Fail(ErrorKind::kInvalid, "KAFKA_TOO_NEW",
                fmt::format("the broker speaks {} in {}, and Frazil in {}", ours.name, Text(*broker),
                            Text(ours.versions)),
                "use a newer Frazil, or source.client: librdkafka");
  }
  if (!broker || broker->highest < ours.versions.lowest) {
    return Fail(ErrorKind::kInvalid, "KAFKA_TOO_OLD",
                fmt::format("the broker {}, and Frazil speaks {}",
                            broker ? fmt::format("speaks {} in {}", ours.name, Text(*broker))
                                   : fmt::format("does not know the request {}", ours.name),
                            Text(ours.versions)),
                "use brokers of Apache Kafka 2.8 or later, or source.client: librdkafka");
  }
  return std::min(broker->highest, ours.versions.highest);
}

}  // namespace frazil
