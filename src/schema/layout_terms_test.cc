#include "schema/layout_terms.h"

#include <gmock/gmock.h>

#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

Schema Orders() {
  Schema schema;
  const auto add = [&](const char* name, const char* type) {
    schema.fields.push_back(
        {.id = 0, .name = name, .type = ParseType(type).value(), .required = false, .doc = {}});
  };
  add("store_id", "int");
  add("at", "timestamptz");
  add("price", "double");
  add("a.b", "string");
  add("address", "struct<city: string, geo: struct<lat: double>>");
  add("lines", "list<struct<id: int>>");
  add("taken", "date");
  add("taken_day", "int");
  AssignFieldIds(schema);
  return schema;
}

Result<PartitionSpec> Spec(const std::vector<const char*>& texts) {
  std::vector<LayoutTerm> terms;
  for (const char* text : texts) {
    FRAZIL_ASSIGN(terms.emplace_back(), ParseLayoutTerm(text));
  }
  return MakePartitionSpec(terms, Orders());
}

// "name transform" of the one field.
std::string Field(const char* text) {
  const auto spec = Spec({text});
  if (!spec) return spec.error().ToString();
  return spec->fields[0].name + " " + spec->fields[0].transform;
}

TEST(LayoutTermsTest, EveryFormBecomesTheFieldThatJavaWouldName) {
  EXPECT_EQ(Field("store_id"), "store_id identity");
  EXPECT_EQ(Field("bucket(16, store_id)"), "store_id_bucket bucket[16]");
  EXPECT_EQ(Field(" bucket( store_id ,16 ) "), "store_id_bucket bucket[16]");
  EXPECT_EQ(Field("truncate(8, store_id)"), "store_id_trunc truncate[8]");
  EXPECT_EQ(Field("day(at)"), "at_day day");
  EXPECT_EQ(Field("years(at)"), "at_year year");
  EXPECT_EQ(Field("months(at)"), "at_month month");
  EXPECT_EQ(Field("hours(at)"), "at_hour hour");
  EXPECT_EQ(Field("price"), "price identity");
  EXPECT_EQ(Field("address.city"), "address.city identity");
  EXPECT_EQ(Field("truncate(2, a.b)"), "a.b_trunc truncate[2]");
}

TEST(LayoutTermsTest, WhatCannotBeIsRefusedWithItsReason) {
  EXPECT_THAT(Field("stor_id"), HasSubstr("did you mean store_id?"));
  EXPECT_THAT(Field("dayy(at)"), HasSubstr("did you mean day?"));
  EXPECT_THAT(Field("identity(at)"), HasSubstr("the column's name alone"));
  EXPECT_THAT(Field("bucket(store_id)"), HasSubstr("whole number from 1"));
  EXPECT_THAT(Field("bucket(0, store_id)"), HasSubstr("whole number from 1"));
  EXPECT_THAT(Field("bucket(4, price)"), HasSubstr("is a double, which is not taken by bucket[4]"));
  EXPECT_THAT(Field("hour(taken)"), HasSubstr("is a date"));
  EXPECT_THAT(Field("lines"), HasSubstr("cannot be partitioned"));
  EXPECT_THAT(Field("address"), HasSubstr("cannot be partitioned"));
  EXPECT_THAT(Field("lines.element.id"), HasSubstr("lies in a list or a map"));
  EXPECT_THAT(Field("day(taken)"), HasSubstr("the name of a column"));
  EXPECT_THAT(Field("day()"), HasSubstr("names no column"));
  EXPECT_THAT(Field(""), HasSubstr("is missing"));
  EXPECT_THAT(Spec({"bucket(4, store_id)", "bucket(8, store_id)"}), FailsWithCode("LAYOUT_TERM"));
  EXPECT_THAT(Spec({"store_id", "store_id"}), FailsWithCode("LAYOUT_TERM"));
  EXPECT_THAT(Spec({"day(at)", "hour(at)"}), FailsWithCode("LAYOUT_TERM"));
  EXPECT_THAT(Spec({"day(at)", "bucket(4, at)", "at"}), IsOk());
}

TEST(LayoutTermsTest, SortKeysSayWhereNullsGo) {
  const auto sort = [](const char* text) -> std::string {
    const auto term = ParseSortTerm(text);
    if (!term) return term.error().detail;
    const auto order = MakeSortOrder({*term}, Orders());
    if (!order) return order.error().detail;
    const SortField& field = order->fields[0];
    return field.transform + " " + field.direction + " " + field.null_order;
  };
  EXPECT_EQ(sort("store_id"), "identity asc nulls-first");
  EXPECT_EQ(sort("store_id asc"), "identity asc nulls-first");
  EXPECT_EQ(sort("store_id desc"), "identity desc nulls-last");
  EXPECT_EQ(sort("store_id desc nulls first"), "identity desc nulls-first");
  EXPECT_EQ(sort("bucket(4, store_id) asc nulls last"), "bucket[4] asc nulls-last");
  EXPECT_THAT(sort("store_id last"), HasSubstr("is no sort key"));
  EXPECT_THAT(sort("store_id down"), HasSubstr("there is no column 'store_id down'"));
  EXPECT_THAT(sort("lines"), HasSubstr("cannot be partitioned or sorted"));
}

TEST(LayoutTermsTest, TermsAreWrittenAsTheyAreRead) {
  for (const char* text : {"store_id", "bucket(16, store_id)", "truncate(8, a.b)", "day(at)", "hour(at)"}) {
    EXPECT_EQ(ToString(ParseLayoutTerm(text).value()), text);
  }
}

}  // namespace
}  // namespace frazil
