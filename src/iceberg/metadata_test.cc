#include "iceberg/metadata.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/result_matchers.h"
#include "iceberg/iceberg_testing.h"
#include "iceberg/metadata_file.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using Json = nlohmann::json;

std::string Golden(const std::string& name) {
  std::ifstream in(std::string(FRAZIL_SOURCE_DIR) + "/src/iceberg/testdata/" + name, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

TEST(Metadata, PyIcebergsTableIsReadValueByValue) {
  const Json golden = Json::parse(Golden("metadata.json"));
  ASSERT_OK_AND_ASSIGN(const TableMetadata table, ParseTableMetadata(Golden("metadata.json")));
  EXPECT_EQ(table.table_uuid.ToString(), golden["table-uuid"].get<std::string>());
  EXPECT_EQ(table.location, "file:///golden");
  EXPECT_EQ(table.last_sequence_number, 2);
  EXPECT_EQ(table.last_updated_ms, golden["last-updated-ms"]);
  EXPECT_EQ(table.last_column_id, 5);
  EXPECT_EQ(table.properties, (Properties{{"owner", "zoë"}, {"write.metadata.previous-versions-max", "5"}}));
  EXPECT_EQ(table.PropertyInt("write.metadata.previous-versions-max", 100), 5);
  EXPECT_EQ(table.PropertyInt("owner", 100), 100);
  EXPECT_EQ(table.PropertyInt("none", 100), 100);

  ASSERT_EQ(table.schemas.size(), 2U);
  const Schema& schema = table.CurrentSchema();
  EXPECT_EQ(schema.schema_id, 1);
  ASSERT_EQ(schema.fields.size(), 4U);
  EXPECT_EQ(schema.fields[1].doc, "when");
  EXPECT_EQ(ToString(schema.fields[2].type), "list<string>");
  EXPECT_EQ(schema.fields[3].id, 5);
  EXPECT_THAT(schema.identifier_field_ids, ElementsAre(1));

  const PartitionSpec& spec = table.DefaultSpec();
  EXPECT_EQ(spec.spec_id, 1);
  EXPECT_THAT(spec.fields, ElementsAre(PartitionField{2, 1000, "at_day", "day"},
                                       PartitionField{1, 1001, "id_bucket", "bucket[4]"}));
  EXPECT_EQ(table.last_partition_id, 1001);
  EXPECT_EQ(table.default_sort_order_id, 1);
  EXPECT_THAT(table.sort_orders, ElementsAre(SortOrder{1, {{1, "identity", "asc", "nulls-first"}}}));

  ASSERT_EQ(table.snapshots.size(), 2U);
  const Snapshot& second = table.snapshots[1];
  EXPECT_EQ(table.current_snapshot_id, second.snapshot_id);
  EXPECT_EQ(table.BranchHead("main"), &second);
  EXPECT_EQ(second.parent_snapshot_id, table.snapshots[0].snapshot_id);
  EXPECT_EQ(second.sequence_number, 2);
  EXPECT_EQ(second.schema_id, 0);
  EXPECT_EQ(second.timestamp_ms, golden["snapshots"][1]["timestamp-ms"]);
  EXPECT_EQ(second.manifest_list, golden["snapshots"][1]["manifest-list"].get<std::string>());
  EXPECT_EQ(second.summary.at("frazil.commit-id"), "abc");
  EXPECT_EQ(second.summary.at("total-records"), "4");
  EXPECT_EQ(table.refs.at("first").type, "tag");
  EXPECT_EQ(table.refs.at("first").max_ref_age_ms, 864'000'000);
  EXPECT_EQ(table.refs.at("audit").min_snapshots_to_keep, 2);
  EXPECT_EQ(table.refs.at("audit").max_snapshot_age_ms, 1'000);
  EXPECT_EQ(table.snapshot_log.size(), 2U);
  EXPECT_EQ(table.metadata_log.size(), 5U);
}

// The JSON of PyIceberg and ours may differ in the order of keys, and in nothing else.
TEST(Metadata, WhatPyIcebergWroteIsWrittenBackWholly) {
  ASSERT_OK_AND_ASSIGN(const TableMetadata table, ParseTableMetadata(Golden("metadata.json")));
  EXPECT_EQ(Json::parse(TableMetadataToJson(table)), Json::parse(Golden("metadata.json")));
}

TEST(Metadata, GzipIsReadAndIsWrittenWhereTheTableSaysSo) {
  ASSERT_OK_AND_ASSIGN(TableMetadata table, DecodeMetadataFile(Golden("metadata.json.gz")));
  EXPECT_EQ(table, ParseTableMetadata(Golden("metadata.json")).value());
  const MetadataFile plain = EncodeMetadataFile(table);
  EXPECT_EQ(plain.suffix, ".metadata.json");
  EXPECT_EQ(plain.bytes, TableMetadataToJson(table));

  table.properties["write.metadata.compression-codec"] = "GZIP";
  const MetadataFile packed = EncodeMetadataFile(table);
  EXPECT_EQ(packed.suffix, ".gz.metadata.json");
  EXPECT_LT(packed.bytes.size(), plain.bytes.size() / 2);
  ASSERT_OK_AND_ASSIGN(const TableMetadata again, DecodeMetadataFile(packed.bytes));
  EXPECT_EQ(again, table);

  EXPECT_THAT(DecodeMetadataFile(packed.bytes.substr(0, packed.bytes.size() - 9)),
              FailsWithCode("TABLE_METADATA"));
}

Json SmallJson() {
  TableMetadata table = SmallTable();
  table.snapshots = {BareSnapshot(1, std::nullopt, 1, 2'000)};
  table.refs["main"] = Branch(1);
  table.current_snapshot_id = SnapshotId(1);
  return Json::parse(TableMetadataToJson(table));
}

TEST(Metadata, UnknownFieldsAreKeptAsTheyAre) {
  Json json = SmallJson();
  json["statistics"] =
      Json::parse(R"([{"snapshot-id": 1, "deep": [1.25, -0.0, 18446744073709551615, null, "ü\u0000"]}])");
  json["encryption-keys"] = Json::object();
  json["snapshots"][0]["first-row-id"] = 17;
  json["snapshots"][0]["key-id"] = "k";
  ASSERT_OK_AND_ASSIGN(const TableMetadata table, ParseTableMetadata(json.dump()));
  EXPECT_EQ(Json::parse(TableMetadataToJson(table)).dump(), json.dump());
  ASSERT_OK_AND_ASSIGN(const TableMetadata again, ParseTableMetadata(TableMetadataToJson(table)));
  EXPECT_EQ(again, table);
}

TEST(Metadata, ATableWithoutSnapshotsSaysMinusOneAsJavaDoes) {
  const TableMetadata table = SmallTable();
  const std::string text = TableMetadataToJson(table);
  EXPECT_EQ(Json::parse(text)["current-snapshot-id"], -1);
  ASSERT_OK_AND_ASSIGN(const TableMetadata back, ParseTableMetadata(text));
  EXPECT_EQ(back, table);
  Json null = Json::parse(text);
  null["current-snapshot-id"] = nullptr;
  ASSERT_OK_AND_ASSIGN(const TableMetadata other, ParseTableMetadata(null.dump()));
  EXPECT_EQ(other, table);
}

TEST(Metadata, WithoutRefsTheCurrentSnapshotIsTheMainBranch) {
  Json json = SmallJson();
  json.erase("refs");
  ASSERT_OK_AND_ASSIGN(const TableMetadata table, ParseTableMetadata(json.dump()));
  ASSERT_NE(table.BranchHead("main"), nullptr);
  EXPECT_EQ(table.BranchHead("main")->snapshot_id, SnapshotId(1));
}

TEST(Metadata, WhatIsNoMetadataIsRefused) {
  for (const char* text : {"", "[]", "{}", "{\"format-version\":\"2\"}"}) {
    EXPECT_THAT(ParseTableMetadata(text), FailsWithCode("TABLE_METADATA")) << text;
  }
  for (const int version : {1, 4}) {
    Json json = SmallJson();
    json["format-version"] = version;
    EXPECT_THAT(ParseTableMetadata(json.dump()), FailsWithCode("TABLE_FORMAT_VERSION"));
  }
  const Json whole = SmallJson();
  for (const char* key :
       {"table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id", "schemas",
        "current-schema-id", "partition-specs", "default-spec-id", "last-partition-id", "snapshots"}) {
    Json json = whole;
    json.erase(key);
    EXPECT_THAT(ParseTableMetadata(json.dump()), FailsWithCode("TABLE_METADATA")) << "without " << key;
    for (const Json& wrong : {Json(true), Json("x"), Json::array({1}), Json(1.5)}) {
      if (wrong.is_string() && whole[key].is_string()) continue;
      json[key] = wrong;
      EXPECT_THAT(ParseTableMetadata(json.dump()), FailsWithCode("TABLE_METADATA")) << key << " = " << wrong;
    }
  }
  const std::pair<const char*, Json> patches[] = {
      {"/current-schema-id", 7},
      {"/default-spec-id", 7},
      {"/current-snapshot-id", 7},
      {"/refs/main/snapshot-id", 7},
      {"/refs/main/type", "twig"},
      {"/snapshots/0/snapshot-id", "1"},
      {"/snapshots/0/summary/operation", 1},
      {"/properties", {{"a", 1}}},
      {"/schemas/0/fields/0/type", "tetrad"},
      {"/last-column-id", 3'000'000'000},
  };
  for (const auto& [pointer, value] : patches) {
    Json json = whole;
    json[Json::json_pointer(pointer)] = value;
    EXPECT_THAT(ParseTableMetadata(json.dump()), FailsWithCode("TABLE_METADATA")) << pointer;
  }
}

TEST(Metadata, FormatVersion3IsWrittenBackAndWhatWouldBeLostIsRefused) {
  Json json = Json::parse(Golden("metadata.json"));
  json["format-version"] = 3;
  EXPECT_THAT(ParseTableMetadata(json.dump()), FailsWithCode("TABLE_METADATA"));
  json["next-row-id"] = 40;
  json["snapshots"][1]["first-row-id"] = 30;
  json["snapshots"][1]["added-rows"] = 10;
  json["encryption-keys"] = Json::array();
  ASSERT_OK_AND_ASSIGN(const TableMetadata table, ParseTableMetadata(json.dump()));
  EXPECT_EQ(table.next_row_id, 40);
  EXPECT_EQ(table.snapshots[1].first_row_id, 30);
  EXPECT_EQ(Json::parse(TableMetadataToJson(table)), json);

  const auto refused = [&](const auto& change) {
    Json changed = json;
    change(changed);
    return ParseTableMetadata(changed.dump());
  };
  EXPECT_THAT(refused([](Json& j) { j["schemas"][0]["fields"][0]["initial-default"] = 1; }),
              FailsWithCode("TABLE_FORMAT_VERSION"));
  EXPECT_THAT(refused([](Json& j) { j["partition-specs"][1]["fields"][0]["source-ids"] = {1, 2}; }),
              FailsWithCode("TABLE_FORMAT_VERSION"));
  EXPECT_THAT(refused([](Json& j) { j["encryption-keys"] = {{{"key-id", "k"}}}; }),
              FailsWithCode("TABLE_FORMAT_VERSION"));
}

TEST(Metadata, UnknownFieldsOfAnyDepthAreRefusedOrKept) {
  const auto nested = [](std::size_t depth) {
    std::string text = SmallJson().dump();
    text.pop_back();
    return text + ",\"unknown\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  const auto table = ParseTableMetadata(nested(400));
  ASSERT_OK(table);
  EXPECT_EQ(ParseTableMetadata(TableMetadataToJson(*table)).value(), *table);
  EXPECT_THAT(ParseTableMetadata(nested(200'000)), FailsWithCode("TABLE_METADATA"));
}

TEST(Metadata, ANewTableGetsItsIdsAndSpecsFollowThem) {
  NewTable table;
  table.uuid = Uuid::FromRandom(1, 2);
  table.location = "file:/lake/t";
  Field inner{
      .id = 30, .name = "at", .type = Type::Primitive(TypeId::kTimestamptz), .required = false, .doc = {}};
  table.schema.schema_id = 9;
  table.schema.fields = {
      {.id = 10, .name = "s", .type = Type::Struct({inner}), .required = false, .doc = {}},
      {.id = 20, .name = "id", .type = Type::Primitive(TypeId::kLong), .required = true, .doc = {}}};
  table.schema.identifier_field_ids = {20};
  table.spec.fields = {{.source_id = 30, .field_id = 0, .name = "at_day", .transform = "day"}};
  table.sort_order.fields = {
      {.source_id = 20, .transform = "identity", .direction = "asc", .null_order = "nulls-first"}};
  table.now_ms = 5;
  const TableMetadata metadata = MakeTableMetadata(table);
  EXPECT_EQ(metadata.last_column_id, 3);
  EXPECT_EQ(metadata.CurrentSchema().FindByName("id")->id, 2);
  EXPECT_THAT(metadata.CurrentSchema().identifier_field_ids, ElementsAre(2));
  EXPECT_THAT(metadata.DefaultSpec().fields, ElementsAre(PartitionField{3, 1000, "at_day", "day"}));
  EXPECT_EQ(metadata.last_partition_id, 1000);
  EXPECT_EQ(metadata.default_sort_order_id, 1);
  EXPECT_EQ(metadata.sort_orders[0].fields[0].source_id, 2);
  EXPECT_EQ(metadata.last_updated_ms, 5);
  EXPECT_EQ(metadata.current_snapshot_id, std::nullopt);
}

}  // namespace
}  // namespace frazil
