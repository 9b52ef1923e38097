#include "columns/row_json.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

Schema SchemaOf(std::initializer_list<std::pair<const char*, const char*>> columns) {
  Schema schema;
  for (const auto& [name, type] : columns)
    schema.fields.push_back({.id = 0, .name = name, .type = *ParseType(type), .required = false, .doc = ""});
  return schema;
}

TEST(RowJson, HasScalarsAsTheSpecificationDoes) {
  ColumnBatch batch(SchemaOf({{"b", "boolean"},
                              {"i", "int"},
                              {"d", "double"},
                              {"dec", "decimal(9,2)"},
                              {"day", "date"},
                              {"at", "time"},
                              {"ts", "timestamp"},
                              {"tz", "timestamptz"},
                              {"s", "string"},
                              {"u", "uuid"},
                              {"x", "binary"},
                              {"n", "long"}}));
  batch.column(0).AppendBoolean(true);
  batch.column(1).AppendInt32(-7);
  batch.column(2).AppendDouble(0.1);
  batch.column(3).AppendDecimal(-5);
  batch.column(4).AppendInt32(-1);
  batch.column(5).AppendInt64(3'600'000'001);
  batch.column(6).AppendInt64(-1);
  batch.column(7).AppendInt64(0);
  batch.column(8).AppendBytes("a\n\"ü");
  batch.column(9).AppendFixedBytes(std::string_view("0123456789abcdef"));
  batch.column(10).AppendBytes(std::string_view("\x00\xff", 2));
  batch.CloseRow();
  EXPECT_EQ(RowJson(batch, 0),
            R"({"b":true,"i":-7,"d":0.1,"dec":"-0.05","day":"1969-12-31","at":"01:00:00.000001",)"
            R"("ts":"1969-12-31T23:59:59.999999","tz":"1970-01-01T00:00:00.000000+00:00","s":"a\n\"ü",)"
            R"("u":"30313233-3435-3637-3839-616263646566","x":"00ff","n":null})");
}

TEST(RowJson, HasNestedValuesByNameAndKey) {
  ColumnBatch batch(SchemaOf({{"l", "list<struct<a: int, b: string>>"}, {"m", "map<long, string>"}}));
  Column& element = batch.column(0).child(0);
  element.child(0).AppendInt32(1);
  element.child(1).AppendNull();
  element.CloseStruct();
  element.AppendNull();
  batch.column(0).CloseList();
  batch.column(1).child(0).AppendInt64(5);
  batch.column(1).child(1).AppendBytes("x");
  batch.column(1).CloseList();
  batch.CloseRow();
  EXPECT_EQ(RowJson(batch, 0), R"({"l":[{"a":1,"b":null},null],"m":{"5":"x"}})");
}

}  // namespace
}  // namespace frazil
