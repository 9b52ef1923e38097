// Our messages against those that Apache Kafka makes of the same values, in every version that we speak.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/result_matchers.h"
#include "wire/protocol_cluster.h"
#include "wire/protocol_fetch.h"
#include "wire/protocol_frame.h"
#include "wire/protocol_golden_testing.h"
#include "wire/protocol_group.h"
#include "wire/protocol_offsets.h"
#include "wire/protocol_sasl.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) AppendHex(out, static_cast<std::uint8_t>(byte));
  return out;
}

template <typename Message, typename Check>
void ForEachVersion(Check&& check) {
  const ApiVersionRange versions = InfoOf(Message::kApi).versions;
  for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
    SCOPED_TRACE(fmt::format("version {}", version));
    check(version);
  }
}

template <typename Request>
void ExpectGoldenBytes(const Request& request, const std::string& name) {
  ForEachVersion<Request>([&](std::int16_t version) {
    std::string frame = "before";
    AppendRequest(frame, request, version, kGoldenCorrelationId, "frazil");
    ASSERT_TRUE(frame.starts_with("before"));
    const std::string_view written = std::string_view(frame).substr(6);
    EXPECT_THAT(FrameLength(written, 100'000), written.size() - kFrameLengthBytes);
    EXPECT_EQ(Hex(written.substr(kFrameLengthBytes)), Hex(GoldenRequest(name, version)));
  });
}

template <typename Response, typename Check>
void ExpectGoldenValues(Check&& check) {
  Response response;  // the same one for all versions: what an earlier one left behind must not show
  ForEachVersion<Response>([&](std::int16_t version) {
    const std::string frame = GoldenResponse(std::string(InfoOf(Response::kApi).name), version);
    EXPECT_THAT(CorrelationId(frame), kGoldenCorrelationId);
    ASSERT_OK(ParseResponse(frame, version, response));
    check(response, version);
  });
}

TEST(ProtocolMessagesTest, ApiVersions) {
  ExpectGoldenBytes(ApiVersionsRequest{"frazil", "0.1.0"}, "ApiVersions");
  ExpectGoldenValues<ApiVersionsResponse>([](const ApiVersionsResponse& response, int) {
    EXPECT_EQ(response.error, KafkaError::kNone);
    EXPECT_EQ(response.throttle_ms, 7);
    EXPECT_THAT(response.entries, SizeIs(2));
    EXPECT_EQ(response.Find(KafkaApi::kFetch), (ApiVersionRange{4, 18}));
    EXPECT_EQ(response.Find(KafkaApi::kApiVersions), (ApiVersionRange{0, 4}));
    EXPECT_EQ(response.Find(KafkaApi::kMetadata), std::nullopt);
  });
}

TEST(ProtocolMessagesTest, ABrokerThatDoesNotKnowOurApiVersionsAnswersInTheOldestForm) {
  ApiVersionsResponse response;
  ASSERT_OK(ParseResponse(GoldenResponse("ApiVersionsUnsupported", 0), kApiVersionsVersion, response));
  EXPECT_EQ(response.error, KafkaError::kUnsupportedVersion);
  EXPECT_EQ(response.Find(KafkaApi::kFetch), (ApiVersionRange{4, 18}));
}

TEST(ProtocolMessagesTest, Metadata) {
  ExpectGoldenBytes(MetadataRequest{{{"orders", "clicks"}}}, "Metadata");
  ExpectGoldenBytes(MetadataRequest{}, "MetadataOfAll");
  ExpectGoldenValues<MetadataResponse>([](const MetadataResponse& response, int version) {
    EXPECT_EQ(response.throttle_ms, 11);
    EXPECT_EQ(response.error, version >= 13 ? KafkaError::kRebootstrapRequired : KafkaError::kNone);
    EXPECT_EQ(response.cluster_id, "Xk3");
    ASSERT_THAT(response.brokers, SizeIs(2));
    EXPECT_EQ(response.brokers[0].node_id, 1);
    EXPECT_EQ(response.brokers[0].host, "one.example");
    EXPECT_EQ(response.brokers[0].port, 9092);
    EXPECT_EQ(response.brokers[0].rack, "a");
    EXPECT_EQ(response.brokers[1].rack, std::nullopt);

    ASSERT_THAT(response.topics, SizeIs(3));
    const MetadataResponse::Topic& orders = response.topics[0];
    EXPECT_EQ(orders.name, "orders");
    EXPECT_EQ(orders.topic_id, GoldenOrdersId());
    EXPECT_FALSE(orders.is_internal);
    ASSERT_THAT(orders.partitions, SizeIs(2));
    EXPECT_EQ(orders.partitions[0].partition, Partition(1));
    EXPECT_EQ(orders.partitions[0].leader_id, 2);
    EXPECT_EQ(orders.partitions[0].leader_epoch, 5);
    EXPECT_EQ(orders.partitions[1].error, KafkaError::kLeaderNotAvailable);
    EXPECT_EQ(orders.partitions[1].leader_id, kNoBroker);
    EXPECT_TRUE(response.topics[1].is_internal);
    EXPECT_EQ(response.topics[2].error, KafkaError::kUnknownTopicOrPartition);
    EXPECT_EQ(response.topics[2].topic_id, Uuid());
  });
}

TEST(ProtocolMessagesTest, DescribeConfigs) {
  ExpectGoldenBytes(DescribeConfigsRequest{{"orders"}, {"retention.ms", "cleanup.policy"}},
                    "DescribeConfigs");
  ExpectGoldenValues<DescribeConfigsResponse>([](const DescribeConfigsResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 3);
    ASSERT_THAT(response.topics, SizeIs(2));
    EXPECT_EQ(response.topics[0].name, "orders");
    ASSERT_THAT(response.topics[0].configs, SizeIs(2));
    EXPECT_EQ(response.topics[0].configs[0].key, "retention.ms");
    EXPECT_EQ(response.topics[0].configs[0].value, "604800000");
    EXPECT_EQ(response.topics[0].configs[1].key, "secret");
    EXPECT_EQ(response.topics[0].configs[1].value, std::nullopt);
    EXPECT_EQ(response.topics[1].error, KafkaError::kTopicAuthorizationFailed);
    EXPECT_EQ(response.topics[1].error_message, "no");
  });
}

TEST(ProtocolMessagesTest, ListOffsets) {
  ListOffsetsRequest request;
  request.topics = {{"orders", {{Partition(0), 5, kEarliestTimestamp}, {Partition(1)}}},
                    {"clicks", {{Partition(300), kNoLeaderEpoch, 1'700'000'000'000}}}};
  request.timeout_ms = 1234;
  ExpectGoldenBytes(request, "ListOffsets");
  ExpectGoldenValues<ListOffsetsResponse>([](const ListOffsetsResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 1);
    ASSERT_THAT(response.topics, SizeIs(1));
    EXPECT_EQ(response.topics[0].name, "orders");
    ASSERT_THAT(response.topics[0].partitions, SizeIs(2));
    const auto& found = response.topics[0].partitions[0];
    EXPECT_EQ(found.partition, Partition(0));
    EXPECT_EQ(found.offset, Offset(42));
    EXPECT_EQ(found.timestamp, 1'700'000'000'001);
    EXPECT_EQ(found.leader_epoch, 4);
    EXPECT_EQ(response.topics[0].partitions[1].error, KafkaError::kFencedLeaderEpoch);
    EXPECT_EQ(response.topics[0].partitions[1].offset, Offset(-1));
  });
}

TEST(ProtocolMessagesTest, OffsetForLeaderEpoch) {
  ExpectGoldenBytes(OffsetForLeaderEpochRequest{{{"orders", {{Partition(3), 9, 8}}}}},
                    "OffsetForLeaderEpoch");
  ExpectGoldenValues<OffsetForLeaderEpochResponse>([](const OffsetForLeaderEpochResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 2);
    ASSERT_THAT(response.topics, SizeIs(1));
    EXPECT_EQ(response.topics[0].name, "orders");
    ASSERT_THAT(response.topics[0].partitions, SizeIs(2));
    EXPECT_EQ(response.topics[0].partitions[0].partition, Partition(3));
    EXPECT_EQ(response.topics[0].partitions[0].leader_epoch, 7);
    EXPECT_EQ(response.topics[0].partitions[0].end_offset, Offset(777));
    EXPECT_EQ(response.topics[0].partitions[1].error, KafkaError::kUnknownLeaderEpoch);
    EXPECT_EQ(response.topics[0].partitions[1].end_offset, Offset(-1));
  });
}

TEST(ProtocolMessagesTest, FindCoordinator) {
  ExpectGoldenBytes(FindCoordinatorRequest{"frazil.orders"}, "FindCoordinator");
  ExpectGoldenValues<FindCoordinatorResponse>([](const FindCoordinatorResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 5);
    EXPECT_EQ(response.error, KafkaError::kNone);
    EXPECT_EQ(response.error_message, "fine");
    EXPECT_EQ(response.node_id, 2);
    EXPECT_EQ(response.host, "two.example");
    EXPECT_EQ(response.port, 9093);
  });
}

TEST(ProtocolMessagesTest, AnAnswerAboutNoGroupIsRefused) {
  FindCoordinatorResponse response;
  EXPECT_THAT(ParseResponse(std::string("\x01\x02\x03\x04\0\0\0\0\0\x01\0", 11), 4, response),
              FailsWithCode("KAFKA_PROTOCOL"));
}

TEST(ProtocolMessagesTest, OffsetCommit) {
  ExpectGoldenBytes(
      OffsetCommitRequest{"frazil.orders",
                          {{"orders", {{Partition(0), Offset(2000), 5}, {Partition(1), Offset(1LL << 40)}}}}},
      "OffsetCommit");
  ExpectGoldenValues<OffsetCommitResponse>([](const OffsetCommitResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 6);
    ASSERT_THAT(response.topics, SizeIs(1));
    EXPECT_EQ(response.topics[0].name, "orders");
    ASSERT_THAT(response.topics[0].partitions, SizeIs(2));
    EXPECT_EQ(response.topics[0].partitions[0].error, KafkaError::kNone);
    EXPECT_EQ(response.topics[0].partitions[1].partition, Partition(1));
    EXPECT_EQ(response.topics[0].partitions[1].error, KafkaError::kUnknownMemberId);
  });
}

TEST(ProtocolMessagesTest, OffsetFetch) {
  ExpectGoldenBytes(OffsetFetchRequest{"frazil.orders", {{"orders", {Partition(0), Partition(7)}}}},
                    "OffsetFetch");
  ExpectGoldenValues<OffsetFetchResponse>([](const OffsetFetchResponse& response, int) {
    EXPECT_EQ(response.throttle_ms, 8);
    EXPECT_EQ(response.error, KafkaError::kCoordinatorLoadInProgress);
    ASSERT_THAT(response.topics, SizeIs(1));
    EXPECT_EQ(response.topics[0].name, "orders");
    ASSERT_THAT(response.topics[0].partitions, SizeIs(2));
    EXPECT_EQ(response.topics[0].partitions[0].offset, Offset(2000));
    EXPECT_EQ(response.topics[0].partitions[0].leader_epoch, 5);
    EXPECT_EQ(response.topics[0].partitions[1].partition, Partition(7));
    EXPECT_EQ(response.topics[0].partitions[1].offset, Offset(-1));
    EXPECT_EQ(response.topics[0].partitions[1].error, KafkaError::kUnstableOffsetCommit);
  });
}

TEST(ProtocolMessagesTest, FetchRequest) {
  FetchRequest request;
  request.max_bytes = 50'000'000;
  request.session_id = 77;
  request.session_epoch = 3;
  request.rack_id = "a";
  request.topics = {{GoldenOrdersId(), "orders", 2}, {GoldenClicksId(), "clicks", 1}};
  request.partitions = {{Partition(0), {Offset(1000), 5, 4, 1'048'576}},
                        {Partition(1), {Offset(1LL << 33), kNoLeaderEpoch, kNoLeaderEpoch, 65'536}},
                        {Partition(300), {Offset(0), 0, kNoLeaderEpoch, 1}}};
  request.forgotten_topics = {{GoldenClicksId(), "clicks", 2}};
  request.forgotten_partitions = {Partition(2), Partition(3)};
  ExpectGoldenBytes(request, "Fetch");
}

TEST(ProtocolMessagesTest, FetchResponse) {
  ExpectGoldenValues<FetchResponse>([](const FetchResponse& response, int version) {
    EXPECT_EQ(response.throttle_ms, 9);
    EXPECT_EQ(response.error, KafkaError::kNone);
    EXPECT_EQ(response.session_id, 77);
    ASSERT_THAT(response.topics, SizeIs(2));
    EXPECT_EQ(response.topics[0].name, version < 13 ? "orders" : "");
    EXPECT_EQ(response.topics[1].topic_id, version < 13 ? Uuid() : GoldenClicksId());

    const auto orders = response.PartitionsOf(response.topics[0]);
    ASSERT_THAT(orders, SizeIs(2));
    EXPECT_EQ(orders[0].partition, Partition(0));
    EXPECT_EQ(orders[0].error, KafkaError::kNone);
    EXPECT_EQ(orders[0].high_watermark, Offset(2000));
    EXPECT_EQ(orders[0].last_stable_offset, Offset(1990));
    EXPECT_EQ(orders[0].log_start_offset, Offset(10));
    EXPECT_EQ(orders[0].records, "some record batches");
    EXPECT_EQ(orders[0].preferred_read_replica, kNoBroker);
    EXPECT_EQ(orders[0].diverging_epoch, std::nullopt);
    EXPECT_THAT(response.AbortedOf(orders[0]),
                ElementsAre(AbortedTransaction{4000, Offset(1001)}, AbortedTransaction{4001, Offset(1003)}));
    EXPECT_EQ(orders[1].error, KafkaError::kNotLeaderOrFollower);
    EXPECT_EQ(orders[1].leader_id, 2);
    EXPECT_EQ(orders[1].leader_epoch, 6);
    EXPECT_THAT(orders[1].records, IsEmpty());

    const auto clicks = response.PartitionsOf(response.topics[1]);
    ASSERT_THAT(clicks, SizeIs(1));
    EXPECT_EQ(clicks[0].partition, Partition(300));
    EXPECT_EQ(clicks[0].diverging_epoch, (EpochEndOffset{3, Offset(45)}));
    EXPECT_EQ(clicks[0].preferred_read_replica, 2);
    EXPECT_THAT(response.AbortedOf(clicks[0]), ElementsAre(AbortedTransaction{5000, Offset(7)}));
    EXPECT_THAT(clicks[0].records, IsEmpty());

    ASSERT_THAT(response.node_endpoints, SizeIs(version < 16 ? 0 : 1));
    if (version >= 16) {
      EXPECT_EQ(response.node_endpoints[0].node_id, 2);
      EXPECT_EQ(response.node_endpoints[0].host, "two.example");
      EXPECT_EQ(response.node_endpoints[0].port, 9093);
    }
  });
}

TEST(ProtocolMessagesTest, RecordsAreNotCopied) {
  const std::string frame = GoldenResponse("Fetch", 16);
  FetchResponse response;
  ASSERT_OK(ParseResponse(frame, 16, response));
  const std::string_view records = response.partitions[0].records;
  EXPECT_GE(records.data(), frame.data());
  EXPECT_LE(records.data() + records.size(), frame.data() + frame.size());
}

TEST(ProtocolMessagesTest, Sasl) {
  ExpectGoldenBytes(SaslHandshakeRequest{"SCRAM-SHA-256"}, "SaslHandshake");
  ExpectGoldenValues<SaslHandshakeResponse>([](const SaslHandshakeResponse& response, int) {
    EXPECT_EQ(response.error, KafkaError::kUnsupportedSaslMechanism);
    EXPECT_THAT(response.mechanisms, ElementsAre("PLAIN", "SCRAM-SHA-512"));
  });
  ExpectGoldenBytes(SaslAuthenticateRequest{"n,,n=u,r=x"}, "SaslAuthenticate");
  ExpectGoldenValues<SaslAuthenticateResponse>([](const SaslAuthenticateResponse& response, int) {
    EXPECT_EQ(response.error, KafkaError::kSaslAuthenticationFailed);
    EXPECT_EQ(response.error_message, "wrong");
    EXPECT_EQ(response.auth_bytes, "e=x");
    EXPECT_EQ(response.session_lifetime_ms, 3'600'000);
  });
}

// What a broker says is not trusted: no part of a response may be taken for the whole, and none of its bytes
// may lead out of it.

template <typename Response>
Status Parse(std::string_view frame, std::int16_t version) {
  Response response;
  return ParseResponse(std::string(frame), version, response);  // a copy: AddressSanitizer then knows its end
}

template <typename Response>
void ExpectToWithstandDamage() {
  const std::string name(InfoOf(Response::kApi).name);
  SCOPED_TRACE(name);
  ForEachVersion<Response>([&](std::int16_t version) {
    const std::string frame = GoldenResponse(name, version);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_THAT(Parse<Response>(frame.substr(0, size), version), FailsWithCode("KAFKA_PROTOCOL")) << size;
    }
    EXPECT_THAT(Parse<Response>(frame + '\0', version), FailsWith(ErrorKind::kCorrupt));
    for (std::size_t at = 0; at < frame.size(); ++at) {
      for (const int flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
        std::string damaged = frame;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        (void)Parse<Response>(damaged, version);
      }
    }
  });
}

TEST(ProtocolMessagesTest, DamagedResponsesAreRefusedOrReadAsSomethingElse) {
  ExpectToWithstandDamage<ApiVersionsResponse>();
  ExpectToWithstandDamage<MetadataResponse>();
  ExpectToWithstandDamage<DescribeConfigsResponse>();
  ExpectToWithstandDamage<ListOffsetsResponse>();
  ExpectToWithstandDamage<OffsetForLeaderEpochResponse>();
  ExpectToWithstandDamage<FindCoordinatorResponse>();
  ExpectToWithstandDamage<OffsetCommitResponse>();
  ExpectToWithstandDamage<OffsetFetchResponse>();
  ExpectToWithstandDamage<FetchResponse>();
  ExpectToWithstandDamage<SaslHandshakeResponse>();
  ExpectToWithstandDamage<SaslAuthenticateResponse>();
}

// A count is compared with the bytes that are left for the items: what is taken for the least size of one
// must be it.
template <typename Response>
void ExpectToTakeTheLeast() {
  int count = 0;
  for (const LeastResponse& least : Golden().least) {
    if (least.name != InfoOf(Response::kApi).name) continue;
    ++count;
    SCOPED_TRACE(fmt::format("{} {}", least.name, Hex(least.frame)));
    EXPECT_OK(Parse<Response>(least.frame, least.version));
  }
  EXPECT_GE(count, 1);
}

TEST(ProtocolMessagesTest, ManyOfTheSmallestItemsAreTaken) {
  ExpectToTakeTheLeast<ApiVersionsResponse>();
  ExpectToTakeTheLeast<MetadataResponse>();
  ExpectToTakeTheLeast<DescribeConfigsResponse>();
  ExpectToTakeTheLeast<ListOffsetsResponse>();
  ExpectToTakeTheLeast<OffsetForLeaderEpochResponse>();
  ExpectToTakeTheLeast<FindCoordinatorResponse>();
  ExpectToTakeTheLeast<OffsetCommitResponse>();
  ExpectToTakeTheLeast<OffsetFetchResponse>();
  ExpectToTakeTheLeast<FetchResponse>();
  ExpectToTakeTheLeast<SaslHandshakeResponse>();
  ExpectToTakeTheLeast<SaslAuthenticateResponse>();
}

TEST(ProtocolMessagesTest, TheErrorNamesTheResponseAndThePlace) {
  const Status status = Parse<MetadataResponse>(GoldenResponse("Metadata", 10).substr(0, 30), 10);
  ASSERT_THAT(status, FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_EQ(
      status.error().detail,
      "Metadata of 30 bytes is malformed at byte 10: an array claims more items than the message holds");
}

}  // namespace
}  // namespace frazil
