#include "kafka/fetch_plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace frazil {
namespace {

const Uuid kTopic = Uuid::FromRandom(1, 2);

FetchKey Key(int partition) {
  return {kTopic, Partition(partition)};
}
FetchPosition At(std::int64_t offset) {
  return {Offset(offset), 3, 3, 100};
}

class FetchPlanTest : public testing::Test {
 protected:
  FetchPlanTest() { plan_.NameTopic(kTopic, "orders"); }

  // These partitions, from these offsets on.
  void Want(const std::map<int, std::int64_t>& positions, bool is_behind = false) {
    plan_.BeginWants();
    for (const auto& [partition, offset] : positions)
      plan_.Want(Key(partition), At(offset), is_behind, false);
    plan_.EndWants();
  }
  // What is sent next, such as "0@5 1@7 -2"; "" for nothing.
  std::string Poll() {
    plan_.BuildPoll(request_, 0);
    return Text();
  }
  std::string CatchUp(std::int32_t most_bytes = 1000) {
    return plan_.BuildCatchUp(request_, most_bytes, 100, 0) ? Text() : "";
  }
  // The first request under way is answered: so much further each of them, and whether more is there.
  struct Moved {
    int partition;
    std::int64_t to;
    bool behind = true;
  };
  bool Answer(const std::vector<Moved>& moved) {
    response_.session_id = plan_.is_poll() ? 77 : 0;
    EXPECT_TRUE(plan_.Accept(response_));
    for (const Moved& one : moved) plan_.GoOn(Key(one.partition), At(one.to), one.behind);
    return plan_.Finish();
  }

  FetchPlan plan_;
  FetchRequest request_;
  FetchResponse response_;

 private:
  std::string Text() const {
    std::string text;
    for (const auto& one : request_.partitions)
      text += fmt::format("{}{}@{}", text.empty() ? "" : " ", one.partition, one.position.fetch_offset);
    for (const Partition forgotten : request_.forgotten_partitions) text += fmt::format(" -{}", forgotten);
    return text;
  }
};

TEST_F(FetchPlanTest, ThoseThatAreBehindLeaveThePollUntilTheyAreAtTheirEnd) {
  Want({{0, 0}, {1, 0}, {2, 0}});
  EXPECT_EQ(Poll(), "0@0 1@0 2@0");
  EXPECT_EQ(CatchUp(), "");
  EXPECT_FALSE(plan_.catching_up());
  EXPECT_TRUE(Answer({{0, 5}, {1, 6}, {2, 7, false}}));
  EXPECT_TRUE(plan_.catching_up());
  EXPECT_EQ(Poll(), "2@7 -0 -1");
  EXPECT_EQ(CatchUp(), "0@5");
  EXPECT_EQ(request_.session_epoch, kFinalFetchEpoch);
  EXPECT_EQ(request_.partitions[0].position.max_bytes, 1000);
  EXPECT_EQ(CatchUp(), "1@6");
  EXPECT_EQ(CatchUp(), "");
  EXPECT_EQ(plan_.under_way(), 3U);
  EXPECT_TRUE(Answer({}));
  EXPECT_EQ(plan_.Asked(Key(0)), (FetchPosition{Offset(5), 3, 3, 1000}));
  EXPECT_EQ(plan_.Asked(Key(1)), std::nullopt);
  EXPECT_TRUE(Answer({{0, 9, false}}));
  EXPECT_TRUE(Answer({{1, 8}}));
  EXPECT_EQ(Poll(), "0@9");
  EXPECT_EQ(CatchUp(), "1@8");
}

TEST_F(FetchPlanTest, TheyTakeTurnsAndOneThatGotNothingComesFirst) {
  Want({{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}}, true);
  EXPECT_EQ(CatchUp(200), "0@0 1@0");
  EXPECT_EQ(CatchUp(200), "2@0 3@0");
  EXPECT_TRUE(Answer({{0, 1}, {1, 0}}));
  EXPECT_EQ(CatchUp(200), "1@0 4@0");
  EXPECT_TRUE(Answer({{2, 1}, {3, 1}}));
  EXPECT_EQ(CatchUp(200), "0@1 2@1");
}

TEST_F(FetchPlanTest, EachIsAskedForOnceAtATime) {
  Want({{0, 0}, {1, 0}}, true);
  EXPECT_EQ(CatchUp(), "0@0");
  Want({{1, 0}}, true);
  Want({{0, 0}, {1, 0}}, true);
  EXPECT_EQ(CatchUp(), "1@0");
  EXPECT_EQ(CatchUp(), "");
  EXPECT_FALSE(plan_.wants_poll());
  Want({});
  EXPECT_TRUE(plan_.busy());
  EXPECT_TRUE(Answer({{0, 5}}));
  EXPECT_TRUE(Answer({{1, 5}}));
  EXPECT_FALSE(plan_.busy());
  Want({{0, 5}});
  EXPECT_EQ(Poll(), "0@5");
}

TEST_F(FetchPlanTest, WhatIsNotAnsweredIsNamedAnew) {
  Want({{0, 0}, {1, 0}}, true);
  EXPECT_EQ(CatchUp(), "0@0");
  EXPECT_EQ(CatchUp(), "1@0");
  EXPECT_FALSE(Answer({}));
  Want({{0, 0}, {1, 0}});
  EXPECT_EQ(Poll(), "0@0");
  plan_.Lost();
  EXPECT_EQ(plan_.under_way(), 0U);
  Want({{0, 0}, {1, 0}});
  EXPECT_EQ(Poll(), "0@0 1@0");
}

TEST_F(FetchPlanTest, ANewReaderOfWhatTheSessionHasIsToldAllEnds) {
  Want({{0, 0}, {1, 0}});
  EXPECT_EQ(Poll(), "0@0 1@0");
  plan_.BeginWants();
  plan_.Want(Key(0), At(0), false, true);
  plan_.Want(Key(1), At(0), false, false);
  plan_.EndWants();
  EXPECT_TRUE(Answer({}));
  EXPECT_EQ(Poll(), "0@0 1@0");
  EXPECT_EQ(request_.session_epoch, kInitialFetchEpoch);
  EXPECT_TRUE(Answer({}));
  EXPECT_EQ(Poll(), "");
}

TEST_F(FetchPlanTest, WhatArrivesBehindOthersMayBeAsOldAsItsRequest) {
  Want({{0, 0}, {1, 0}}, true);
  plan_.BuildCatchUp(request_, 1000, 100, 10);
  plan_.BuildCatchUp(request_, 1000, 100, 20);
  EXPECT_EQ(plan_.SaidAfter(99), 99);
  EXPECT_TRUE(Answer({{0, 1}}));
  EXPECT_EQ(plan_.SaidAfter(99), 20);
}

}  // namespace
}  // namespace frazil
