// Which messages of a topic are looked at.
#include "record/sample.h"

#include <gmock/gmock.h>

#include <chrono>
#include <map>

#include "base/result_matchers.h"
#include "record/memory_source.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SampleTest : public testing::Test {
 protected:
  void Append(std::int32_t partition, int count) {
    for (int i = 0; i < count; ++i) {
      topic_.Append(Partition(partition),
                    {.key = "k", .value = "v", .headers = {{"h", std::nullopt}}, .timestamp_ms = 7});
    }
  }
  // The offsets that are read, by partition.
  std::map<std::int32_t, std::vector<std::int64_t>> Offsets(const SampleOptions& options) {
    const auto sample = ReadSample(runtime_, source_, options, stop_);
    EXPECT_OK(sample);
    std::map<std::int32_t, std::vector<std::int64_t>> offsets;
    if (!sample) return offsets;
    for (const SampledMessage& message : *sample)
      offsets[message.partition.value()].push_back(message.offset.value());
    return offsets;
  }

  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
  ByteBudget budget_{runtime_, 4'000};
  MemoryTopic topic_{runtime_, {"cluster", "orders", "id"}, 3};
  MemorySource source_{runtime_, budget_, topic_, {.max_batch_records = 3}};
};

TEST_F(SampleTest, IsOfAllPartitionsAndOfBothEnds) {
  Append(0, 100);
  Append(2, 4);
  const auto offsets = Offsets({.messages = 10});
  EXPECT_THAT(offsets.at(0), ElementsAre(0, 1, 2, 97 + 1, 99));
  EXPECT_THAT(offsets.at(2), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(offsets.size(), 2U) << "an empty partition has nothing to show";
  EXPECT_EQ(budget_.used(), 0);
}

TEST_F(SampleTest, PassesOverWhatIsNotThere) {
  topic_.AppendAbsent(Partition(0), 50);
  Append(0, 20);
  topic_.AppendAbsent(Partition(0), 50);
  topic_.Expire(Partition(0), Offset(5));
  EXPECT_THAT(Offsets({.messages = 4}).at(0), ElementsAre(50, 51))
      << "at the end there are but absent offsets";
}

TEST_F(SampleTest, CopiesAllOfAMessage) {
  Append(1, 1);
  const auto sample = ReadSample(runtime_, source_, {}, stop_);
  ASSERT_OK(sample);
  EXPECT_THAT(*sample, ElementsAre(SampledMessage{.partition = Partition(1),
                                                  .offset = Offset(0),
                                                  .timestamp_ms = 7,
                                                  .key = "k",
                                                  .value = "v",
                                                  .headers = {{"h", std::nullopt}}}));
}

TEST_F(SampleTest, OfAnEmptyTopicIsEmpty) {
  EXPECT_THAT(Offsets({}), IsEmpty());
}

TEST_F(SampleTest, IsBoundedInBytes) {
  Append(0, 100);
  EXPECT_LT(Offsets({.messages = 100, .bytes = 2'000}).at(0).size(), 30U);
}

TEST_F(SampleTest, FailsAsItsSourceDoes) {
  Append(0, 1);
  topic_.Fail(SourceCall::kNext, Error{ErrorKind::kUnavailable, "KAFKA_UNREACHABLE", "gone", "", ""});
  EXPECT_THAT(ReadSample(runtime_, source_, {}, stop_), FailsWith(ErrorKind::kUnavailable));
}

TEST(SampleLines, AreMessages) {
  const Sample sample = SampleOfLines("{\"a\":1}\r\n\n  \n[2]\n3", 10);
  ASSERT_EQ(sample.size(), 3U);
  EXPECT_EQ(sample[0].value, "{\"a\":1}");
  EXPECT_EQ(sample[1].value, "[2]");
  EXPECT_EQ(sample[2].value, "3");
  EXPECT_EQ(sample[2].offset, Offset(2));
  EXPECT_EQ(SampleOfLines("1\n2\n3\n", 2).size(), 2U);
  EXPECT_THAT(SampleOfLines("", 2), IsEmpty());
}

TEST(SampleLines, AreOpenedAsABatch) {
  Sample sample = SampleOfLines("[1]\n[22]", 10);
  sample[1].key = "k";
  sample[1].headers = {{"h", "x"}};
  OpenedBatch opened;
  OpenSample(sample, opened);
  ASSERT_EQ(opened.records.size(), 2U);
  EXPECT_EQ(opened.records[0].value, "[1]");
  EXPECT_EQ(opened.records[1].value, "[22]");
  EXPECT_EQ(opened.records[1].key, "k");
  EXPECT_EQ(opened.headers[opened.records[1].first_header].value, "x");
  EXPECT_GE(opened.storage.data() + opened.storage.size(),
            opened.records[1].value->data() + opened.records[1].value->size() + 64);
}

}  // namespace
}  // namespace frazil
