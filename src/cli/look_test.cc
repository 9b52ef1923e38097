// Looking at messages of a file: nothing else is there, neither a Kafka nor a catalog.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/look_output.h"
#include "cli/program_testing.h"
#include "cli/text_table.h"
#include "spec/spec_testing.h"

namespace frazil {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Look : public Program {
 protected:
  std::string Documents(const std::string& more) { return Write("orders.yaml", DocumentsWith(more)); }
};

constexpr const char* kOrders = R"({"id":1,"ts":1767225600123,"lines":[{"q":1}],"note":null}
{"id":2,"ts":1767225601123,"lines":[{"q":2}],"note":null,"a\nb":"x"}
)";

TEST_F(Look, AnInferredMappingCanBePasted) {
  const std::string input = Write("orders.ndjson", kOrders);
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", input}), 0) << err_;
  EXPECT_EQ(out_,
            "  mapping:\n"
            "    columns:\n"
            "      - {name: id, type: long}\n"
            "      - {name: ts, type: timestamptz, parse: unix_millis}  # by name and range unix_millis from "
            "2026-01-01 to 2026-01-01; long if they are no times\n"
            "      - {name: lines, type: \"list<struct<q: long>>\"}\n"
            "      - {name: \"a\\nb\", type: string}\n"
            "  # /note: nothing but null: left out\n");
  EXPECT_THAT(err_, HasSubstr("lines.element.q"));
  EXPECT_THAT(err_, HasSubstr("2/2"));
  const std::string mapping = out_;

  EXPECT_EQ(Execute({"validate", "-f", Documents(mapping)}), 0) << err_;
}

TEST_F(Look, InferenceAsJsonHasTheMappingAndTheReasons) {
  const std::string input = Write("orders.ndjson", kOrders);
  EXPECT_EQ(
      Execute({"infer", "stream", "orders", "--input", input, "-o", "json", "--default-type", "string"}), 0);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["messages"], 2);
  EXPECT_EQ(json["mapping"]["columns"][3],
            nlohmann::json::parse(R"({"name":"note","type":"string","parse":"text"})"));
  EXPECT_EQ(json["paths"][1]["path"], "/ts");
  EXPECT_EQ(json["paths"][1]["kinds"]["whole numbers"], 2);
  EXPECT_EQ(json["paths"][1]["look"], true);
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(Look, InferenceAsATableIsForPeople) {
  const std::string input = Write("orders.ndjson", kOrders);
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", input, "-o", "table"}), 0);
  EXPECT_THAT(out_, HasSubstr("2 messages of 1 partition\n"));
  EXPECT_THAT(out_, HasSubstr("1767225600123 1767225601123"));
  EXPECT_THAT(out_, Not(HasSubstr("a\nb"))) << "what others wrote breaks no line";
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(Look, WhatCannotBeInferredIsSaid) {
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", Write("bad.ndjson", "{\nnull\n")}), 1);
  EXPECT_THAT(err_, HasSubstr("MAPPING_NOT_INFERRED"));
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", Write("empty.ndjson", "\n\n")}), 1);
  EXPECT_THAT(err_, HasSubstr("INPUT_EMPTY"));
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", folder_ + "/nowhere"}), 1);
  EXPECT_THAT(err_, HasSubstr("INPUT_FILE"));
  EXPECT_EQ(Execute({"infer", "stream", "orders"}), 64);
  EXPECT_THAT(err_, HasSubstr("USAGE_INPUT"));
  EXPECT_EQ(Execute({"infer", "stream", "orders", "--input", "x", "--default-type", "list<int>"}), 64);
}

TEST_F(Look, SamplesAreShownAsTheyAre) {
  const std::string file = Documents("  mapping: {columns: [{name: id, type: long}]}\n");
  const std::string input = Write("orders.ndjson", kOrders);
  EXPECT_EQ(Execute({"sample", "stream", "orders", "-f", file, "--input", input, "--samples", "1"}), 0)
      << err_;
  EXPECT_THAT(out_, HasSubstr("partition 0 offset 0  no time  key null\n  {\"id\":1,"));
  EXPECT_THAT(out_, Not(HasSubstr("offset 1")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/catalog.db"));
}

TEST(LookOutput, BytesThatAreNoTextAreHexadecimal) {
  const SampledMessage message{.partition = Partition(3),
                               .offset = Offset(7),
                               .timestamp_ms = 0,
                               .key = std::string("\xff\x00", 2),
                               .value = "esc\x1b[2J",
                               .headers = {{"h", std::nullopt}}};
  EXPECT_EQ(MessageText(message),
            "partition 3 offset 7  1970-01-01T00:00:00.000Z  key 0xff00\n  header h: null\n  esc?[2J");
  EXPECT_EQ(MessageJson(message),
            R"({"partition":3,"offset":7,"timestamp":"1970-01-01T00:00:00.000Z","key":{"hex":"ff00"},)"
            R"("value":"esc\u001b[2J","headers":[{"key":"h","value":null}]})");
}

TEST(LookOutput, ProposalsArePastedAsComments) {
  Inference inference;
  inference.mapping.columns = {
      {.name = "id", .path = {"id"}, .value = {.type = Type::Primitive(TypeId::kLong)}}};
  ColumnMapping key{.name = "key",
                    .path = {},
                    .value = {.type = Type::Primitive(TypeId::kUuid)},
                    .doc = "",
                    .part = MessagePart::kKey};
  inference.proposals = {{.column = key, .why = "all 2 are UUIDs"}};
  EXPECT_EQ(InferenceYaml(inference),
            "  mapping:\n"
            "    columns:\n"
            "      - {name: id, type: long}\n"
            "      # - {name: key, in: key, from: \"\", type: uuid}  # all 2 are UUIDs\n");
  EXPECT_THAT(InferenceText({}, inference),
              HasSubstr("  {name: key, in: key, from: \"\", type: uuid}  (all 2 are UUIDs)\n"));
  EXPECT_THAT(
      InferenceJson("orders", {}, inference),
      HasSubstr(
          R"("proposals":[{"column":{"name":"key","in":"key","from":"","type":"uuid"},"why":"all 2 are UUIDs"}])"));
}

TEST(TextTableTest, AlignsCharactersNotBytes) {
  EXPECT_EQ(TextTable({{"ü", "b"}, {"aaa", "c\n"}}), "ü    b\naaa  c?\n");
  EXPECT_EQ(Shortened("aüb", 2), "a…");
  EXPECT_EQ(Shortened("aüb", 4), "aüb");
}

}  // namespace
}  // namespace frazil
