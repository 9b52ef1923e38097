// What the tests of our own client have in common: a cluster, a pool with short times, and what came of a
// source.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kafka/fetch_source.h"
#include "kafka/test_cluster_testing.h"

namespace frazil {

// What a reader took, partition by partition. Every batch is opened and checked against its own numbers.
class Taken {
 public:
  struct Of {
    Offset first;
    Offset next;
    std::vector<std::int64_t> offsets;  // of records
    std::int64_t absent = 0;
    std::vector<std::int64_t> ends;  // where the partition was said to end
    std::int32_t leader_epoch = -1;
  };

  explicit Taken(const Positions& from) {
    for (const auto& [partition, position] : from) Begin(partition, position);
  }
  void Begin(Partition partition, Offset position) { of_[partition].first = of_[partition].next = position; }
  // The payload's own failure, if it has one.
  Status Take(const Batch& batch) {
    Of& of = of_.at(batch.partition);
    EXPECT_EQ(of.next, batch.range.first) << "a gap or a double";
    EXPECT_EQ(batch.range.size(), batch.absent + batch.record_count);
    EXPECT_EQ(batch.payload == nullptr, batch.record_count == 0);
    of.next = batch.range.next;
    of.absent += batch.absent;
    if (batch.leader_epoch >= 0) of.leader_epoch = batch.leader_epoch;
    if (batch.end_reached_ms) of.ends.push_back(batch.range.next.value());
    if (batch.payload == nullptr) return {};
    OpenedBatch opened;
    FRAZIL_TRY(batch.payload->Open(opened));
    EXPECT_EQ(std::ssize(opened.records), batch.record_count);
    for (const Record& record : opened.records) of.offsets.push_back(record.offset.value());
    return {};
  }
  const Of& operator[](int partition) const { return of_.at(Partition(partition)); }
  // The next offsets of all partitions, added up.
  std::int64_t next_in_all() const {
    std::int64_t sum = 0;
    for (const auto& [partition, of] : of_) sum += of.next.value();
    return sum;
  }

 private:
  std::map<Partition, Of> of_;
};

// The offsets from `first` to before `next`.
inline std::vector<std::int64_t> Offsets(std::int64_t first, std::int64_t next) {
  std::vector<std::int64_t> offsets;
  for (; first < next; ++first) offsets.push_back(first);
  return offsets;
}

class ReadingTest : public testing::Test {
 protected:
  static constexpr Duration kLimit = std::chrono::seconds(8);  // of what should take milliseconds

  explicit ReadingTest(int brokers = 1, std::int64_t budget = 64 << 20)
      : cluster_(brokers), budget_(ThreadRuntime(), budget) {}
  void TearDown() override {
    pool_.reset();
    EXPECT_EQ(budget_.used(), 0);
    auto state = cluster_.state();  // hooks use what goes before the cluster does
    state->on_metadata = nullptr;
    state->on_fetch = nullptr;
    state->on_request = nullptr;
    state->on_list_offsets = nullptr;
    state->on_epoch = nullptr;
  }

  static ReadingTimes Times() {
    using std::chrono::milliseconds;
    return {.news = milliseconds(100),
            .answer = milliseconds(400),
            .refresh = milliseconds(300),
            .between_ends = milliseconds(50),
            .misplaced = milliseconds(100),
            .replica = milliseconds(500),
            .cluster_down = milliseconds(350),
            .partition_down = milliseconds(400)};
  }
  FetchPool& Pool() {
    if (pool_ != nullptr) return *pool_;
    KafkaConnection connection = cluster_.connection();
    connection.rack = rack_;
    pool_ = std::make_shared<FetchPool>(ThreadRuntime(), budget_, std::move(connection), times_);
    return *pool_;
  }
  std::unique_ptr<BatchSource> Source(const std::string& topic = "orders") {
    Pool();
    return MakeFetchSource(pool_, topic, "frazil." + topic);
  }
  static Positions From(int partitions, std::int64_t offset = 0) {
    Positions positions;
    for (int i = 0; i < partitions; ++i) positions[Partition(i)] = Offset(offset);
    return positions;
  }

  // Takes batches until `done`, a failure, or the limit (which is a failure of its own).
  Status TakeUntil(BatchSource& source, Taken& taken, const std::function<bool()>& done,
                   Duration limit = kLimit) {
    const MonotonicTime deadline = ThreadRuntime().Now() + limit;
    while (!done()) {
      if (ThreadRuntime().Now() >= deadline)
        return Fail(ErrorKind::kInternal, "TEST_LIMIT", "nothing more came", "");
      FRAZIL_ASSIGN(const auto batch,
                    source.Next(ThreadRuntime().Now() + std::chrono::milliseconds(20), stop_));
      if (batch != nullptr) FRAZIL_TRY(taken.Take(*batch));
    }
    return {};
  }
  // Takes until the next offsets add up to `sum`.
  Status TakeUpTo(BatchSource& source, Taken& taken, std::int64_t sum) {
    return TakeUntil(source, taken, [&] { return taken.next_in_all() >= sum; });
  }
  // What Next fails with, whatever comes before.
  Error FailureOf(BatchSource& source, Taken& taken) {
    const auto taken_all = TakeUntil(source, taken, [] { return false; });
    return taken_all.error();
  }
  static void Pause(Duration duration) {
    StopSignal never(ThreadRuntime());
    never.WaitFor(duration);
  }
  // The last fetch that a broker got of this partition; at this offset, when one is given.
  std::optional<FetchAsked::One> LastAsked(int partition, int broker = 0,
                                           std::optional<std::int64_t> offset = std::nullopt) {
    auto state = cluster_.state();
    for (auto asked = state->fetches.rbegin(); asked != state->fetches.rend(); ++asked) {
      if (asked->broker != broker) continue;
      for (const auto& one : asked->partitions) {
        if (offset && one.position.fetch_offset != Offset(*offset)) continue;
        if (one.partition == Partition(partition)) return one;
      }
    }
    return std::nullopt;
  }
  // Answers with this error of all partitions.
  static void Refuse(const FetchAsked& asked, FetchReply& reply, KafkaError error) {
    reply.partitions.clear();
    for (const auto& one : asked.partitions) {
      reply.partitions.push_back(
          {.topic = one.topic, .topic_id = one.topic_id, .partition = one.partition, .error = error});
    }
  }
  std::size_t Fetches() { return cluster_.state()->fetches.size(); }
  TestLog& Log(TestCluster::Access& state, int partition, const std::string& topic = "orders") {
    return state->topics.at(topic).logs.at(Partition(partition));
  }

  // Under the cluster's lock.
  int Count() {
    const auto state = cluster_.state();
    return count_;
  }

  int count_ = 0;  // for hooks, which may run until TearDown
  TestCluster cluster_;
  ByteBudget budget_;
  ReadingTimes times_ = Times();
  std::string rack_;
  std::shared_ptr<FetchPool> pool_;
  StopSignal stop_{ThreadRuntime()};
};

class TwoBrokersTest : public ReadingTest {
 protected:
  TwoBrokersTest() : ReadingTest(2) {}
};

}  // namespace frazil
