// What is proposed for what was seen: one rule a test. The walk over JSON that feeds it is tested in decode.
#include "mapping/inference.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/result_matchers.h"
#include "mapping/unix_time_hint.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A sample that is built by hand: objects with members.
class Sample {
 public:
  // The next message is an object; what follows is in it.
  Sample& Message() {
    ++observer_.root().objects;
    position_ = 0;
    return *this;
  }
  Sample& Number(std::string_view key, std::string_view text) {
    frazil::Number number;
    EXPECT_TRUE(ParseNumber(text, number)) << text;
    Member(key).AddNumber(number);
    return *this;
  }
  Sample& Text(std::string_view key, std::string_view text) {
    Member(key).AddText(text);
    return *this;
  }
  Sample& Null(std::string_view key) {
    Member(key).AddNull();
    return *this;
  }
  Sample& Boolean(std::string_view key) {
    Member(key).AddBoolean(true);
    return *this;
  }
  Observed& Member(std::string_view key) { return *observer_.Member(observer_.root(), key, position_++); }
  Observer& observer() { return observer_; }

  // The proposed type of one member, with its rule: "long", "string/text"; "" when it is left out.
  std::string TypeOf(std::string_view key, const InferenceOptions& options = {}) {
    const Inference inference = InferMapping(observer_.root(), options);
    EXPECT_OK(ValidateMapping(inference.mapping));
    for (const ColumnMapping& column : inference.mapping.columns) {
      if (column.path != std::vector{std::string(key)}) continue;
      const std::string parse = ToString(column.value.parse, column.value.pattern);
      return ToString(column.value.type) + (parse.empty() ? "" : "/" + parse);
    }
    return "";
  }
  InferredPath Report(std::string_view path) {
    for (InferredPath& report : InferMapping(observer_.root()).paths) {
      if (report.path == path) return report;
    }
    ADD_FAILURE() << "nothing is said of " << path;
    return {};
  }

 private:
  Observer observer_;
  std::int64_t position_ = 0;
};

std::string NumbersAs(std::string_view name, const std::vector<std::string_view>& numbers) {
  Sample sample;
  for (const std::string_view number : numbers) sample.Message().Number(name, number);
  return sample.TypeOf(name);
}

std::string TextsAs(const std::vector<std::string_view>& texts) {
  Sample sample;
  sample.Message().Null("a").Number("other", "1");
  for (const std::string_view text : texts) sample.Message().Text("a", text);
  return sample.TypeOf("a");
}

TEST(InferNumbers, AreLongUnlessOneHasAFraction) {
  EXPECT_EQ(NumbersAs("n", {"1", "-7", "9223372036854775807"}), "long");
  EXPECT_EQ(NumbersAs("n", {"1", "2.5"}), "double");
  EXPECT_EQ(NumbersAs("n", {"10.0"}), "double") << "whoever writes 10.0 has a fraction in mind";
  EXPECT_EQ(NumbersAs("n", {"1e3"}), "double");
}

TEST(InferNumbers, NeverLoseADigit) {
  EXPECT_EQ(NumbersAs("n", {"1", "9223372036854775808"}), "decimal(38,0)");
  EXPECT_EQ(NumbersAs("n", {"99999999999999999999999999999999999999"}), "decimal(38,0)");
  EXPECT_EQ(NumbersAs("n", {"100000000000000000000000000000000000000"}), "string/text");
  EXPECT_EQ(NumbersAs("n", {"0.5", "9007199254740993"}), "string/text") << "a double would round the second";
  EXPECT_EQ(NumbersAs("n", {"1e400"}), "string/text");
}

TEST(InferNumbers, AreTimesByNameAndRangeTogether) {
  EXPECT_EQ(NumbersAs("created_at", {"1767225600", "1767225601"}), "timestamptz/unix_seconds");
  EXPECT_EQ(NumbersAs("ts", {"1767225600000"}), "timestamptz/unix_millis");
  EXPECT_EQ(NumbersAs("eventTime", {"1767225600000000"}), "timestamptz/unix_micros");
  EXPECT_EQ(NumbersAs("timestamp", {"1767225600000000000"}), "timestamptz/unix_nanos");
  EXPECT_EQ(NumbersAs("updated_ms", {"1767225600000"}), "timestamptz/unix_millis");
  EXPECT_EQ(NumbersAs("ts", {"1767225600.25", "1767225601"}), "timestamptz/unix_seconds");
  EXPECT_EQ(NumbersAs("ts", {"1767225600", "0"}), "long") << "0 is no time after 1990";
  EXPECT_EQ(NumbersAs("ts", {"1767225600", "1767225600000"}), "long") << "two units";
  EXPECT_EQ(NumbersAs("order_id", {"1767225600000"}), "long") << "the name says nothing of a time";
  EXPECT_EQ(NumbersAs("latency_ms", {"12", "30"}), "long");
  EXPECT_EQ(NumbersAs("created_us", {"1767225600000"}), "long") << "name and range disagree";
  EXPECT_EQ(NumbersAs("lat", {"1767225600"}), "long") << "a word that only ends in 'at'";
}

TEST(InferNumbers, SayWhatTheyCouldBeInstead) {
  Sample sample;
  sample.Message().Number("created_at", "1767225600000").Number("at", "5").Number("n", "1767225600000");
  EXPECT_THAT(sample.Report("/created_at").why,
              HasSubstr("unix_millis from 2026-01-01 to 2026-01-01; long if they are no times"));
  EXPECT_TRUE(sample.Report("/created_at").look);
  EXPECT_THAT(sample.Report("/at").why, HasSubstr("the name says a time"));
  EXPECT_TRUE(sample.Report("/at").look);
  EXPECT_THAT(sample.Report("/n").why, HasSubstr("would also be unix_millis"));
  EXPECT_FALSE(sample.Report("/n").look);
}

TEST(InferTexts, AreTypedOnlyWhenAllFit) {
  EXPECT_EQ(TextsAs({"2026-01-31", "1969-12-31"}), "date");
  EXPECT_EQ(TextsAs({"2026-01-31T08:00:00Z", "2026-01-31 08:00:00.5+01:00"}), "timestamptz");
  EXPECT_EQ(TextsAs({"2026-01-31T08:00:00"}), "timestamp");
  EXPECT_EQ(TextsAs({"08:00", "23:59:59.999"}), "time");
  EXPECT_EQ(TextsAs({"00112233-4455-6677-8899-AABBCCDDEEFF"}), "uuid");
  EXPECT_EQ(TextsAs({"2026-01-31T08:00:00Z", "2026-01-31T08:00:00"}), "string") << "with and without a zone";
  EXPECT_EQ(TextsAs({"2026-01-31", "2026-02-30"}), "string") << "a day that the calendar does not have";
  EXPECT_EQ(TextsAs({"2026-01-31", ""}), "string");
  EXPECT_EQ(TextsAs({"12.5"}), "string") << "a text that is a number stays a text";
}

TEST(InferTexts, SayHowManyWouldFit) {
  Sample sample;
  sample.Message().Text("d", "2026-01-31").Message().Text("d", "n/a");
  EXPECT_THAT(sample.Report("/d").why, HasSubstr("1 of 2 texts are dates"));
}

TEST(InferConflicts, OfScalarsBecomeText) {
  Sample sample;
  sample.Message().Number("a", "1").Boolean("b").Message().Text("a", "x").Number("b", "1.5");
  EXPECT_EQ(sample.TypeOf("a"), "string/text");
  EXPECT_EQ(sample.TypeOf("b"), "string/text");
}

TEST(InferConflicts, WithObjectsOrArraysBecomeJson) {
  Sample sample;
  sample.Message().Number("a", "1").Message();
  ++sample.Member("a").objects;
  sample.Message();
  ++sample.Member("b").objects;
  sample.Message();
  ++sample.Member("b").arrays;
  EXPECT_EQ(sample.TypeOf("a"), "string/json");
  EXPECT_EQ(sample.TypeOf("b"), "string/json");
}

TEST(InferNothing, IsLeftOutUnlessADefaultTypeFillsIt) {
  Sample sample;
  sample.Message().Null("n").Number("id", "1");
  ++sample.Member("l").arrays;
  ++sample.Member("o").objects;
  EXPECT_EQ(sample.TypeOf("n") + sample.TypeOf("l") + sample.TypeOf("o"), "");
  EXPECT_EQ(sample.Report("/n").why, "nothing but null: left out");
  EXPECT_EQ(sample.Report("/n").type, "");
  EXPECT_TRUE(sample.Report("/n").look);

  const InferenceOptions filled{.default_type = Type::Primitive(TypeId::kString)};
  EXPECT_EQ(sample.TypeOf("n", filled), "string/text");
  EXPECT_EQ(sample.TypeOf("l", filled), "list<string>");
  EXPECT_EQ(sample.TypeOf("o", filled), "string/json");
}

TEST(InferNames, AreAlwaysThoseThatATableCanHave) {
  Sample sample;
  sample.Message();
  for (const char* key : {"Id", "id", "id_2", "ID", "", "kafka_offset", "unnamed_2", "a/b~c", "ü ñ"}) {
    sample.Number(key, "1");
  }
  const Inference inference = InferMapping(sample.observer().root());
  EXPECT_OK(ValidateMapping(inference.mapping));
  std::vector<std::string> columns;
  for (const ColumnMapping& column : inference.mapping.columns) {
    columns.push_back(fmt::format("{} <- {}", column.name, PathToPointer(column.path)));
  }
  EXPECT_THAT(columns, testing::ElementsAre("Id <- /Id", "id_3 <- /id", "id_2 <- /id_2", "ID_4 <- /ID",
                                            "unnamed_3 <- /", "kafka_offset_2 <- /kafka_offset",
                                            "unnamed_2 <- /unnamed_2", "a/b~c <- /a~1b~0c", "ü ñ <- /ü ñ"));
}

TEST(InferSample, OfMessagesThatAreNoObjectsIsOneColumn) {
  Sample sample;
  sample.observer().root().AddText("2026-01-31");
  const Inference inference = InferMapping(sample.observer().root());
  EXPECT_OK(ValidateMapping(inference.mapping));
  ASSERT_EQ(inference.mapping.columns.size(), 1U);
  EXPECT_EQ(inference.mapping.columns[0].name, "message");
  EXPECT_THAT(inference.mapping.columns[0].path, IsEmpty());
  EXPECT_EQ(ToString(inference.mapping.columns[0].value.type), "date");
}

TEST(InferSample, CountsMessagesThatAreNoObjectsApart) {
  Sample sample;
  sample.Message().Number("id", "1");
  sample.observer().root().AddText("not an object");
  EXPECT_EQ(sample.TypeOf("id"), "long");
  EXPECT_THAT(InferMapping(sample.observer().root()).notes,
              testing::ElementsAre(HasSubstr("1 of 2 messages are no objects")));
}

TEST(InferSample, OfNothingIsNothing) {
  EXPECT_EQ(InferMapping(Observed()), Inference());
}

}  // namespace
}  // namespace frazil
