#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "avro/binary.h"
#include "avro/container.h"
#include "avro/schema.h"
#include "avro/value.h"
#include "base/bytes.h"
#include "base/result_matchers.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;

AvroSchemaPtr Schema(std::string_view json) {
  auto schema = ParseAvroSchema(json);
  FRAZIL_CHECK(schema.has_value(), schema ? "" : schema.error().detail);
  return *schema;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) AppendHex(text, static_cast<std::uint8_t>(c));
  return text;
}

std::string Raw(std::string_view hex) {
  std::string bytes;
  FRAZIL_CHECK(DecodeHex(hex, bytes), hex);
  return bytes;
}

Result<AvroValue> Decode(const AvroSchemaPtr& schema, std::string_view bytes) {
  AvroDecoder decoder(bytes);
  auto value = DecodeAvro(decoder, *schema);
  if (value && decoder.remaining() > 0) return decoder.Corrupt("bytes left");
  return value;
}

std::string Encode(const AvroSchemaPtr& schema, const AvroValue& value) {
  AvroEncoder encoder;
  EncodeAvro(encoder, *schema, value);
  return encoder.bytes();
}

// Encodings that the specification gives, or that follow from it.
TEST(AvroBinary, ValuesAreEncodedAsTheSpecificationSays) {
  struct Case {
    const char* schema;
    AvroValue value;
    const char* hex;
  };
  const Case cases[] = {
      {R"("null")", AvroValue(), ""},
      {R"("boolean")", AvroValue(true), "01"},
      {R"("int")", AvroValue(0), "00"},
      {R"("int")", AvroValue(-1), "01"},
      {R"("int")", AvroValue(1), "02"},
      {R"("int")", AvroValue(-64), "7f"},
      {R"("int")", AvroValue(64), "8001"},
      {R"("long")", AvroValue(std::numeric_limits<std::int64_t>::max()), "feffffffffffffffff01"},
      {R"("long")", AvroValue(std::numeric_limits<std::int64_t>::min()), "ffffffffffffffffff01"},
      {R"("float")", AvroValue(1.5), "0000c03f"},
      {R"("double")", AvroValue(-2.0), "00000000000000c0"},
      {R"("string")", AvroValue(std::string("foo")), "06666f6f"},
      {R"({"type":"fixed","name":"f","size":2})", AvroValue(std::string("ab")), "6162"},
      {R"({"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]})",
       AvroValue(AvroList{AvroValue(27), AvroValue(std::string("foo"))}), "3606666f6f"},
      {R"({"type":"array","items":"long"})", AvroValue(AvroList{AvroValue(3), AvroValue(27)}), "04063600"},
      {R"({"type":"map","values":"long"})", AvroValue(AvroMap{{"a", AvroValue(1)}}), "0202610200"},
      {R"(["null","string"])", AvroValue(), "00"},
      {R"(["null","string"])", AvroValue(std::string("a")), "020261"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.schema);
    const auto schema = Schema(c.schema);
    EXPECT_EQ(Hex(Encode(schema, c.value)), c.hex);
    ASSERT_OK_AND_ASSIGN(const AvroValue back, Decode(schema, Raw(c.hex)));
    EXPECT_EQ(back, c.value);
  }
}

TEST(AvroBinary, ABlockMayGiveItsSizeBesideItsCount) {
  ASSERT_OK_AND_ASSIGN(const AvroValue list,
                       Decode(Schema(R"({"type":"array","items":"long"})"), Raw("030406360202"
                                                                                "00")));
  EXPECT_EQ(list, AvroValue(AvroList{AvroValue(3), AvroValue(27), AvroValue(1)}));
}

TEST(AvroBinary, MalformedBytesAreRefused) {
  const char* const kList = R"({"type":"array","items":"long"})";
  struct Case {
    const char* what;
    const char* schema;
    const char* hex;
  };
  const Case cases[] = {
      {"empty", R"("int")", ""},
      {"cut varint", R"("long")", "ffff"},
      {"eleven-byte varint", R"("long")", "ffffffffffffffffffff01"},
      {"65th bit", R"("long")", "ffffffffffffffffff02"},
      {"int beyond 32 bits", R"("int")", "8080808020"},
      {"boolean 2", R"("boolean")", "02"},
      {"string longer than what is left", R"("string")", "0661"},
      {"string of negative length", R"("string")", "0161"},
      {"string of enormous length", R"("string")", "feffffffffffffffff01"},
      {"union branch 2 of 2", R"(["null","int"])", "04"},
      {"union branch -1", R"(["null","int"])", "01"},
      {"array of enormous count", kList, "feffffffffffffffff01"},
      {"array of the least count", kList, "ffffffffffffffffff0100"},
      {"array without end", kList, "020a"},
      {"cut fixed", R"({"type":"fixed","name":"f","size":3})", "6162"},
      {"cut double", R"("double")", "00000000"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Decode(Schema(c.schema), Raw(c.hex)), FailsWithCode("AVRO_CORRUPT")) << c.what;
  }
}

// Without an allowance for them, twenty bytes would ask for billions of values.
TEST(AvroBinary, ValuesWithoutBytesCannotBeMultipliedAtWill) {
  const char* const schemas[] = {R"({"type":"array","items":"null"})",
                                 R"({"type":"array","items":{"type":"fixed","name":"f","size":0}})",
                                 R"({"type":"array","items":{"type":"record","name":"r","fields":[]}})"};
  AvroEncoder blocks;
  for (int i = 0; i < 1000; ++i) blocks.WriteLong(1000);
  blocks.WriteLong(0);
  for (const char* json : schemas)
    EXPECT_THAT(Decode(Schema(json), blocks.bytes()), FailsWithCode("AVRO_CORRUPT"));
}

TEST(AvroSchema, KeepsWhatIcebergPutsIntoIt) {
  const auto schema = Schema(R"({"type":"record","name":"r2","namespace":"n","fields":[
      {"name":"m","field-id":108,"type":["null",{"type":"array","logicalType":"map","element-id":9,"items":
          {"type":"record","name":"k117_v118","fields":[{"name":"key","type":"int","field-id":117}]}}]},
      {"name":"d","type":{"type":"fixed","name":"dec","size":5,"logicalType":"decimal","precision":10,"scale":2}},
      {"name":"again","type":"dec","field-id":3},
      {"name":"t","type":{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}}]})");
  EXPECT_EQ(schema->name, "n.r2");
  EXPECT_EQ(schema->FieldIndex(108, "other"), 0);
  EXPECT_EQ(schema->FieldIndex(77, "d"), 1);
  EXPECT_EQ(schema->FieldIndex(77, "m"), -1);  // it has another id, the name does not count
  const AvroSchema& map = schema->fields[0].type->NonNull();
  EXPECT_EQ(map.logical_type, "map");
  EXPECT_EQ(map.element_id, 9);
  EXPECT_EQ(map.items[0]->name, "n.k117_v118");
  EXPECT_EQ(schema->fields[1].type->precision, 10);
  EXPECT_EQ(schema->fields[1].type->scale, 2);
  EXPECT_EQ(schema->fields[2].type, schema->fields[1].type);
  EXPECT_TRUE(schema->fields[3].type->adjust_to_utc);
}

TEST(AvroSchema, WhatIsNoSchemaIsRefused) {
  const std::string deep = std::string(100, '[') + "\"int\"" + std::string(100, ']');
  std::string tower = R"([{"type":"record","name":"r0","fields":[]})";
  for (int i = 1; i < 100; ++i) {
    tower +=
        fmt::format(R"(,{{"type":"record","name":"r{}","fields":[{{"name":"f","type":"r{}"}}]}})", i, i - 1);
  }
  tower += "]";
  const std::string cases[] = {
      "",
      "{",
      "17",
      R"("enum")",
      R"([])",
      R"({"name":"x"})",
      R"([["int"]])",
      deep,
      tower,
      R"({"type":"record","name":"r"})",
      R"({"type":"record","fields":[]})",
      R"({"type":"record","name":"r","fields":[{"name":"self","type":["null","r"]}]})",
      R"({"type":"fixed","name":"f"})",
      R"({"type":"fixed","name":"f","size":-1})",
      R"({"type":"fixed","name":"f","size":99999999999})",
      R"({"type":"array"})",
  };
  for (const std::string& json : cases) {
    EXPECT_THAT(ParseAvroSchema(json), FailsWithCode("AVRO_SCHEMA")) << json.substr(0, 200);
  }
}

constexpr const char* kPairSchema =
    R"({"type":"record","name":"pair","fields":[{"name":"n","type":"long"},{"name":"s","type":["null","string"]}]})";

AvroValue Pair(std::int64_t n) {
  return AvroValue(AvroList{
      AvroValue(n), n % 3 == 0 ? AvroValue() : AvroValue(std::string(10, static_cast<char>('a' + n % 26)))});
}

std::string PairFile(std::int64_t records, AvroCodec codec) {
  AvroFileOptions options{.schema_json = kPairSchema, .metadata = {{"k", "v"}}, .codec = codec};
  options.sync_marker.fill(0x5A);
  AvroFileWriter writer(options);
  for (std::int64_t i = 0; i < records; ++i) writer.Append(Pair(i));
  return std::move(writer).Finish();
}

// The number of records, or why not.
Result<std::int64_t> CountRecords(std::string bytes) {
  FRAZIL_ASSIGN(AvroFileReader reader, AvroFileReader::Open(std::move(bytes)));
  for (std::int64_t records = 0;; ++records) {
    FRAZIL_ASSIGN(const auto record, reader.Next());
    if (!record) return records;
  }
}

TEST(AvroFile, RecordsComeBackOverManyBlocksInBothCodecs) {
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kDeflate}) {
    for (const std::int64_t records : {0, 1, 20'000}) {
      ASSERT_OK_AND_ASSIGN(AvroFileReader opened, AvroFileReader::Open(PairFile(records, codec)));
      AvroFileReader reader = std::move(opened);
      EXPECT_EQ(reader.metadata().at("k"), "v");
      EXPECT_EQ(reader.metadata().at("avro.schema"), kPairSchema);
      for (std::int64_t i = 0; i < records; ++i) {
        ASSERT_OK_AND_ASSIGN(const auto record, reader.Next());
        ASSERT_EQ(record, Pair(i));
      }
      ASSERT_OK_AND_ASSIGN(const auto end, reader.Next());
      EXPECT_FALSE(end.has_value());
    }
  }
}

TEST(AvroFile, AnUnknownCodecIsRefusedByName) {
  std::string bytes = PairFile(1, AvroCodec::kNull);
  bytes.replace(bytes.find("\x08null"), 5, "\x08zstd");
  const auto opened = AvroFileReader::Open(bytes);
  ASSERT_THAT(opened, FailsWith(ErrorKind::kInvalid));
  EXPECT_EQ(opened.error().code, "AVRO_CODEC");
  EXPECT_THAT(opened.error().detail, HasSubstr("zstd"));
}

TEST(AvroFile, AFileCutAnywhereIsCorruptOrEndsAtABlock) {
  const std::string whole = PairFile(50, AvroCodec::kDeflate);
  const std::string without_blocks = PairFile(0, AvroCodec::kDeflate);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto records = CountRecords(whole.substr(0, length));
    if (length == without_blocks.size()) {
      EXPECT_EQ(records.value_or(-1), 0);
    } else {
      EXPECT_THAT(records, FailsWithCode("AVRO_CORRUPT")) << length;
    }
  }
}

TEST(AvroFile, DamagedBytesNeverCrashTheReader) {
  std::mt19937 random(7);
  for (const AvroCodec codec : {AvroCodec::kNull, AvroCodec::kDeflate}) {
    const std::string whole = PairFile(200, codec);
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = whole;
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      const auto records = CountRecords(std::move(bytes));
      const std::string code = records ? "AVRO_CORRUPT" : records.error().code;
      EXPECT_TRUE(code == "AVRO_CORRUPT" || code == "AVRO_CODEC") << code;
    }
  }
}

}  // namespace
}  // namespace frazil
