#include "ledger/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "ledger/history_testing.h"

namespace frazil {
namespace {

constexpr std::string_view kId1 = "00000000-0000-4000-8000-000000000001";
constexpr std::string_view kId2 = "00000000-0000-4000-8000-000000000002";
constexpr std::string_view kId3 = "00000000-0000-4000-8000-000000000003";

Uuid Id(std::string_view text) {
  return Uuid::Parse(text).value();
}

// Everything a record can hold.
PositionRecord FullRecord() {
  PositionRecord record = TestRecord(17, {1234, 77});
  record.next[Partition(10)] = Offset(9'007'199'254'740'993);
  record.pending.push_back({.table = "lake.orders__errors",
                            .uuid = Id(kId1),
                            .manifest = "/lake/m.avro",
                            .bytes = 4096,
                            .rows = 3,
                            .files = 2,
                            .n = 17,
                            .id = Id(kId2),
                            .after = Id(kId3)});
  record.followers["lake.orders__errors"] = {.uuid = Id(kId1), .applied = Id(kId3)};
  record.followers["lake.orders__raw"] = {.uuid = Id(kId2), .applied = std::nullopt};
  record.fence = Id(kId3);
  record.until = {{Partition(1), Offset(80)}};
  record.leader_epochs = {{Partition(1), 6}};
  record.counts = EpochCounts{.rows = 1280, .errors = 20, .nulls = 3, .filtered = 0, .absent = 8};
  record.accepted.push_back({.code = "OFFSETS_EXPIRED",
                             .n = 9,
                             .at_ms = 1'700'000'000'000,
                             .gaps = {{Partition(0), {Offset(5), Offset(9)}}},
                             .again = {{Partition(1), {Offset(0), Offset(3)}}},
                             .follower = "lake.orders__errors",
                             .stream = "pizza"});
  record.accepted.push_back({.code = "PENDING_MISSING",
                             .n = 12,
                             .at_ms = 1,
                             .gaps = {},
                             .again = {},
                             .follower = {},
                             .stream = {}});
  return record;
}

constexpr std::string_view kFullJson =
    R"({"accepted":[{"again":{"1":[0,3]},"at_ms":1700000000000,"code":"OFFSETS_EXPIRED","follower":"lake.orders__errors",)"
    R"("gaps":{"0":[5,9]},"n":9,"stream":"pizza"},{"at_ms":1,"code":"PENDING_MISSING","n":12}],)"
    R"("branch":"main","cluster":"c","counts":{"absent":8,"errors":20,"filtered":0,"nulls":3,"rows":1280},"fence":"00000000-0000-4000-8000-000000000003",)"
    R"("followers":{"lake.orders__errors":{"applied":"00000000-0000-4000-8000-000000000003","uuid":"00000000-0000-4000-8000-000000000001"},)"
    R"("lake.orders__raw":{"uuid":"00000000-0000-4000-8000-000000000002"}},)"
    R"("leader_epochs":{"1":6},"n":17,"next":{"0":1234,"1":77,"10":9007199254740993},)"
    R"("pending":[{"after":"00000000-0000-4000-8000-000000000003","bytes":4096,"files":2,"id":"00000000-0000-4000-8000-000000000002",)"
    R"("manifest":"/lake/m.avro","n":17,"rows":3,"table":"lake.orders__errors","uuid":"00000000-0000-4000-8000-000000000001"}],)"
    R"("topic":"orders","topic_id":"t","until":{"1":80},"v":1})";

TEST(PositionRecord, HasThisText) {
  EXPECT_EQ(ToJson(FullRecord()), kFullJson);
  EXPECT_EQ(
      ToJson(TestRecord(1, {0})),
      R"({"branch":"main","cluster":"c","followers":{},"n":1,"next":{"0":0},"pending":[],"topic":"orders","topic_id":"t","v":1})");
}

TEST(PositionRecord, ReadsBackWhatItWrote) {
  ASSERT_OK_AND_ASSIGN(const auto full, ParsePositionRecord(ToJson(FullRecord())));
  EXPECT_EQ(full, FullRecord());
  ASSERT_OK_AND_ASSIGN(const auto bare, ParsePositionRecord(ToJson(TestRecord(1, {0}))));
  EXPECT_EQ(bare, TestRecord(1, {0}));
}

TEST(PositionRecord, OddTextInNamesSurvives) {
  PositionRecord record = TestRecord(1, {0});
  record.topic = "quote\" slash\\ \n ü";
  ASSERT_OK_AND_ASSIGN(const auto read, ParsePositionRecord(ToJson(record)));
  EXPECT_EQ(read, record);
}

TEST(PositionRecord, ANameThatIsNotUtf8IsNoCrash) {
  PositionRecord record = TestRecord(1, {0});
  record.cluster = "\xff";
  ASSERT_OK(ParsePositionRecord(ToJson(record)));
}

TEST(PositionProperty, ReadsBackWhatItWrote) {
  const PositionProperty property{.record = FullRecord(), .snapshot = SnapshotId(5), .sequence = 9};
  EXPECT_EQ(ToJson(property), R"({"record":)" + std::string(kFullJson) + R"(,"sequence":9,"snapshot":5})");
  ASSERT_OK_AND_ASSIGN(const auto read, ParsePositionProperty(ToJson(property)));
  EXPECT_EQ(read, property);
}

TEST(AppliedRecord, ReadsBackWhatItWrote) {
  const AppliedRecord applied{.n = 4, .id = Id(kId1)};
  EXPECT_EQ(ToJson(applied), R"({"id":"00000000-0000-4000-8000-000000000001","n":4})");
  ASSERT_OK_AND_ASSIGN(const auto read, ParseAppliedRecord(ToJson(applied)));
  EXPECT_EQ(read, applied);
  const AppliedProperty property{.applied = applied, .snapshot = SnapshotId(8)};
  EXPECT_EQ(ToJson(property), R"({"id":"00000000-0000-4000-8000-000000000001","n":4,"snapshot":8})");
  ASSERT_OK_AND_ASSIGN(const auto again, ParseAppliedProperty(ToJson(property)));
  EXPECT_EQ(again, property);
}

TEST(EpochCounts, HasThisText) {
  EXPECT_EQ(ToJson(EpochCounts{.rows = 5, .errors = 4, .nulls = 3, .filtered = 2, .absent = 1}),
            R"({"absent":1,"errors":4,"filtered":2,"nulls":3,"rows":5})");
  EXPECT_EQ(ToJson(Positions{{Partition(2), Offset(7)}, {Partition(11), Offset(8)}}), R"({"11":8,"2":7})");
}

// The full record with one piece of its text replaced: none of these may be read as a position.
struct Damage {
  std::string_view what;
  std::string_view with;
};
class DamagedRecord : public testing::TestWithParam<Damage> {};

TEST_P(DamagedRecord, Blocks) {
  std::string json(kFullJson);
  const auto at = json.find(GetParam().what);
  ASSERT_NE(at, std::string::npos) << GetParam().what;
  json.replace(at, GetParam().what.size(), GetParam().with);
  EXPECT_THAT(ParsePositionRecord(json), FailsWithCode("POSITION_UNREADABLE")) << json;
  EXPECT_THAT(ParsePositionRecord(json), FailsWith(ErrorKind::kBlocked));
  EXPECT_THAT(ParsePositionProperty(R"({"record":)" + json + R"(,"sequence":9,"snapshot":5})"),
              FailsWithCode("POSITION_UNREADABLE"));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, DamagedRecord,
    testing::Values(Damage{"{", "["}, Damage{R"("v":1})", R"("v":1)"}, Damage{R"("v":1)", R"("v":2)"},
                    Damage{R"("v":1)", R"("v":1.0)"}, Damage{R"("v":1)", R"("v":"1")"},
                    Damage{R"(,"v":1)", ""}, Damage{R"("n":17,"next")", R"("next")"},
                    Damage{R"("n":17,"next")", R"("n":-1,"next")"},
                    Damage{R"("n":17,"next")", R"("n":9223372036854775808,"next")"},
                    Damage{R"("n":17,"next")", R"("n":1e3,"next")"}, Damage{R"("branch":"main",)", ""},
                    Damage{R"("branch":"main")", R"("branch":null)"}, Damage{R"("cluster":"c",)", ""},
                    Damage{R"("topic":"orders",)", ""}, Damage{R"("topic_id":"t",)", R"("topic_id":7,)"},
                    Damage{R"("0":1234)", R"("zero":1234)"}, Damage{R"("0":1234)", R"("-1":1234)"},
                    Damage{R"("0":1234)", R"("01":1234)"}, Damage{R"("0":1234)", R"("4294967296":1234)"},
                    Damage{R"("0":1234)", R"("":1234)"}, Damage{R"("0":1234)", R"("0":-5)"},
                    Damage{R"("0":1234)", R"("0":"1234")"}, Damage{R"("0":1234)", R"("0":12.5)"},
                    Damage{R"({"0":1234,"1":77,"10":9007199254740993})", "[]"},
                    Damage{R"("until":{"1":80})", R"("until":80)"},
                    Damage{R"("fence":"00000000-)", R"("fence":"x0000000-)"},
                    Damage{R"("pending":[)", R"("pending":[1,)"}, Damage{R"("pending")", R"("gone")"},
                    Damage{R"("followers":{)", R"("followers":{"x":1,)"},
                    Damage{R"("followers")", R"("gone")"}, Damage{R"("bytes":4096)", R"("bytes":-4096)"},
                    Damage{R"("files":2,)", ""}, Damage{R"("rows":3,)", ""},
                    Damage{R"("n":17,"rows")", R"("rows")"}, Damage{R"("manifest":"/lake/m.avro",)", ""},
                    Damage{R"("table":"lake.orders__errors",)", ""},
                    Damage{R"("id":"00000000-0000-4000-8000-000000000002",)", R"("id":null,)"},
                    Damage{R"("after":"00000000-0000-4000-8000-000000000003")", R"("after":"")"},
                    Damage{R"("applied":"00000000-0000-4000-8000-000000000003")", R"("applied":3)"},
                    Damage{R"({"uuid":"00000000-0000-4000-8000-000000000002"})", "{}"}));

TEST(PositionRecord, TextThatIsNoRecordBlocks) {
  for (const std::string_view text :
       {"", "null", "17", "[]", "{}", "\"x\"", "{\"v\":1}", "nonsense", "{}{}"}) {
    EXPECT_THAT(ParsePositionRecord(text), FailsWithCode("POSITION_UNREADABLE")) << text;
    EXPECT_THAT(ParsePositionProperty(text), FailsWithCode("POSITION_UNREADABLE")) << text;
    EXPECT_THAT(ParseAppliedRecord(text), FailsWithCode("POSITION_UNREADABLE")) << text;
    EXPECT_THAT(ParseAppliedProperty(text), FailsWithCode("POSITION_UNREADABLE")) << text;
  }
  const std::string record(kFullJson);
  EXPECT_THAT(ParsePositionProperty(R"({"record":)" + record + R"(,"snapshot":5})"),
              FailsWithCode("POSITION_UNREADABLE"));
  EXPECT_THAT(ParsePositionProperty(R"({"record":)" + record + R"(,"sequence":9})"),
              FailsWithCode("POSITION_UNREADABLE"));
  EXPECT_THAT(ParseAppliedRecord(R"({"n":1,"id":"x"})"), FailsWithCode("POSITION_UNREADABLE"));
  EXPECT_THAT(ParseAppliedProperty(R"({"n":1,"id":"00000000-0000-4000-8000-000000000001"})"),
              FailsWithCode("POSITION_UNREADABLE"));
}

TEST(PositionRecord, ANewerVersionIsNamed) {
  const auto read = ParsePositionRecord(R"({"v":2})");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().detail, testing::HasSubstr("its version is 2"));
}

}  // namespace
}  // namespace frazil
