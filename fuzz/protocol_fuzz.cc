// Responses of a broker. The first byte picks the request, the second one of the versions that we speak; then
// comes the response's frame.
#include "wire/protocol_fetch.h"

#include "wire/fetch_session.h"
#include "wire/protocol_cluster.h"
#include "wire/protocol_frame.h"
#include "wire/protocol_group.h"
#include "wire/protocol_offsets.h"
#include "wire/protocol_sasl.h"

namespace frazil {
namespace {

template <typename Response>
void CheckMore(std::string_view, std::int16_t, const Response&) {}

// The flat lists belong together, and what a session makes of the response can be sent.
void CheckMore(std::string_view frame, std::int16_t version, const FetchResponse& response) {
  std::size_t partitions = 0;
  std::size_t aborted = 0;
  FetchSession session;
  for (const FetchResponse::Topic& topic : response.topics) {
    FRAZIL_CHECK(topic.first_partition == partitions);
    session.NameTopic(topic.topic_id, std::string(topic.name));
    for (const auto& partition : response.PartitionsOf(topic)) {
      aborted += response.AbortedOf(partition).size();
      FRAZIL_CHECK(partition.records.empty() ||
                   (partition.records.data() >= frame.data() &&
                    partition.records.data() + partition.records.size() <= frame.data() + frame.size()));
      session.Want({topic.topic_id, partition.partition}, {.fetch_offset = partition.high_watermark});
    }
    partitions += topic.partitions;
  }
  FRAZIL_CHECK(partitions == response.partitions.size() && aborted == response.aborted_transactions.size());
  FetchRequest request;
  for (int round = 0; round < 3; ++round) {
    session.Build(request);
    std::string bytes;
    AppendRequest(bytes, request, version, round, "fuzz");
    FRAZIL_CHECK(FrameLength(bytes, bytes.size()) == bytes.size() - kFrameLengthBytes);
    session.Accept(response);
  }
}

// A message is as long as it is: whatever is cut off or put behind it makes it another one.
template <typename Response>
void Check(std::string_view frame, std::int16_t version) {
  Response response;
  const Status status = ParseResponse(frame, version, response);
  if (!status) {
    FRAZIL_CHECK(status.error().kind == ErrorKind::kCorrupt && status.error().code == "KAFKA_PROTOCOL");
    return;
  }
  CheckMore(frame, version, response);
  for (const std::size_t size : {frame.size() - 1, frame.size() / 2, std::size_t{0}}) {
    const std::string cut(frame.substr(0, size));
    FRAZIL_CHECK(!ParseResponse(cut, version, response).has_value(), "a response that is cut off is refused");
  }
  const std::string longer = std::string(frame) + '\0';
  FRAZIL_CHECK(!ParseResponse(longer, version, response).has_value(), "and one with something behind it");
}

template <typename Response>
void CheckVersion(std::string_view frame, std::uint8_t pick) {
  const ApiVersionRange versions = InfoOf(Response::kApi).versions;
  Check<Response>(
      frame, static_cast<std::int16_t>(versions.lowest + pick % (versions.highest - versions.lowest + 1)));
}

constexpr void (*kChecks[])(std::string_view, std::uint8_t) = {CheckVersion<FetchResponse>,
                                                               CheckVersion<ListOffsetsResponse>,
                                                               CheckVersion<MetadataResponse>,
                                                               CheckVersion<OffsetCommitResponse>,
                                                               CheckVersion<OffsetFetchResponse>,
                                                               CheckVersion<FindCoordinatorResponse>,
                                                               CheckVersion<SaslHandshakeResponse>,
                                                               CheckVersion<ApiVersionsResponse>,
                                                               CheckVersion<OffsetForLeaderEpochResponse>,
                                                               CheckVersion<DescribeConfigsResponse>,
                                                               CheckVersion<SaslAuthenticateResponse>};

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  if (size < 2) return 0;
  kChecks[data[0] % std::size(kChecks)](std::string_view(reinterpret_cast<const char*>(data), size).substr(2),
                                        data[1]);
  return 0;
}
