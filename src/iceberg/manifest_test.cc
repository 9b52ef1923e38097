#include "iceberg/manifest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "avro/container.h"
#include "base/int128.h"
#include "base/result_matchers.h"
#include "iceberg/iceberg_testing.h"
#include "iceberg/manifest_schema.h"
#include "runtime/runtime.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string Golden(const std::string& name) {
  std::ifstream in(std::string(FRAZIL_SOURCE_DIR) + "/src/iceberg/testdata/" + name, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

Json Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) AppendHex(text, static_cast<std::uint8_t>(c));
  return {{"hex", text}};
}
Json Hex(const Bytes& bytes) {
  return Hex(AsText(bytes));
}
template <typename T>
Json Hex(const std::optional<T>& bytes) {
  return bytes ? Hex(*bytes) : Json();
}

constexpr std::size_t kFirstDecimal = 13;  // of the golden spec's partition fields, and the next one

Json Unscaled(const std::string& bytes) {
  Int128 value = static_cast<signed char>(bytes[0]) < 0 ? -1 : 0;
  for (const char c : bytes) value = value * 256 + static_cast<std::uint8_t>(c);
  return {{"unscaled", ToString(value)}};
}

Json PartitionJson(const PartitionValue& value, std::size_t index) {
  switch (value.kind) {
    case PartitionValue::Kind::kNull:
      return nullptr;
    case PartitionValue::Kind::kBoolean:
      return value.integer != 0;
    case PartitionValue::Kind::kInt:
    case PartitionValue::Kind::kLong:
      return value.integer;
    case PartitionValue::Kind::kFloat:
    case PartitionValue::Kind::kDouble:
      return value.real;
    case PartitionValue::Kind::kString:
      return value.bytes;
    case PartitionValue::Kind::kBinary:
      return index == kFirstDecimal || index == kFirstDecimal + 1 ? Unscaled(value.bytes) : Hex(value.bytes);
  }
  return nullptr;
}

template <typename T>
Json MapJson(const std::map<std::int32_t, T>& map) {
  if (map.empty()) return nullptr;
  Json json = Json::object();
  for (const auto& [key, value] : map) {
    if constexpr (std::is_same_v<T, Bytes>) {
      json[fmt::format("{}", key)] = Hex(value);
    } else {
      json[fmt::format("{}", key)] = value;
    }
  }
  return json;
}

// As make_golden.py writes down what PyIceberg reads.
Json EntryJson(const ManifestEntry& entry) {
  const DataFile& file = entry.data_file;
  Json json = {
      {"status", static_cast<int>(entry.status)},
      {"snapshot_id", entry.snapshot_id->value()},
      {"sequence_number", *entry.sequence_number},
      {"file_sequence_number", *entry.file_sequence_number},
      {"file_path", file.file_path},
      {"record_count", file.record_count},
      {"file_size_in_bytes", file.file_size_in_bytes},
      {"column_sizes", MapJson(file.column_sizes)},
      {"value_counts", MapJson(file.value_counts)},
      {"null_value_counts", MapJson(file.null_value_counts)},
      {"nan_value_counts", MapJson(file.nan_value_counts)},
      {"lower_bounds", MapJson(file.lower_bounds)},
      {"upper_bounds", MapJson(file.upper_bounds)},
      {"key_metadata", Hex(file.key_metadata)},
      {"split_offsets", file.split_offsets.empty() ? Json() : Json(file.split_offsets)},
      {"sort_order_id", file.sort_order_id ? Json(*file.sort_order_id) : Json()},
      {"partition", Json::array()},
  };
  for (std::size_t i = 0; i < file.partition.size(); ++i)
    json["partition"].push_back(PartitionJson(file.partition[i], i));
  return json;
}

Json ManifestJson(const ManifestFile& file) {
  Json json = {
      {"manifest_path", file.manifest_path},
      {"manifest_length", file.manifest_length},
      {"partition_spec_id", file.partition_spec_id},
      {"content", static_cast<int>(file.content)},
      {"sequence_number", file.sequence_number},
      {"min_sequence_number", file.min_sequence_number},
      {"added_snapshot_id", file.added_snapshot_id.value()},
      {"added_files_count", file.added_files_count},
      {"existing_files_count", file.existing_files_count},
      {"deleted_files_count", file.deleted_files_count},
      {"added_rows_count", file.added_rows_count},
      {"existing_rows_count", file.existing_rows_count},
      {"deleted_rows_count", file.deleted_rows_count},
      {"partitions", Json::array()},
  };
  for (const FieldSummary& summary : file.partitions.value()) {
    json["partitions"].push_back({{"contains_null", summary.contains_null},
                                  {"contains_nan", *summary.contains_nan},
                                  {"lower", Hex(summary.lower_bound)},
                                  {"upper", Hex(summary.upper_bound)}});
  }
  return json;
}

class GoldenManifest : public ::testing::Test {
 protected:
  // PyIceberg's list of one manifest, with that manifest where the list says it is.
  ManifestFile Load(const std::string& suffix) {
    EXPECT_OK(store_.Put("file:/list" + suffix, Golden("list" + suffix + ".avro")));
    auto manifests = ReadManifestList(store_, "file:/list" + suffix);
    EXPECT_OK(manifests);
    const ManifestFile manifest = manifests.value().at(0);
    EXPECT_OK(store_.Put(manifest.manifest_path, Golden("manifest" + suffix + ".avro")));
    return manifest;
  }

  MemoryStore store_{ThreadRuntime()};
  const Json expected_ = Json::parse(Golden("expected.json"));
};

TEST_F(GoldenManifest, PyIcebergsFilesAreReadValueByValue) {
  for (const std::string suffix : {"", "-v1"}) {
    SCOPED_TRACE(suffix);
    const ManifestFile manifest = Load(suffix);
    EXPECT_EQ(ManifestJson(manifest), expected_["list" + suffix]);
    ASSERT_OK_AND_ASSIGN(const auto entries, ReadManifest(store_, manifest));
    ASSERT_EQ(entries.size(), expected_["manifest" + suffix].size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      EXPECT_EQ(EntryJson(entries[i]), expected_["manifest" + suffix][i]);
  }
}

// The same entries written by us: the file says the same, with the same summary of every partition type.
TEST_F(GoldenManifest, WhatWeWriteOfThemIsTheSame) {
  const ManifestFile golden = Load("");
  ASSERT_OK_AND_ASSIGN(auto entries, ReadManifest(store_, golden));
  ASSERT_OK_AND_ASSIGN(const AvroFileReader file, AvroFileReader::Open(Golden("manifest.avro")));
  ASSERT_OK_AND_ASSIGN(const Schema schema, ParseSchema(file.metadata().at("schema")));
  ASSERT_OK_AND_ASSIGN(
      const PartitionSpec spec,
      ParsePartitionSpec(R"({"spec-id":5,"fields":)" + file.metadata().at("partition-spec") + "}"));
  entries[0].sequence_number.reset();  // inherits, as an added file does
  entries[0].file_sequence_number.reset();
  ASSERT_OK_AND_ASSIGN(ManifestFile ours,
                       WriteManifest(store_, "file:/ours.avro", schema, spec, ManifestContent::kData,
                                     golden.added_snapshot_id, entries));
  EXPECT_EQ(ours.sequence_number, kUnassignedSequence);
  ASSERT_OK(WriteManifestList(store_, "file:/ours-list.avro",
                              {.snapshot_id = golden.added_snapshot_id,
                               .parent_snapshot_id = std::nullopt,
                               .sequence_number = golden.sequence_number,
                               .manifests = {ours}}));
  ASSERT_OK_AND_ASSIGN(auto list, ReadManifestList(store_, "file:/ours-list.avro"));
  ASSERT_EQ(list.size(), 1U);
  ASSERT_OK_AND_ASSIGN(const auto back, ReadManifest(store_, list[0]));
  for (std::size_t i = 0; i < back.size(); ++i) EXPECT_EQ(EntryJson(back[i]), expected_["manifest"][i]);
  list[0].manifest_path = golden.manifest_path;
  list[0].manifest_length = golden.manifest_length;
  EXPECT_EQ(ManifestJson(list[0]), expected_["list"]);

  ASSERT_OK_AND_ASSIGN(std::string bytes, store_.Get("file:/ours.avro"));
  ASSERT_OK_AND_ASSIGN(const AvroFileReader reader, AvroFileReader::Open(std::move(bytes)));
  const auto& metadata = reader.metadata();
  EXPECT_EQ(Json::parse(metadata.at("schema")), Json::parse(SchemaToJson(schema)));
  EXPECT_EQ(Json::parse(metadata.at("partition-spec")), Json::parse(PartitionSpecToJson(spec))["fields"]);
  EXPECT_EQ(metadata.at("partition-spec-id"), "5");
  EXPECT_EQ(metadata.at("schema-id"), "3");
  EXPECT_EQ(metadata.at("format-version"), "2");
  EXPECT_EQ(metadata.at("content"), "data");
}

// Field ids and types of our schema against PyIceberg's: readers resolve by id.
TEST_F(GoldenManifest, OurAvroSchemaHasPyIcebergsIdsAndTypes) {
  const auto types_by_id = [](const AvroSchema& schema, auto& self,
                              std::map<std::int32_t, AvroKind>& out) -> void {
    for (const AvroField& field : schema.fields) {
      if (field.field_id) out[*field.field_id] = field.type->NonNull().kind;
      self(field.type->NonNull(), self, out);
    }
    for (const AvroSchemaPtr& item : schema.items) self(*item, self, out);
  };
  ASSERT_OK_AND_ASSIGN(const AvroFileReader manifest, AvroFileReader::Open(Golden("manifest.avro")));
  ASSERT_OK_AND_ASSIGN(const AvroFileReader list, AvroFileReader::Open(Golden("list.avro")));
  ASSERT_OK_AND_ASSIGN(const Schema schema, ParseSchema(manifest.metadata().at("schema")));
  ASSERT_OK_AND_ASSIGN(
      const PartitionSpec spec,
      ParsePartitionSpec(R"({"spec-id":5,"fields":)" + manifest.metadata().at("partition-spec") + "}"));
  ASSERT_OK_AND_ASSIGN(const std::string ours, ManifestEntryAvroSchema(schema, spec));
  std::map<std::int32_t, AvroKind> theirs_found;
  std::map<std::int32_t, AvroKind> ours_found;
  types_by_id(manifest.schema(), types_by_id, theirs_found);
  types_by_id(list.schema(), types_by_id, theirs_found);
  types_by_id(*ParseAvroSchema(ours).value(), types_by_id, ours_found);
  types_by_id(*ParseAvroSchema(ManifestFileAvroSchema()).value(), types_by_id, ours_found);
  EXPECT_EQ(ours_found.erase(143), 1U);  // Java writes it in version 2, PyIceberg does not
  EXPECT_EQ(ours_found, theirs_found);
}

TEST_F(GoldenManifest, DamagedManifestsAreCorruptAndNeverCrash) {
  const ManifestFile manifest = Load("");
  ASSERT_OK_AND_ASSIGN(const AvroFileReader file, AvroFileReader::Open(Golden("manifest.avro")));
  std::mt19937 random(11);
  const std::string whole = Golden("manifest.avro");
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    ManifestFile damaged = manifest;
    damaged.manifest_path = fmt::format("file:/damaged-{}", round);
    ASSERT_OK(store_.Put(damaged.manifest_path, bytes));
    const auto entries = ReadManifest(store_, damaged);
    if (entries) continue;
    ++refused;
    EXPECT_THAT(entries.error().detail, HasSubstr(damaged.manifest_path));
  }
  EXPECT_GT(refused, 200);
}

TEST(Manifest, PartitionsOfAnotherShapeAreRefused) {
  MemoryStore store(ThreadRuntime());
  TableMetadata table = SmallTable();
  PartitionSpec spec{.spec_id = 1,
                     .fields = {{.source_id = 2, .field_id = 1000, .name = "text", .transform = "identity"}}};
  ManifestEntry entry;
  entry.data_file.file_path = "file:/x";
  const auto write = [&] {
    return WriteManifest(store, "file:/m.avro", table.CurrentSchema(), spec, ManifestContent::kData,
                         std::nullopt, {entry});
  };
  EXPECT_THAT(write(), FailsWithCode("TABLE_MANIFEST"));
  entry.data_file.partition.resize(1);
  entry.data_file.partition[0].kind = PartitionValue::Kind::kInt;
  EXPECT_THAT(write(), FailsWithCode("TABLE_MANIFEST"));
  entry.data_file.partition[0].kind = PartitionValue::Kind::kString;
  entry.data_file.content = FileContent::kPositionDeletes;
  EXPECT_THAT(write(), FailsWithCode("TABLE_MANIFEST"));
  spec.fields[0].source_id = 99;
  EXPECT_THAT(write(), FailsWithCode("TABLE_SPEC"));
  spec.fields[0] = {.source_id = 2, .field_id = 1000, .name = "text", .transform = "zorder"};
  EXPECT_THAT(write(), FailsWithCode("TABLE_SPEC"));
}

TEST(Manifest, PartitionsAreSummedUpOnlyWhereAllReadersOrderThemAlike) {
  MemoryStore store(ThreadRuntime());
  Schema schema = SmallTable().CurrentSchema();
  schema.fields.push_back({.id = 3, .name = "id", .type = Type::Primitive(TypeId::kUuid), .doc = {}});
  const PartitionSpec spec{
      .spec_id = 1,
      .fields = {{.source_id = 2, .field_id = 1000, .name = "text", .transform = "identity"},
                 {.source_id = 3, .field_id = 1001, .name = "id", .transform = "identity"}}};
  // Of files whose UUIDs are made of these bytes, back from a list.
  const auto summaries = [&](const std::string& name, std::initializer_list<char> uuids) {
    std::vector<ManifestEntry> entries(uuids.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto value = [](PartitionValue::Kind kind, std::string bytes) {
        return PartitionValue{.kind = kind, .integer = 0, .real = 0, .bytes = std::move(bytes)};
      };
      entries[i].data_file.partition = {
          value(PartitionValue::Kind::kString, "a"),
          value(PartitionValue::Kind::kBinary, std::string(16, uuids.begin()[i]))};
    }
    const ManifestFile manifest = WriteManifest(store, "file:/manifest-" + name, schema, spec,
                                                ManifestContent::kData, SnapshotId(4), entries)
                                      .value();
    EXPECT_OK(
        WriteManifestList(store, "file:/list-" + name,
                          {.snapshot_id = SnapshotId(4), .parent_snapshot_id = {}, .manifests = {manifest}}));
    return ReadManifestList(store, "file:/list-" + name).value().at(0).partitions;
  };
  const auto one_order = summaries("alike", {'\x20', '\x7F', '\x10'});
  ASSERT_TRUE(one_order && one_order->size() == 2U);
  EXPECT_EQ(one_order->at(1).lower_bound, Bytes(16, 0x10));
  EXPECT_EQ(one_order->at(1).upper_bound, Bytes(16, 0x7F));
  EXPECT_EQ(summaries("not", {'\x10', '\x90'}), std::nullopt);
}

// Trino takes a list of summaries that is not there for a broken one.
TEST(Manifest, SummariesOfNoPartitionsAreAnEmptyList) {
  MemoryStore store(ThreadRuntime());
  ASSERT_OK_AND_ASSIGN(const ManifestFile manifest,
                       WriteManifest(store, "file:/m.avro", SmallTable().CurrentSchema(), PartitionSpec(),
                                     ManifestContent::kData, SnapshotId(4), {ManifestEntry()}));
  ASSERT_OK(
      WriteManifestList(store, "file:/list.avro",
                        {.snapshot_id = SnapshotId(4), .parent_snapshot_id = {}, .manifests = {manifest}}));
  ASSERT_OK_AND_ASSIGN(const auto list, ReadManifestList(store, "file:/list.avro"));
  EXPECT_EQ(list.at(0).partitions, std::vector<FieldSummary>());
}

TEST(Manifest, CountsThatCannotBeAreRefused) {
  MemoryStore store(ThreadRuntime());
  const auto write = [&](const std::string& location, std::int64_t first_rows, std::int64_t second_rows) {
    std::vector<ManifestEntry> entries(2);
    entries[0].data_file.record_count = first_rows;
    entries[1].data_file.record_count = second_rows;
    return WriteManifest(store, location, SmallTable().CurrentSchema(), PartitionSpec(),
                         ManifestContent::kData, std::nullopt, entries);
  };
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(write("file:/m0.avro", kMost, 1), FailsWithCode("TABLE_MANIFEST"));
  ASSERT_OK_AND_ASSIGN(const ManifestFile negative, write("file:/m1.avro", 7, -1));
  EXPECT_THAT(ReadManifest(store, negative), FailsWithCode("TABLE_MANIFEST"));
}

TEST(Manifest, ColumnNamesThatAvroForbidsComeThrough) {
  MemoryStore store(ThreadRuntime());
  TableMetadata table = SmallTable();
  const PartitionSpec spec{
      .spec_id = 1,
      .fields = {{.source_id = 2, .field_id = 1000, .name = "2 größe-x", .transform = "identity"}}};
  ManifestEntry entry;
  entry.data_file.partition.resize(1);
  entry.data_file.partition[0] = {
      .kind = PartitionValue::Kind::kString, .integer = 0, .real = 0, .bytes = "v"};
  ASSERT_OK_AND_ASSIGN(const ManifestFile manifest,
                       WriteManifest(store, "file:/m.avro", table.CurrentSchema(), spec,
                                     ManifestContent::kData, SnapshotId(4), {entry}));
  ASSERT_OK_AND_ASSIGN(const auto entries, ReadManifest(store, manifest));
  EXPECT_EQ(entries.at(0).data_file, entry.data_file);
  ASSERT_OK_AND_ASSIGN(const std::string avro, ManifestEntryAvroSchema(table.CurrentSchema(), spec));
  EXPECT_THAT(avro, HasSubstr(R"("name":"_2_x20gr_xC3_xB6_xC3_x9Fe_x2Dx")"));
}

}  // namespace
}  // namespace frazil
