#include "ingest/retention_watch.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/result_matchers.h"
#include "record/memory_source.h"

namespace frazil {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;

const Partition kFirst(0);
const Partition kSecond(1);

class RetentionWatchTest : public testing::Test {
 protected:
  // One message of such an age.
  void Append(Partition partition, milliseconds age) {
    topic_.Append(
        partition,
        {.key = {}, .value = "x", .headers = {}, .timestamp_ms = runtime_.UnixMillis() - age.count()});
  }
  void LookAt(const Positions& next) {
    const auto bounds = source_.Bounds(stop_);
    ASSERT_OK(bounds);
    watch_.Look(source_, next, *bounds, stop_);
  }

  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
  ByteBudget budget_{runtime_, 1 << 20};
  MemoryTopic topic_{runtime_, {"cluster", "orders", ""}, 2};
  MemorySource source_{runtime_, budget_, topic_};
  std::optional<RetentionRisk> risk_;
  int changes_ = 0;
  RetentionWatch watch_{runtime_, "orders", "orders", Duration{},
                        [this](const std::optional<RetentionRisk>& risk) {
                          risk_ = risk;
                          ++changes_;
                        }};
};

TEST_F(RetentionWatchTest, TellsHowLongTheOldestUnreadMessageMayStay) {
  topic_.SetRetention({.age = days(10)});
  Append(kFirst, days(10) - hours(2));  // read
  Append(kFirst, days(10) - hours(5));
  Append(kSecond, days(9));
  LookAt({{kFirst, Offset(1)}, {kSecond, Offset(0)}});
  ASSERT_TRUE(risk_);
  EXPECT_EQ(risk_->partition, kFirst);
  EXPECT_EQ(risk_->offset, Offset(1));
  EXPECT_GE(risk_->left, hours(5));
  EXPECT_LE(risk_->left, hours(10));  // a fifth of ten days, halved as often as that holds
  EXPECT_EQ(risk_->partitions, 2);
}

TEST_F(RetentionWatchTest, WhatWasReadOrIsYoungIsNoRisk) {
  topic_.SetRetention({.age = days(10)});
  Append(kFirst, days(9));
  Append(kSecond, days(7));
  LookAt({{kFirst, Offset(1)}, {kSecond, Offset(0)}});
  EXPECT_EQ(changes_, 0);
}

TEST_F(RetentionWatchTest, OverdueMessagesMayGoAtAnyMoment) {
  topic_.SetRetention({.age = days(1)});
  Append(kFirst, days(2));
  LookAt({{kFirst, Offset(0)}});
  ASSERT_TRUE(risk_);
  EXPECT_EQ(risk_->left, Duration{});
}

TEST_F(RetentionWatchTest, TellsChangesOnly) {
  topic_.SetRetention({.age = days(10)});
  Append(kFirst, days(9) + hours(1));
  for (int i = 0; i < 3; ++i) LookAt({{kFirst, Offset(0)}});
  EXPECT_EQ(changes_, 1);
  LookAt({{kFirst, Offset(1)}});
  EXPECT_FALSE(risk_);
  EXPECT_EQ(changes_, 2);
}

TEST_F(RetentionWatchTest, ALogThatLosesItsBeginningForItsSizeIsToldByWhatIsLeftBeforeThePosition) {
  topic_.SetRetention({.age = {}, .by_size = true});
  for (int i = 0; i < 100; ++i) Append(kFirst, hours(1));
  LookAt({{kFirst, Offset(15)}});
  EXPECT_FALSE(risk_);  // it may be far from its size
  topic_.Expire(kFirst, Offset(10));
  LookAt({{kFirst, Offset(15)}});
  ASSERT_TRUE(risk_);
  EXPECT_EQ(risk_->level, 2);  // 5 of 90
  LookAt({{kFirst, Offset(50)}});
  EXPECT_FALSE(risk_);
}

TEST_F(RetentionWatchTest, WhatMayNotBeAskedStopsNothing) {
  topic_.Fail(SourceCall::kRetention, {ErrorKind::kDenied, "TOPIC_DENIED", "the user may not", "", ""});
  Append(kFirst, days(9));
  LookAt({{kFirst, Offset(0)}});
  EXPECT_EQ(changes_, 0);
  EXPECT_FALSE(watch_.knows());
}

}  // namespace
}  // namespace frazil
