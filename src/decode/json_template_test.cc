#include <gtest/gtest.h>

#include <random>
#include <set>

#include "decode/decode_testing.h"
#include "decode/json_template_testing.h"

namespace frazil {
namespace {

Mapping Orders() {
  return Plain({Required(ColumnOf("id", "long")), ColumnOf("name", "string"), ColumnOf("price", "double"),
                ColumnOf("at", "timestamptz"), From("/to/city", ColumnOf("city", "string")),
                From("/to/zip", ColumnOf("zip", "int")), ColumnOf("paid", "boolean")});
}

const std::string kOrder =
    R"({"id":17,"name":"Margherita","price":8.50,"at":"2026-01-31T12:00:00.123Z","note":[1,{"a":"\n"}],)"
    R"("to":{"city":"Napoli","zip":80100},"paid":true})";

std::string With(std::string text, std::string_view old_piece, std::string_view new_piece) {
  const auto at = text.find(old_piece);
  EXPECT_NE(at, std::string::npos) << old_piece;
  return text.replace(at, old_piece.size(), new_piece);
}

// Whether templates read the message once they know kOrder.
bool IsReadLikeOrder(std::string_view message) {
  AllReaders readers(Orders());
  EXPECT_FALSE(readers.Read(kOrder));
  EXPECT_TRUE(readers.Read(kOrder));
  return readers.Read(message);
}

TEST(JsonTemplateTest, OtherValuesInTheSameOrderAreRead) {
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, "8.50", "-1e3")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, "17", "-9223372036854775808")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, "Margherita", R"(Pizza \ud83c\udf55 with \"everything\" on it)")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, "Napoli", "Zürich")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, "true", "null")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, R"([1,{"a":"\n"}])", R"({ "b" : [ ] , "c" : -0.5e+1 })")));
}

TEST(JsonTemplateTest, MembersMayBeMissingWhereNoColumnNeedsThem) {
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, R"("name":"Margherita",)", "")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, R"(,"price":8.50,"at":"2026-01-31T12:00:00.123Z")", "")));
  EXPECT_TRUE(IsReadLikeOrder(With(kOrder, R"(,"zip":80100)", "")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"("id":17,)", "")));
}

TEST(JsonTemplateTest, WhatLooksLikeAMissingMemberInAnotherObjectIsNone) {
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"(,"paid":true)", "")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"("to":{"city":"Napoli","zip":80100},)", "")));
  EXPECT_FALSE(
      IsReadLikeOrder(With(kOrder, R"(,"note":[1,{"a":"\n"}],"to":{"city":"Napoli","zip":80100})", "}")));
}

TEST(JsonTemplateTest, SurprisesAreLeftToTheOtherReader) {
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"("id":17,)", R"("id":17,"id":18,)")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"("name")", R"("n\u0061me")")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, "Napoli", "Z\xfcrich")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, "Margherita", "Margherita\n")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, "8.50", "8.5.0")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, "80100", "3000000000")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"("\n")", R"("\q")")));
  EXPECT_FALSE(IsReadLikeOrder(With(kOrder, R"({"a":"\n"})", R"({"a":"\n",})")));
  EXPECT_FALSE(IsReadLikeOrder(kOrder + "}"));
}

TEST(JsonTemplateTest, NestingIsLimitedAsElsewhere) {
  const auto nested = [](std::size_t depth) {
    return With(kOrder, R"([1,{"a":"\n"}])", std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_TRUE(IsReadLikeOrder(nested(kMaxJsonDepth - 1)));
  EXPECT_FALSE(IsReadLikeOrder(nested(kMaxJsonDepth)));
}

TEST(JsonTemplateTest, SeveralShapesAreKnownAtATime) {
  const std::vector<std::string> shapes = {kOrder, R"({"id": 1, "paid": false})", R"({ "name":"x","id":2})",
                                           "{\"id\":3}\n"};
  AllReaders readers(Orders());
  for (const auto& shape : shapes) EXPECT_FALSE(readers.Read(shape));
  for (int i = 0; i < 3; ++i) {
    for (const auto& shape : shapes) EXPECT_TRUE(readers.Read(shape)) << shape;
  }
}

TEST(JsonTemplateTest, MessagesThatNeverRepeatAreSoonLeftAloneAndLookedAtAgainLater) {
  AllReaders readers(Plain({ColumnOf("id", "long")}));
  for (int i = 0; i < 600; ++i) EXPECT_FALSE(readers.Read(fmt::format(R"({{"k{}":1,"id":2}})", i)));
  int left = 0;
  while (!readers.Read(R"({"id":2})")) ++left;
  EXPECT_GT(left, 1'000);
  EXPECT_LT(left, 100'000);
  EXPECT_TRUE(readers.Read(R"({"id":3})"));
}

TEST(JsonTemplateTest, ColumnsThatShareAPlaceAndArrayIndexesAreNotForTemplates) {
  const auto takes = [](const Mapping& mapping) { return TakesTemplates(JsonPlan(mapping)); };
  EXPECT_TRUE(takes(Orders()));
  EXPECT_FALSE(takes(Plain({ColumnOf("a", "int"), From("/a", ColumnOf("b", "string", "text"))})));
  EXPECT_FALSE(takes(Plain({From("", ColumnOf("all", "string", "json"))})));
  EXPECT_FALSE(
      takes(Plain({From("/a", ColumnOf("a", "string", "json")), From("/a/b", ColumnOf("b", "int"))})));
  EXPECT_TRUE(takes(Plain({Default("1", ColumnOf("a", "int"))})));
  Mapping collected = Plain({ColumnOf("a", "int")});
  collected.unmapped = Unmapped::kCollect;
  EXPECT_TRUE(takes(collected));
  AllReaders readers(Plain({From("/a/0", ColumnOf("first", "int"))}));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(readers.Read(R"({"a":[5]})"));
}

Mapping WithoutUnmapped(Unmapped unmapped) {
  Mapping mapping = Plain({ColumnOf("a", "int"), From("/o/b", ColumnOf("b", "string")),
                           From("/o/p/q", ColumnOf("q", "int")), ColumnOf("l", "list<struct<c: int>>")});
  mapping.unmapped = unmapped;
  return mapping;
}

TEST(JsonTemplateTest, WhatNoColumnReadsIsRejectedByTheOtherReader) {
  AllReaders readers(WithoutUnmapped(Unmapped::kReject));
  readers.Read(R"({"a":1,"o":{"b":"c"},"l":[{"c":1}]})");
  EXPECT_TRUE(readers.Read(R"({"a":2,"o":{"b":"d"},"l":[]})"));
  for (const char* message :
       {R"({"a":2,"o":{"b":"d","e":1},"l":[]})", R"({"a":2,"o":{"b":"d"},"l":[],"y":0})",
        R"({"a":2,"o":{"b":"d"},"l":[{"c":1,"d":2}]})"}) {
    EXPECT_FALSE(readers.Read(message));
    EXPECT_FALSE(readers.ReadByKeys(message));
  }
}

// AllReaders compares the column of what is collected, too.
TEST(JsonTemplateTest, WhatNoColumnReadsIsCollectedFromWhereItStands) {
  AllReaders readers(WithoutUnmapped(Unmapped::kCollect));
  readers.Read(R"({"y":0,"a":1,"o":{"b":"c","x":1,"p":{"q":1,"r":"s"},"z":[]},"l":[],"t":"u"})");
  EXPECT_TRUE(readers.Read(
      R"({"y":[1 , 2],"a":1,"o":{"b":"c","x":{ },"p":{"q":1,"r":"\n"},"z":"é"},"l":[],"t":-0.5e1})"));
  EXPECT_TRUE(
      readers.Read(R"({"y":1,"o":{"b":null,"x":1,"p":{"q":null,"r":"s"},"z":[]},"l":[{"c":1}],"t":"u"})"));
  EXPECT_FALSE(readers.Read(R"({"y":1,"a":1,"o":{"b":"c","p":{"q":1,"r":"s"},"z":[]},"l":[],"t":"u"})"));
  EXPECT_TRUE(readers.Read(R"({"y":1,"a":1,"o":{"b":"d","p":{"q":1,"r":"s"},"z":[]},"l":[],"t":"u"})"));
  readers.Read(R"({"a":1,"o":{"p":{"r":{}}}})");
  EXPECT_TRUE(readers.Read(R"({"a":1,"o":{"p":{"r":{}}}})"));
  EXPECT_TRUE(readers.ReadByKeys(R"({"o":{"p":{"r":{},"q":1},"b":"x","e":[ ]},"w":"\"","a":1,"w":null})"));
  EXPECT_TRUE(readers.ReadByKeys(R"({"o":{"p":{"q":1},"b":"x"}})"));
  for (const char* message : {R"({"a":1,"l":[{"c":1,"d":2}]})", R"({"a":1,"w":1)", R"({"\u0077":1})"}) {
    EXPECT_FALSE(readers.Read(message));
    EXPECT_FALSE(readers.ReadByKeys(message)) << message;
  }
}

TEST(JsonTemplateTest, WhatIsMissingHasItsDefault) {
  Mapping mapping =
      Plain({ColumnOf("a", "int"), Default("7", Required(ColumnOf("b", "long"))),
             ColumnOf("s", "struct<x: int, y: string>"), Default("\"-\"", ColumnOf("c", "string"))});
  mapping.columns[2].value.children[1].default_json = "\"none\"";
  AllReaders readers(mapping);
  readers.Read(R"({"a":1,"b":2,"s":{"x":1,"y":"z"},"c":"d"})");
  EXPECT_TRUE(readers.Read(R"({"a":1,"s":{"x":1},"c":"d"})"));
  EXPECT_TRUE(readers.Read(R"({"a":1,"b":2,"s":{}})"));
  EXPECT_TRUE(readers.Read(R"({"a":1,"b":2,"c":null})"));
  EXPECT_FALSE(readers.Read(R"({"a":1,"b":null,"c":null})"));
}

// Whatever stands in the bytes behind a message, or was cut off, and whichever byte is wrong: all readers
// agree.
TEST(JsonTemplateTest, MessagesCutAndChangedAtEachByteAreReadAlike) {
  AllReaders readers(Orders());
  readers.Read(kOrder);
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    readers.Read(kOrder.substr(0, i));
    EXPECT_TRUE(readers.Read(kOrder));
    for (const char c : std::string_view("\"\\{}[],: 0e\x01\xc3")) {
      std::string changed = kOrder;
      changed[i] = c;
      readers.Read(changed);
      readers.Read(kOrder.substr(0, i) + c + kOrder.substr(i));
      EXPECT_TRUE(readers.Read(kOrder));
    }
  }
}

std::string Mutated(std::string message, const std::string& other, std::mt19937_64& random) {
  const std::size_t at = random() % (message.size() + 1);
  switch (random() % 4) {
    case 0:
      return message.substr(0, at);
    case 1:
      return message.substr(0, at) + other.substr(std::min<std::size_t>(at, other.size()));
    case 2:
      return message.insert(at, 1, "\"\\{}[],:1 \n\xc3"[random() % 12]);
    default:
      return message.erase(at, 1 + random() % 4);
  }
}

TEST(JsonTemplateTest, RandomMessagesOfRandomMappingsAreReadAlike) {
  std::mt19937_64 random(20261126);
  int quick = 0;
  int by_keys = 0;
  int total = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Mapping mapping = RandomMapping(seed);
    AllReaders readers(mapping);
    std::string before = "{}";
    for (int i = 0; i < 50; ++i, ++total) {
      const std::string message = MessageFor(mapping, random());
      quick += readers.Read(message) ? 1 : 0;
      by_keys += readers.ReadByKeys(message) ? 1 : 0;
      readers.Read(Mutated(message, before, random));
      before = message;
    }
  }
  EXPECT_GT(quick, total / 5);
  EXPECT_GT(by_keys, total / 4);
}

}  // namespace
}  // namespace frazil
