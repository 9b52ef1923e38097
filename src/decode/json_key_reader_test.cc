#include "decode/json_key_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "decode/decode_testing.h"
#include "decode/json_template_testing.h"

namespace frazil {
namespace {

Mapping Orders() {
  return Plain({Required(ColumnOf("id", "long")), ColumnOf("name", "string"),
                From("/to/city", ColumnOf("city", "string")), Default("1", ColumnOf("count", "int"))});
}

TEST(JsonKeyReaderTest, MembersComeInAnyOrderAmongOthers) {
  AllReaders readers(Orders());
  EXPECT_TRUE(readers.ReadByKeys(R"({"id":17,"name":"Margherita","to":{"city":"Napoli"},"count":2})"));
  EXPECT_TRUE(readers.ReadByKeys(
      R"( { "to" : {"zip":[80100,{}],"city":"Zürich"}, "x":-1e3, "count":2, "name":"\ud83c\udf55", "id":1 } )"));
  EXPECT_TRUE(readers.ReadByKeys(R"({"id":17,"n\u0061me":"x","to":null})"));
}

TEST(JsonKeyReaderTest, SurprisesAreLeftToTheOtherReader) {
  AllReaders readers(Orders());
  for (const char* message :
       {R"({"name":"x"})", R"({"id":1,"id":2})", R"({"id":1,"to":{"city":"x"},"to":{}})", R"({"id":"1"})",
        R"({"id":1,"to":[]})", R"({"id":1}})", R"({"id":1,})", "{\"id\":1,\"name\":\"Z\xfcrich\"}", "null",
        "[]", "", " "}) {
    EXPECT_FALSE(readers.ReadByKeys(message)) << message;
  }
}

TEST(JsonKeyReaderTest, ColumnsMayShareAPlaceAndLieInArrays) {
  AllReaders readers(
      Plain({From("", ColumnOf("all", "string", "json")), From("/a", ColumnOf("a", "string", "json")),
             From("/a/1/b", ColumnOf("b", "int")), From("/a/1", ColumnOf("m", "map<string, int>"))}));
  EXPECT_TRUE(readers.ReadByKeys(R"({"z":{},"a":[7, {"b":5,"c":6} ]})"));
  EXPECT_TRUE(readers.ReadByKeys(R"({"a":{"1":{"b":5}}})"));
  EXPECT_FALSE(readers.ReadByKeys(R"({"a":[0,1]})"));
}

TEST(JsonKeyReaderTest, NestingIsLimitedAsElsewhere) {
  AllReaders readers(Orders());
  const auto nested = [](std::size_t depth) {
    return R"({"id":1,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(readers.ReadByKeys(nested(kMaxJsonDepth - 1)));
  EXPECT_FALSE(readers.ReadByKeys(nested(kMaxJsonDepth)));
}

// Keys of one length with equal ends, and all of lengths up to those that take several words.
TEST(KeyTableTest, FindsEachKeyAndNoOther) {
  KeyTable table;
  std::vector<std::string> keys = {""};
  for (std::size_t size = 1; size < 40; ++size) keys.push_back(std::string(size, 'k'));
  for (int i = 0; i < 500; ++i) keys.push_back(fmt::format("measured_{:03}_of_the_day", i));
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(table.Add(keys[i]), i);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(table.Find(keys[i]), i);
    EXPECT_EQ(table.Add(keys[i]), i);
  }
  for (const char* other : {"K", "kkj", "jkkkkkkkkk", "measured_500_of_the_day", "measured_0000of_the_day"}) {
    EXPECT_EQ(table.Find(std::string(other)), KeyTable::kNone) << other;
  }
  EXPECT_EQ(KeyTable().Find("k"), KeyTable::kNone);
}

}  // namespace
}  // namespace frazil
