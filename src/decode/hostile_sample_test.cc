// Samples that are made to hurt: inference answers in time and memory that its limits allow, and the same for
// any order of the messages. What is not linear would run for hours here.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/result_matchers.h"
#include "decode/decode_testing.h"
#include "decode/json_observer.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

std::string Times(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// One message of some kind, of about `size` bytes. All begin alike, so that they meet at the same places.
std::string Hostile(std::mt19937& random, std::size_t size) {
  const std::string good = fmt::format(R"({{"id":{},"o":{{"a":1}}}})", random() % 100);
  const std::string begin = R"({"id":1,"o":)";
  const std::string digits = Times("7", size);
  switch (random() % 24) {
    case 0:
      return begin + Times("[", size);
    case 1:
      return begin + Times(R"({"a":)", size / 5);
    case 2:
      return begin + Times(R"({"a":)", 100) + "1" + Times("}", 101);
    case 3:
      return begin + digits + "}";
    case 4:
      return begin + "0." + digits + "}";
    case 5:
      return begin + "1e" + digits + "}";
    case 6:
      return begin + "-" + digits + "e-" + digits + "}";
    case 7:
      return begin + R"({"a":1,"a":"x","a":[2]}})";
    case 8:
      return R"({"id":1,"id":"x"})";
    case 9:
      return begin + "\"\xff\"}";
    case 10:
      return begin + std::string("\"\0\"}", 4);
    case 11:
      return "\xef\xbb\xbf" + good;
    case 12:
      return good + "x";
    case 13:
      return good + "\n" + good;
    case 14:
      return good + std::string(3, '\0');
    case 15:
      return begin + "\"" + Times("\\u00e9", size / 6) + "\"}";
    case 16:
      return fmt::format(R"({{"{}":1,"id":2}})", Times("k", size));
    case 17: {
      std::string many = "{\"id\":1";
      for (std::size_t i = 0; i < size / 16; ++i) many += fmt::format(",\"k{}\":{}", random() % 100'000, i);
      return many + "}";
    }
    case 18: {
      std::string tree = "{\"x\":1";
      for (std::size_t i = 0; i < size / 32; ++i)
        tree += fmt::format(",\"{}\":{{\"{}\":[{{}}]}}", i, random() % 9);
      return begin + tree + "}}";
    }
    case 19:
      return begin + "[" + Times("[],", size / 3) + "{}]}";
    case 20:
      return digits;
    case 21:
      return "";
    case 22:
      return "null";
    default:
      return good;
  }
}

Inference Infer(const std::vector<std::string>& values) {
  const Messages messages(values);
  std::vector<std::string_view> views;
  for (const Record& record : messages.batch.records) views.push_back(*record.value);
  return InferFromMessages(views);
}

TEST(HostileSample, TheAnswerIsTheSameInAnyOrderAndWithinTheLimits) {
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> values;
    for (int i = 0; i < 30; ++i) values.push_back(Hostile(random, 200 + random() % 5'000));
    const Inference first = Infer(values);
    std::ranges::shuffle(values, random);
    EXPECT_EQ(Infer(values), first) << "round " << round;
    if (!first.mapping.columns.empty()) EXPECT_OK(ValidateMapping(first.mapping));
    EXPECT_THAT(first.paths, SizeIs(Le(kMaxObservedPlaces + 1)));
    for (const InferredPath& path : first.paths) {
      for (const std::string& example : path.examples) EXPECT_LE(example.size(), kMaxExampleBytes + 10);
    }
  }
}

// Whatever the mapping is: each message is a row or an error, and those that are good JSON with one value a
// key are rows.
TEST(HostileSample, WhatIsProposedTakesTheGoodMessages) {
  std::mt19937 random(2);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> values = {R"({"id":7,"o":{"a":1}})", R"({"id":8})"};
    for (int i = 0; i < 20; ++i) values.push_back(Hostile(random, 200 + random() % 3'000));
    DecoderFixture fixture(Infer(values).mapping);
    const Messages messages(values);
    EXPECT_EQ(fixture.Decode(messages), values.size());
    EXPECT_EQ(fixture.counts.rows + fixture.counts.errors, static_cast<std::int64_t>(values.size()));
    EXPECT_GE(fixture.counts.rows, 2) << "round " << round << ": " << fixture.LastError();
  }
}

TEST(HostileSample, MuchOfEachKindIsLookedAtOnce) {
  std::mt19937 random(3);
  std::vector<std::string> values;
  for (int i = 0; i < 50; ++i) values.push_back(Hostile(random, 200'000));
  const Inference inference = Infer(values);
  EXPECT_THAT(inference.paths, SizeIs(Le(kMaxObservedPlaces + 1)));
  EXPECT_THAT(fmt::format("{}", fmt::join(inference.notes, "; ")), HasSubstr("are no JSON"));
}

}  // namespace
}  // namespace frazil
