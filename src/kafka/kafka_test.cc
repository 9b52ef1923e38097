#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "kafka/demo_broker.h"
#include "kafka/demo_producer.h"
#include "kafka/kafka_errors_internal.h"
#include "kafka/kafka_source.h"
#include "kafka/pizza_orders.h"
#include "kafka/range_builder.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RangeBuilder, CountsGapsOneByOneAlsoAtTheEnd) {
  RangeBuilder range(Offset(10));
  EXPECT_TRUE(range.Record(Offset(10)));
  EXPECT_TRUE(range.Record(Offset(13)));
  EXPECT_TRUE(range.End(Offset(15)));
  EXPECT_EQ(range.absent(), 3);
  EXPECT_EQ(range.Take(), (OffsetRange{Offset(10), Offset(15)}));

  EXPECT_EQ(range.absent(), 0);
  EXPECT_TRUE(range.Record(Offset(16)));
  EXPECT_EQ(range.absent(), 1);
  EXPECT_EQ(range.Take(), (OffsetRange{Offset(15), Offset(17)}));
}

TEST(RangeBuilder, RefusesWhatWasReadAlready) {
  RangeBuilder range(Offset(10));
  EXPECT_FALSE(range.Record(Offset(9)));
  EXPECT_FALSE(range.End(Offset(9)));
  EXPECT_TRUE(range.End(Offset(10)));
  EXPECT_EQ(range.Take(), (OffsetRange{Offset(10), Offset(10)}));
}

TEST(PizzaOrders, AreAFunctionOfSeedAndIndex) {
  const PizzaOrders orders(7, 1'767'225'600'000, 2);
  PizzaOrder a;
  PizzaOrder b;
  orders.Make(41, a);
  orders.Make(42, b);
  EXPECT_NE(a.value, b.value);
  EXPECT_EQ(b.timestamp_ms, 1'767'225'600'084);
  EXPECT_THAT(b.value, HasSubstr(R"("date":20454,)"));
  orders.Make(41, b);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.key, std::to_string(a.store_id));
}

TEST(PizzaOrders, HoldAFewBadOnesOfEveryKindAndNoneTooLong) {
  const PizzaOrders orders(1, 0, 1);
  PizzaOrder order;
  std::vector<std::string> bad;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    orders.Make(i, order);
    ASSERT_LE(order.value.size(), PizzaOrders::kMostBytes);
    if (orders.IsBad(i)) bad.push_back(order.value);
  }
  EXPECT_NEAR(static_cast<double>(bad.size()), 100, 30);
  const auto count = [&](const auto& defect) { return std::count_if(bad.begin(), bad.end(), defect); };
  const auto holds = [](const char* text) {
    return [text](const std::string& v) { return v.find(text) != v.npos; };
  };
  EXPECT_GT(count(holds("\xff")), 0);
  EXPECT_GT(count(holds("a few")), 0);
  EXPECT_GT(count(holds(".5,")), 0);
  EXPECT_GT(count(holds("today")), 0);
  EXPECT_GT(count([](const std::string& v) { return v.front() == '{' && v.back() != '}'; }), 0);
  EXPECT_GT(count([](const std::string& v) { return v.rfind("{\"store_order_id\"", 0) == 0; }), 0);
}

TEST(KafkaErrors, NameTheNonceProblemOnlyWhereItCanBe) {
  KafkaConnection connection{{"kafka:9092"}, std::nullopt, KafkaSasl{"SCRAM-SHA-512", "ada", "secret"}};
  const Error scram =
      ConnectionError(connection, RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error");
  EXPECT_EQ(scram.kind, ErrorKind::kDenied);
  EXPECT_EQ(scram.code, "KAFKA_AUTH_REFUSED");
  EXPECT_EQ(scram.fix.find("librdkafka 2.6.1") != std::string::npos, rd_kafka_version() < 0x020601ff);
  EXPECT_EQ(scram.ToString().find("secret"), std::string::npos);
  connection.sasl->mechanism = "PLAIN";
  const Error plain =
      ConnectionError(connection, RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error");
  EXPECT_EQ(plain.fix.find("librdkafka"), std::string::npos);
}

// What a test sends; null pointers are null keys and values.
struct Sent {
  const char* key;
  const char* value;
  std::vector<std::pair<const char*, const char*>> headers;
  std::int64_t timestamp_ms = 1000;
};

class KafkaSourceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_OK_AND_ASSIGN(broker_, DemoBroker::Start()); }
  static void TearDownTestSuite() { broker_.reset(); }

  void SetUp() override {
    ASSERT_OK(broker_->CreateTopic(topic_, 3));
    source_ = MakeSource(broker_->connection(), topic_);
  }

  std::unique_ptr<BatchSource> MakeSource(KafkaConnection connection, std::string topic) {
    auto source =
        MakeKafkaSource(runtime_, budget_, {std::move(connection), std::move(topic), "frazil.test"});
    EXPECT_THAT(source, IsOk());
    return std::move(*source);
  }

  void Send(rd_kafka_t* producer, std::int32_t partition, const Sent& sent) {
    const auto length = [](const char* text) { return text == nullptr ? 0 : std::strlen(text); };
    std::vector<rd_kafka_vu_t> parts(6 + sent.headers.size());
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic_.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = {const_cast<char*>(sent.key), length(sent.key)};
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(sent.value), length(sent.value)};
    parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    parts[4].u.i64 = sent.timestamp_ms;
    parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[5].u.i = RD_KAFKA_MSG_F_COPY;
    for (std::size_t i = 0; i < sent.headers.size(); ++i) {
      const auto& [name, value] = sent.headers[i];
      parts[6 + i].vtype = RD_KAFKA_VTYPE_HEADER;
      parts[6 + i].u.header = {name, value, static_cast<std::int64_t>(length(value))};
    }
    rd_kafka_error_t* error = rd_kafka_produceva(producer, parts.data(), parts.size());
    ASSERT_EQ(error, nullptr) << rd_kafka_error_string(error);
  }

  void Produce(std::int32_t partition, const std::vector<Sent>& messages, const char* codec = "none") {
    char reason[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker_->connection().brokers[0].c_str(), reason,
                      sizeof reason);
    rd_kafka_conf_set(conf, "linger.ms", "5", reason, sizeof reason);
    rd_kafka_conf_set(conf, "compression.codec", codec, reason, sizeof reason);
    rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    for (const Sent& sent : messages) Send(producer, partition, sent);
    ASSERT_EQ(rd_kafka_flush(producer, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
  }

  // The batches with records until all positions are reached, checked for following each other.
  std::vector<std::unique_ptr<Batch>> ReadTo(Positions from, const Positions& to) {
    std::vector<std::unique_ptr<Batch>> batches;
    const MonotonicTime deadline = runtime_.Now() + seconds(20);
    while (from != to && runtime_.Now() < deadline) {
      auto batch = source_->Next(runtime_.Now() + milliseconds(500), stop_);
      if (!batch) ADD_FAILURE() << batch.error().ToString();
      if (!batch) break;
      if (*batch == nullptr) continue;
      EXPECT_EQ((*batch)->range.first, from[(*batch)->partition]);
      EXPECT_EQ((*batch)->record_count + (*batch)->absent, (*batch)->range.size());
      EXPECT_EQ((*batch)->lease.bytes(), (*batch)->bytes);
      from[(*batch)->partition] = (*batch)->range.next;
      if ((*batch)->record_count > 0) batches.push_back(std::move(*batch));
    }
    EXPECT_EQ(from, to);
    return batches;
  }

  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
  ByteBudget budget_{runtime_, 64 << 20};
  static inline std::unique_ptr<DemoBroker> broker_;
  const std::string topic_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::unique_ptr<BatchSource> source_;
};

TEST_F(KafkaSourceTest, ReadsAllPartitionsOfEveryCodec) {
  const std::string value(300, 'x');
  const std::vector<Sent> messages(700, Sent{"k", value.c_str(), {}});
  Produce(0, messages, "lz4");
  Produce(1, messages, "zstd");
  Produce(2, messages, "gzip");
  ASSERT_OK_AND_ASSIGN(const auto bounds, source_->Bounds(stop_));
  ASSERT_EQ(bounds.size(), 3U);
  EXPECT_EQ(bounds.at(Partition(1)).end, Offset(700));

  ASSERT_OK_AND_ASSIGN(const Positions start, source_->Resolve(StartEarliest{}, stop_));
  ASSERT_OK_AND_ASSIGN(const Positions end, source_->Resolve(StartLatest{}, stop_));
  ASSERT_OK(source_->Seek(start));
  std::int64_t records = 0;
  OpenedBatch opened;
  for (const auto& batch : ReadTo(start, end)) {
    ASSERT_OK(batch->payload->Open(opened));
    EXPECT_EQ(static_cast<std::int64_t>(opened.records.size()), batch->record_count);
    EXPECT_EQ(opened.records.front().offset, batch->range.first);
    EXPECT_EQ(opened.records.back().value, value);
    EXPECT_GE(opened.storage.size(), opened.records.size() * value.size() + 64);
    EXPECT_EQ(batch->max_timestamp_ms, 1000);
    records += batch->record_count;
  }
  EXPECT_EQ(records, 2100);
  EXPECT_EQ(budget_.used(), 0);
}

TEST_F(KafkaSourceTest, KeepsNullAndEmptyApartAndReadsHeaders) {
  Produce(0, {{nullptr, "", {}, 5},
              {"", nullptr, {{"h", "1"}}, 6},
              {"key", "value", {{"h", ""}, {"h", nullptr}}, 7},
              {"key", "plain", {}, 8}});
  ASSERT_OK(source_->Bounds(stop_));  // so that it knows the leaders
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  const auto batches = ReadTo({{Partition(0), Offset(0)}}, {{Partition(0), Offset(4)}});
  std::vector<std::string> seen;
  OpenedBatch opened;
  const auto text = [](const std::optional<std::string_view>& value) {
    return value ? "'" + std::string(*value) + "'" : std::string("null");
  };
  for (const auto& batch : batches) {
    ASSERT_OK(batch->payload->Open(opened));
    for (const Record& record : opened.records) {
      std::string line =
          text(record.key) + "=" + text(record.value) + "@" + std::to_string(record.timestamp_ms);
      for (std::uint32_t i = 0; i < record.header_count; ++i) {
        const Header& header = opened.headers[record.first_header + i];
        line += " " + std::string(header.key) + ":" + text(header.value);
      }
      seen.push_back(line);
    }
  }
  EXPECT_THAT(seen,
              ElementsAre("null=''@5", "''=null@6 h:'1'", "'key'='value'@7 h:'' h:null", "'key'='plain'@8"));
}

TEST_F(KafkaSourceTest, SeekDropsWhatWasReadAheadAndGoesBack) {
  Produce(0, std::vector<Sent>(1000, Sent{"k", "value", {}}));
  const Partition p0(0);
  ASSERT_OK(source_->Seek({{p0, Offset(0)}}));
  ReadTo({{p0, Offset(0)}}, {{p0, Offset(1000)}});
  ASSERT_OK(source_->Seek({{p0, Offset(400)}}));
  const auto again = ReadTo({{p0, Offset(400)}}, {{p0, Offset(1000)}});
  EXPECT_EQ(again.front()->range.first, Offset(400));

  ASSERT_OK(source_->Seek({}));
  ASSERT_OK_AND_ASSIGN(const auto none, source_->Next(runtime_.Now() + milliseconds(200), stop_));
  EXPECT_EQ(none, nullptr);
}

TEST_F(KafkaSourceTest, AddsPartitionsWhileReading) {
  Produce(0, {{"k", "a", {}}});
  Produce(2, {{"k", "b", {}}, {"k", "c", {}}});
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  ReadTo({{Partition(0), Offset(0)}}, {{Partition(0), Offset(1)}});
  ASSERT_OK(source_->Add({{Partition(2), Offset(0)}}));
  Produce(0, {{"k", "d", {}}});
  ReadTo({{Partition(0), Offset(1)}, {Partition(2), Offset(0)}},
         {{Partition(0), Offset(2)}, {Partition(2), Offset(2)}});
}

TEST_F(KafkaSourceTest, SaysWhenTheEndWasReached) {
  Produce(0, {{"k", "a", {}}});
  const std::int64_t before = runtime_.UnixMillis();
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}, {Partition(1), Offset(0)}}));
  std::map<Partition, std::int64_t> ends;
  const MonotonicTime deadline = runtime_.Now() + seconds(10);
  while (ends.size() < 2 && runtime_.Now() < deadline) {
    ASSERT_OK_AND_ASSIGN(const auto batch, source_->Next(runtime_.Now() + seconds(1), stop_));
    if (batch != nullptr && batch->end_reached_ms) {
      EXPECT_EQ(batch->range.next, Offset(batch->partition == Partition(0) ? 1 : 0));
      EXPECT_EQ(batch->payload, nullptr);
      ends[batch->partition] = *batch->end_reached_ms;
    }
  }
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_GE(ends[Partition(0)], before);
}

TEST_F(KafkaSourceTest, BlocksOnAPositionOutsideTheLog) {
  Produce(0, {{"k", "a", {}}});
  ASSERT_OK(source_->Seek({{Partition(0), Offset(7)}}));
  Result<std::unique_ptr<Batch>> next = source_->Next(runtime_.Now() + seconds(10), stop_);
  ASSERT_THAT(next, FailsWithCode("POSITION_BEYOND_END"));
  EXPECT_THAT(next.error().detail, HasSubstr("offset 7, but the partition ends at 1"));
  EXPECT_THAT(source_->Next(runtime_.Now(), stop_), FailsWith(ErrorKind::kBlocked))
      << "it stays so until Seek";
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  ReadTo({{Partition(0), Offset(0)}}, {{Partition(0), Offset(1)}});
}

TEST_F(KafkaSourceTest, BlocksWhereTheOldestMessagesWereDropped) {
  const std::string value(100'000, 'x');
  Produce(0, std::vector<Sent>(80, Sent{"k", value.c_str(), {}}));
  ASSERT_OK_AND_ASSIGN(const auto bounds, source_->Bounds(stop_));
  ASSERT_GT(bounds.at(Partition(0)).log_start, Offset(0));
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  EXPECT_THAT(source_->Next(runtime_.Now() + seconds(10), stop_), FailsWithCode("OFFSETS_EXPIRED"));
}

TEST_F(KafkaSourceTest, ResolvesOffsetsAndGroups) {
  Produce(1, std::vector<Sent>(5, Sent{"k", "v", {}}));
  source_->Mirror({{Partition(1), Offset(3)}});
  source_.reset();  // waits for the commit
  source_ = MakeSource(broker_->connection(), topic_);
  const Positions expected = {
      {Partition(0), Offset(0)}, {Partition(1), Offset(3)}, {Partition(2), Offset(0)}};
  ASSERT_OK_AND_ASSIGN(const Positions group, source_->Resolve(StartGroup{"frazil.test"}, stop_));
  EXPECT_EQ(group, expected);
  ASSERT_OK_AND_ASSIGN(const Positions offsets,
                       source_->Resolve(StartOffsets{{{Partition(1), Offset(3)}}}, stop_));
  EXPECT_EQ(offsets, expected);
  EXPECT_THAT(source_->Resolve(StartOffsets{{{Partition(9), Offset(0)}}}, stop_),
              FailsWithCode("START_PARTITION_UNKNOWN"));
  EXPECT_THAT(source_->Resolve(StartOffsets{{{Partition(1), Offset(6)}}}, stop_),
              FailsWithCode("POSITION_BEYOND_END"));
}

TEST_F(KafkaSourceTest, TellsAMissingTopicFromADeniedOne) {
  rd_kafka_mock_topic_set_error(broker_->cluster(), "gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  rd_kafka_mock_topic_set_error(broker_->cluster(), "secret", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto gone = MakeSource(broker_->connection(), "gone")->Bounds(stop_);
  EXPECT_THAT(gone, FailsWithCode("TOPIC_MISSING"));
  EXPECT_THAT(gone, FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(MakeSource(broker_->connection(), "secret")->Identify(stop_), FailsWithCode("TOPIC_DENIED"));
}

TEST_F(KafkaSourceTest, GivesTheReasonWhenNoBrokerAnswers) {
  const MonotonicTime before = runtime_.Now();
  const auto identity = MakeSource({{"127.0.0.1:1"}, std::nullopt, std::nullopt}, topic_)->Identify(stop_);
  ASSERT_THAT(identity, FailsWithCode("KAFKA_UNREACHABLE"));
  EXPECT_THAT(identity.error().detail, HasSubstr("Connection refused"));
  EXPECT_LT(runtime_.Now() - before, seconds(8));
}

TEST_F(KafkaSourceTest, NoticesBrokersThatGoAndComesBackWithThem) {
  Produce(0, {{"k", "a", {}}});
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  ReadTo({{Partition(0), Offset(0)}}, {{Partition(0), Offset(1)}});
  rd_kafka_mock_broker_set_down(broker_->cluster(), 1);
  const MonotonicTime deadline = runtime_.Now() + seconds(30);
  Result<std::unique_ptr<Batch>> next = nullptr;
  while (next && runtime_.Now() < deadline) next = source_->Next(runtime_.Now() + seconds(1), stop_);
  EXPECT_THAT(next, FailsWithCode("KAFKA_UNREACHABLE"));

  rd_kafka_mock_broker_set_up(broker_->cluster(), 1);
  ASSERT_OK_AND_ASSIGN(const auto bounds, source_->Bounds(stop_));
  EXPECT_EQ(bounds.at(Partition(0)).end, Offset(1));
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  ReadTo({{Partition(0), Offset(0)}}, {{Partition(0), Offset(1)}});
}

TEST_F(KafkaSourceTest, StopsSoon) {
  ASSERT_OK(source_->Seek({{Partition(0), Offset(0)}}));
  Result<std::unique_ptr<Batch>> next = nullptr;
  const auto reader = runtime_.Spawn("reader", [&] { next = source_->Next(kForever, stop_); });
  StopSignal(runtime_).WaitFor(milliseconds(150));  // so that it waits
  const MonotonicTime before = runtime_.Now();
  stop_.Stop();
  reader->Join();
  EXPECT_THAT(next, FailsWith(ErrorKind::kStopping));
  EXPECT_LT(runtime_.Now() - before, milliseconds(400));
}

TEST_F(KafkaSourceTest, RefusesSettingsThatCannotWork) {
  const auto source =
      MakeKafkaSource(runtime_, budget_,
                      {{{"kafka:9093"}, KafkaTls{"no-such-file.pem", "", ""}, std::nullopt}, "orders", "g"});
  ASSERT_THAT(source, FailsWithCode("KAFKA_SETTINGS"));
  EXPECT_THAT(source.error().detail, HasSubstr("no-such-file.pem"));
}

TEST_F(KafkaSourceTest, TheProducerWaitsForCommitsAndLosesNothing) {
  constexpr std::int64_t kRecords = 30'000;
  ASSERT_OK_AND_ASSIGN(const auto producer, DemoProducer::Make(runtime_, {.connection = broker_->connection(),
                                                                          .topic = topic_,
                                                                          .partitions = 3,
                                                                          .records_per_second = 0,
                                                                          .records = kRecords,
                                                                          .seed = 1,
                                                                          .first_ms = 0}));
  Status sent;
  const auto task = runtime_.Spawn("producer", [&] { sent = producer->Run(stop_); });
  Positions read = {{Partition(0), Offset(0)}, {Partition(1), Offset(0)}, {Partition(2), Offset(0)}};
  ASSERT_OK(source_->Seek(read));
  std::int64_t records = 0;
  std::int64_t committed = 0;
  const MonotonicTime deadline = runtime_.Now() + seconds(60);
  while (records < kRecords && runtime_.Now() < deadline) {
    ASSERT_OK_AND_ASSIGN(const auto batch, source_->Next(runtime_.Now() + milliseconds(200), stop_));
    EXPECT_LE(producer->sent(), committed + 3 * DemoProducer::kMostAhead);
    if (batch == nullptr) {  // it waits
      producer->Committed(read);
      committed = records;
      continue;
    }
    EXPECT_EQ(batch->absent, 0);
    records += batch->record_count;
    read[batch->partition] = batch->range.next;
  }
  EXPECT_GT(committed, 0) << "the producer never waited";
  task->Join();
  EXPECT_OK(sent);
  EXPECT_EQ(records, kRecords);
}

}  // namespace
}  // namespace frazil
