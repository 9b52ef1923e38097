// Inference from JSON messages: shapes, limits, the order of the messages, and golden proposals of whole
// topics.
#include "decode/json_observer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/result_matchers.h"
#include "decode/decode_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Inference Infer(const std::vector<std::string>& values, const InferenceOptions& options = {}) {
  const Messages messages(values);
  std::vector<std::string_view> views;
  for (const Record& record : messages.batch.records) views.push_back(*record.value);
  Inference inference = InferFromMessages(views, options);
  if (!inference.mapping.columns.empty()) EXPECT_OK(ValidateMapping(inference.mapping));
  return inference;
}

void Rules(const ValueMapping& value, const std::string& place, std::vector<std::string>& rules) {
  if (value.parse != Parse::kDefault) rules.push_back(place + ": " + ToString(value.parse, value.pattern));
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    Rules(value.children[i], place + "." + value.type.children[i].name, rules);
  }
}

// "name: type", behind it the parse rules at any depth.
std::vector<std::string> ColumnsOf(const Inference& inference) {
  std::vector<std::string> columns;
  for (const ColumnMapping& column : inference.mapping.columns) {
    std::vector<std::string> rules;
    Rules(column.value, column.name, rules);
    columns.push_back(fmt::format("{}: {}{}", column.name, ToString(column.value.type),
                                  rules.empty() ? "" : fmt::format(" [{}]", fmt::join(rules, ", "))));
  }
  return columns;
}

std::string WhyOf(const Inference& inference, std::string_view path) {
  for (const InferredPath& report : inference.paths) {
    if (report.path == path) return report.why;
  }
  return "nothing is said of it";
}

TEST(JsonInference, FindsObjectsAndArrays) {
  const Inference inference = Infer({R"({"id":1,"lines":[{"q":1,"p":2.5},{"q":2}],"at":{"x":1}})",
                                     R"({"id":2,"lines":[],"at":{"y":["a",null]},"late":true})"});
  EXPECT_THAT(ColumnsOf(inference), ElementsAre("id: long", "lines: list<struct<q: long, p: double>>",
                                                "at: struct<x: long, y: list<string>>", "late: boolean"));
  const auto quantity = std::ranges::find(inference.paths, "/lines/*/p", &InferredPath::path);
  ASSERT_NE(quantity, inference.paths.end());
  EXPECT_EQ(quantity->column, "lines.element.p");
  EXPECT_EQ(quantity->held, 1);
  EXPECT_EQ(quantity->of, 2);
  EXPECT_THAT(quantity->examples, ElementsAre("2.5"));
}

TEST(JsonInference, ConflictsWithinNestedValuesStayThere) {
  EXPECT_THAT(
      ColumnsOf(Infer({R"({"a":[1,"x"],"b":[1,[2]],"c":{"d":{}},"e":{"f":1}})", R"({"c":{"d":7},"e":[]})"})),
      ElementsAre("a: list<string> [a.element: text]", "b: list<string> [b.element: json]",
                  "c: struct<d: string> [c.d: json]", "e: string [e: json]"));
}

TEST(JsonInference, MembersWithoutATypeAreLeftOutOfTheirStruct) {
  const Inference inference = Infer({R"({"a":{"x":1,"n":null},"b":{"n":null},"c":[null]})"});
  EXPECT_THAT(ColumnsOf(inference), ElementsAre("a: struct<x: long>"));
  EXPECT_THAT(WhyOf(inference, "/a/n"), HasSubstr("left out"));
  EXPECT_THAT(WhyOf(inference, "/b"), HasSubstr("left out"));
  EXPECT_THAT(WhyOf(inference, "/c"), HasSubstr("left out"));
  EXPECT_THAT(ColumnsOf(Infer({R"({"a":{"x":1,"n":null},"c":[null]})"},
                              {.default_type = Type::Primitive(TypeId::kLong)})),
              ElementsAre("a: struct<x: long, n: long>", "c: list<long>"));
}

TEST(JsonInference, NamesThatNoStructCanHaveKeepTheObjectAsJson) {
  EXPECT_THAT(ColumnsOf(Infer({R"({"a":{"X":1,"x":2},"b":{"":1},"c":{"kafka_offset":1}})"})),
              ElementsAre("a: string [a: json]", "b: string [b: json]", "c: struct<kafka_offset: long>"));
}

TEST(JsonInference, KeysThatAreIdsMakeAMap) {
  EXPECT_THAT(
      ColumnsOf(Infer({R"({"stock":{"1004":2,"1007":0},"n":1})", R"({"stock":{"2001":{"left":5}}})"})),
      ElementsAre("stock: map<string, string> [stock.value: json]", "n: long"));
  EXPECT_THAT(ColumnsOf(Infer({R"({"by_user":{"00112233-4455-6677-8899-aabbccddeeff":{"at":1}},"n":1})"})),
              ElementsAre("by_user: map<string, struct<at: long>>", "n: long"));
}

TEST(JsonInference, ManyKeysOfWhichEachObjectHasFewMakeAMap) {
  std::vector<std::string> sparse;
  std::vector<std::string> dense;
  for (int i = 0; i < 60; ++i) {
    sparse.push_back(fmt::format(R"({{"tags":{{"k{}":{}}}}})", i, i));
    std::string wide = R"({"tags":{)";
    for (int k = 0; k < 60; ++k) wide += fmt::format(R"("k{}":{}{})", k, k, k == 59 ? "" : ",");
    dense.push_back(wide + "}}");
  }
  EXPECT_THAT(ColumnsOf(Infer(sparse)), ElementsAre("tags: map<string, long>"));
  EXPECT_THAT(ColumnsOf(Infer(dense)), ElementsAre(testing::StartsWith("tags: struct<k0: long, k1: long,")));
}

TEST(JsonInference, WhatIsNoJsonIsNotedAndNotCounted) {
  const Inference inference = Infer({R"({"a":1})", R"({"a":"x)", R"({"a":"x"} {})", "", "\xff"});
  EXPECT_THAT(ColumnsOf(inference), ElementsAre("a: long"));
  EXPECT_THAT(inference.notes, ElementsAre(HasSubstr("4 of 5 messages are no JSON")));
}

// The reader refuses such messages where a column reads the key.
TEST(JsonInference, AKeyThatStandsTwiceInAnObjectCountsOnceAndIsNoted) {
  const Inference inference = Infer(
      {R"({"a":1,"a":"x","a":[2]})", R"({"a":2,"l":[{"b":1},{"b":2,"b":null}]})", R"({"l":[{"b":3}]})"});
  EXPECT_THAT(ColumnsOf(inference), ElementsAre("a: long", "l: list<struct<b: long>>"));
  for (const auto& [path, held, of] : {std::tuple("/a", 2, 3), {"/l/*/b", 3, 3}}) {
    const auto seen = std::ranges::find(inference.paths, path, &InferredPath::path);
    ASSERT_NE(seen, inference.paths.end()) << path;
    EXPECT_EQ(seen->held, held) << path;
    EXPECT_EQ(seen->of, of) << path;
  }
  EXPECT_THAT(inference.notes, ElementsAre(HasSubstr("2 of 3 messages have a key twice in one object")));
}

// --- Limits ----------------------------------------------------------------------------------------

TEST(JsonInferenceLimits, DeepValuesAreKeptAsJson) {
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = fmt::format(R"({{"d":{}}})", deep);
  const Inference inference = Infer({deep});
  EXPECT_LE(inference.paths.size(), static_cast<std::size_t>(kMaxObservedDepth));
  EXPECT_THAT(inference.paths.back().why, HasSubstr("deeper than 16"));
  EXPECT_EQ(inference.paths.back().parse, "json");
}

TEST(JsonInferenceLimits, TooManyKeysOfOneObjectAreTakenTogether) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i <= kMaxObservedMembers; ++i)
    values.push_back(fmt::format(R"({{"o":{{"k{}":{}}}}})", i, i));
  EXPECT_THAT(ColumnsOf(Infer(values)), ElementsAre("o: map<string, long>"));
  for (std::string& value : values) value = value.substr(5, value.size() - 6);
  EXPECT_THAT(ColumnsOf(Infer(values)), ElementsAre("message: map<string, long>"));
}

TEST(JsonInferenceLimits, ManyPathsLongKeysAndLongTextsAreCut) {
  std::vector<std::string> values;
  for (int i = 0; i < 40; ++i) {
    std::string wide = fmt::format(R"({{"o{}":{{)", i);
    for (int k = 0; k < 1'000; ++k) wide += fmt::format(R"("k{}":1,)", k);
    values.push_back(wide + R"("last":1}})");
  }
  values.push_back(
      fmt::format(R"({{"{}":1,"text":"{}"}})", std::string(100'000, 'k'), std::string(100'000, 't')));
  const Inference inference = Infer(values);
  EXPECT_LE(inference.paths.size(), kMaxObservedPlaces);
  EXPECT_THAT(inference.notes, ElementsAre(HasSubstr("were not looked at")));
  for (const InferredPath& path : inference.paths) {
    for (const std::string& example : path.examples) EXPECT_LT(example.size(), 60U);
  }
}

// --- Order -----------------------------------------------------------------------------------------

// Any JSON, a little of everything; what hostile samples are made of.
std::string RandomJson(std::mt19937& random, int depth) {
  const auto pick = [&](unsigned n) { return static_cast<int>(random() % n); };
  switch (pick(depth > 3 ? 7 : 10)) {
    case 0:
      return "null";
    case 1:
      return pick(2) == 0 ? "true" : "false";
    case 2:
      return fmt::format("{}", pick(1000));
    case 3:
      return fmt::format("{}.5", pick(1000));
    case 4:
      return fmt::format("{}", 1'767'225'600'000 + pick(1000));
    case 5:
      return fmt::format("\"2026-01-{:02}\"", 1 + pick(28));
    case 6:
      return fmt::format("\"{}\"", pick(100));
    case 7: {
      std::string array = "[";
      for (int i = pick(3); i > 0; --i) array += RandomJson(random, depth + 1) + (i > 1 ? "," : "");
      return array + "]";
    }
    default: {
      std::string object = "{";
      for (int i = pick(5); i > 0; --i) {
        object +=
            fmt::format("\"k{}\":{}{}", i * 10 + pick(10), RandomJson(random, depth + 1), i > 1 ? "," : "");
      }
      return object + "}";
    }
  }
}

TEST(JsonInferenceOrder, OfTheMessagesDoesNotMatter) {
  std::mt19937 random(20'261'126);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> values;
    for (int i = 0; i < 60; ++i) values.push_back(RandomJson(random, 0));
    const Inference first = Infer(values);
    std::ranges::shuffle(values, random);
    EXPECT_EQ(Infer(values), first) << "round " << round;
  }
}

TEST(JsonInferenceOrder, PartsOfASampleMergeToTheWhole) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Observer whole;
    std::vector<Observer> parts(4);
    for (int i = 0; i < 60; ++i) {
      const Messages message({RandomJson(random, 0)});
      EXPECT_TRUE(JsonObserver(whole).Observe(*message.batch.records[0].value));
      EXPECT_TRUE(JsonObserver(parts[random() % 4]).Observe(*message.batch.records[0].value));
    }
    std::ranges::shuffle(parts, random);
    Observed left;  // ((a + b) + c) + d
    for (const Observer& part : parts) left.Merge(part.root());
    Observed right;  // (d + c) + (b + a)
    Observed pair;
    pair.Merge(parts[1].root());
    pair.Merge(parts[0].root());
    right.Merge(parts[3].root());
    right.Merge(parts[2].root());
    right.Merge(pair);
    EXPECT_EQ(InferMapping(left), InferMapping(whole.root())) << "round " << round;
    EXPECT_EQ(InferMapping(right), InferMapping(whole.root())) << "round " << round;
  }
}

// What is proposed for a sample reads all of that sample.
TEST(JsonInferenceOrder, TheProposalReadsWhatItWasMadeFrom) {
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> values;
    for (int i = 0; i < 40; ++i) {
      std::string value = RandomJson(random, 0);
      if (value.starts_with('{')) values.push_back(std::move(value));
    }
    const Inference inference = Infer(values);
    if (inference.mapping.columns.empty()) continue;
    DecoderFixture fixture(inference.mapping);
    const Messages messages(values);
    fixture.Decode(messages);
    EXPECT_EQ(fixture.counts.rows, static_cast<std::int64_t>(values.size()))
        << "round " << round << ": " << (fixture.errors.rows() > 0 ? fixture.LastError() : "");
  }
}

// --- Golden ----------------------------------------------------------------------------------------

TEST(JsonInferenceGolden, Orders) {
  EXPECT_THAT(
      ColumnsOf(Infer(
          {R"({"id":90001,"shop":"Bella","ts":1767225600123,"name":"Ada","phone":"+49 30 1","address":{"street":"A 1","zip":"10115"},"order_lines":[{"product_id":1,"quantity":2,"unit_price":9.5}],"paid":true,"note":null})",
           R"({"id":90002,"shop":"Roma","ts":1767225601456,"name":"Bo","address":{"street":"B 2","zip":"10117","floor":3},"order_lines":[{"product_id":7,"quantity":1,"unit_price":12}],"paid":false,"note":null})"})),
      ElementsAre("id: long", "shop: string", "ts: timestamptz [ts: unix_millis]", "name: string",
                  "phone: string", "address: struct<street: string, zip: string, floor: long>",
                  "order_lines: list<struct<product_id: long, quantity: long, unit_price: double>>",
                  "paid: boolean"));
}

TEST(JsonInferenceGolden, ChangesOfADatabase) {
  EXPECT_THAT(
      ColumnsOf(Infer(
          {R"({"before":null,"after":{"id":1,"email":"a@b.c","created":"2026-01-01T00:00:00Z"},"source":{"db":"shop","lsn":24023128},"op":"c","ts_ms":1767225600000})",
           R"({"before":{"id":1,"email":"a@b.c","created":"2026-01-01T00:00:00Z"},"after":null,"source":{"db":"shop","lsn":24023129},"op":"d","ts_ms":1767225600500})"})),
      ElementsAre("before: struct<id: long, email: string, created: timestamptz>",
                  "after: struct<id: long, email: string, created: timestamptz>",
                  "source: struct<db: string, lsn: long>", "op: string",
                  "ts_ms: timestamptz [ts_ms: unix_millis]"));
}

TEST(JsonInferenceGolden, LinesOfALog) {
  EXPECT_THAT(
      ColumnsOf(Infer(
          {R"({"@timestamp":"2026-01-01T10:00:00.123Z","level":"INFO","trace":"00112233-4455-6677-8899-aabbccddeeff","ctx":{"status":200,"took":0.25},"labels":{"app":"a"}})",
           R"({"@timestamp":"2026-01-01T10:00:01Z","level":"WARN","trace":"10112233-4455-6677-8899-aabbccddeeff","ctx":{"status":"n/a","took":1},"labels":{"app":"b","zone":"1"}})",
           R"({"@timestamp":"2026-01-01T10:00:02Z","level":"WARN","trace":"10112233-4455-6677-8899-aabbccddeeff","ctx":{"status":404,"took":1},"args":[1,"x",null]})"})),
      ElementsAre("@timestamp: timestamptz", "level: string", "trace: uuid",
                  "ctx: struct<status: string, took: double> [ctx.status: text]",
                  "args: list<string> [args.element: text]", "labels: struct<app: string, zone: string>"));
}

TEST(JsonInferenceGolden, Readings) {
  EXPECT_THAT(
      ColumnsOf(Infer(
          {R"({"sensor":"a-1","value":21.5,"day":"2026-01-01","at":"08:30","serial":18446744073709551615})",
           R"({"sensor":"a-2","value":-3,"day":"2026-01-02","at":"08:31","serial":3})"})),
      ElementsAre("sensor: string", "value: double", "day: date", "at: time", "serial: decimal(38,0)"));
}

}  // namespace
}  // namespace frazil
