#include "spec/spec.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/result_matchers.h"
#include "spec/file.h"
#include "spec/spec_testing.h"

namespace frazil {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file that is right, in pieces that the tests below spoil one at a time.
constexpr std::string_view kConnection = R"(api_version: frazil/v1
kind: connection
metadata: {name: shop}
spec:
  type: kafka
  brokers: ["127.0.0.1:9092"]
)";
constexpr std::string_view kCatalog = R"(---
api_version: frazil/v1
kind: catalog
metadata: {name: lake}
spec:
  type: sql
  uri: sqlite:lake/catalog.db
  warehouse: file:lake
)";
constexpr std::string_view kStream = R"(---
api_version: frazil/v1
kind: stream
metadata: {name: orders}
spec:
  source:
    connection: shop
    topic: orders
  target:
    catalog: lake
    table: ingest.orders
  mapping:
    columns:
      - {name: id, type: long}
      - {name: at, type: timestamptz, parse: unix_millis}
)";

std::string Whole() {
  return std::string(kConnection) + std::string(kCatalog) + std::string(kStream);
}

SpecResult Read(const std::string& yaml) {
  return ParseSpec(yaml, "f.yaml", "/etc/frazil");
}

// "LINE:COLUMN CODE" of each problem.
std::vector<std::string> Problems(const std::string& yaml) {
  std::vector<std::string> problems;
  const SpecResult result = Read(yaml);
  if (result) return problems;
  for (const Error& error : result.error()) {
    EXPECT_EQ(error.kind, ErrorKind::kInvalid);
    EXPECT_TRUE(error.pointer.starts_with("f.yaml:")) << error.pointer;
    problems.push_back(error.pointer.substr(7) + " " + error.code);
  }
  return problems;
}

TEST(Spec, AFullFileBecomesValues) {
  const SpecResult file = Read(R"(
api_version: frazil/v1
kind: connection
metadata: {name: shop, labels: {team: shop, tier: 1}, description: "The shop's Kafka"}
spec:
  type: kafka
  brokers: ["a:9092", "[::1]:9093"]
  tls: {ca_file: ca.pem, cert_file: /pki/me.pem, key_file: ../me.key}
  sasl: {mechanism: SCRAM-SHA-512, username: frazil, password: {from_env: SHOP_PASSWORD}}
  rack: eu-west-1a
---
api_version: frazil/v1
kind: catalog
metadata: {name: lake}
spec: {type: sql, uri: "sqlite:////srv/lake/catalog.db", warehouse: "lake/", catalog_name: prod}
---
api_version: frazil/v1
kind: stream
metadata: {name: pizza_orders, labels: {team: "shop"}, description: "All orders"}
spec:
  source:
    connection: shop
    topic: pizza_orders
    start: {offsets: {"0": 12, "3": 0}}
    format: {type: json}
  target:
    catalog: lake
    table: ingest.raw.pizza_orders
    location: file:elsewhere
    properties: {write.target-file-size-bytes: 1048576, owner: "me"}
    create: false
    branch: audit
    format_version: 3
    partition_by: ['days(ordered_at)', 'bucket(store_id, 16)', kafka_offset]
    sort_by: [store_id, "day desc nulls first"]
  mapping:
    columns:
      - {name: store_id, from: /store/id, type: int, required: true, doc: "Which store"}
      - {name: ordered_at, from: $.ts, type: timestamptz, parse: unix_millis}
      - {name: day, type: date, parse: "%d.%m.%Y"}
      - {name: lines, type: list, element: {type: struct, required: true, fields: [{name: at, type: timestamptz, parse: unix_micros}, {name: n, type: int, required: true}]}}
      - {name: tags, type: map, key: {type: string}, value: {type: long}}
      - {name: short, type: "list<struct<a: int>>"}
      - {name: everything, from: "", type: string, parse: json}
    metadata_columns: [offset, key]
    unmapped: ignore
  errors: {policy: continue, table: ingest.bad}
  commit: {interval: 500ms, target_file_bytes: 8MiB}
  retention: {rows: forever}
)");
  ASSERT_TRUE(file) << file.error()[0].ToString();

  EXPECT_EQ(file->connections,
            std::vector{(ConnectionSpec{
                .name = "shop",
                .brokers = {"a:9092", "[::1]:9093"},
                .tls = TlsSpec{"/etc/frazil/ca.pem", "/pki/me.pem", "/etc/me.key"},
                .sasl = SaslSpec{"SCRAM-SHA-512", "frazil", SecretSpec{"SHOP_PASSWORD", "", "f.yaml:9:64"}},
                .rack = "eu-west-1a"})});
  EXPECT_EQ(file->catalogs, std::vector{(CatalogSpec{.name = "lake",
                                                     .database_path = "/srv/lake/catalog.db",
                                                     .warehouse = "file:///etc/frazil/lake",
                                                     .catalog_name = "prod"})});

  const auto value = [](Type type, bool required = false, Parse parse = Parse::kDefault,
                        std::string pattern = "") {
    return ValueMapping{.type = std::move(type),
                        .required = required,
                        .parse = parse,
                        .pattern = std::move(pattern),
                        .children = {}};
  };
  const auto field = [](std::string name, Type type, bool required = false) {
    return Field{.id = 0, .name = std::move(name), .type = std::move(type), .required = required, .doc = ""};
  };
  const Type integer = Type::Primitive(TypeId::kInt);
  const Type instant = Type::Primitive(TypeId::kTimestamptz);
  const Type text = Type::Primitive(TypeId::kString);
  const Type number = Type::Primitive(TypeId::kLong);
  const Type line = Type::Struct({field("at", instant), field("n", integer, true)});
  const Type small = Type::Struct({field("a", integer)});

  StreamSpec stream;
  stream.name = "pizza_orders";
  stream.labels = {{"team", "shop"}};
  stream.description = "All orders";
  stream.connection = "shop";
  stream.topic = "pizza_orders";
  stream.start.kind = StartSpec::Kind::kOffsets;
  stream.start.offsets = {{0, 12}, {3, 0}};
  stream.catalog = "lake";
  stream.table = "ingest.raw.pizza_orders";
  stream.errors_table = "ingest.bad";
  stream.location = "file:///etc/frazil/elsewhere";
  stream.properties = {{"write.target-file-size-bytes", "1048576"}, {"owner", "me"}};
  stream.create = false;
  stream.branch = "audit";
  stream.format_version = 3;
  stream.partition_by = {{.transform = {.id = TransformId::kDay}, .column = "ordered_at"},
                         {.transform = {.id = TransformId::kBucket, .width = 16}, .column = "store_id"},
                         {.transform = {}, .column = "kafka_offset"}};
  stream.sort_by = {{.term = {.transform = {}, .column = "store_id"}},
                    {.term = {.transform = {}, .column = "day"}, .descending = true, .nulls_first = true}};
  stream.commit_interval = std::chrono::milliseconds(500);
  stream.target_file_bytes = 8 << 20;
  Mapping& mapping = stream.mapping.emplace();
  mapping.metadata =
      MetadataColumns{.partition = false, .offset = true, .timestamp = false, .key = true, .headers = false};
  mapping.columns = {
      {"store_id", {"store", "id"}, value(integer, true), "Which store"},
      {"ordered_at", {"ts"}, value(instant, false, Parse::kUnixMillis), ""},
      {"day", {"day"}, value(Type::Primitive(TypeId::kDate), false, Parse::kPattern, "%d.%m.%Y"), ""},
      {"lines", {"lines"}, value(Type::List(field("element", line, true))), ""},
      {"tags", {"tags"}, value(Type::Map(field("key", text, true), field("value", number))), ""},
      {"short", {"short"}, value(Type::List(field("element", small))), ""},
      {"everything", {}, value(text, false, Parse::kJson), ""}};
  auto& columns = mapping.columns;
  columns[3].value.children = {value(line, true)};
  columns[3].value.children[0].children = {value(instant, false, Parse::kUnixMicros), value(integer, true)};
  columns[4].value.children = {value(text, true), value(number)};
  columns[5].value.children = {value(small)};
  columns[5].value.children[0].children = {value(integer)};
  EXPECT_EQ(file->streams, std::vector{stream});
}

TEST(Spec, WhatIsNotWrittenHasTheTablesDefaults) {
  const SpecResult file = Read(Whole());
  ASSERT_TRUE(file) << file.error()[0].ToString();
  const StreamSpec& stream = *file->FindStream("orders");
  EXPECT_EQ(stream.start, StartSpec());
  EXPECT_EQ(stream.errors_table, "ingest.orders__errors");
  EXPECT_TRUE(stream.create);
  EXPECT_EQ(stream.commit_interval, std::chrono::seconds(10));
  EXPECT_EQ(stream.target_file_bytes, std::nullopt);
  ASSERT_TRUE(stream.mapping.has_value());
  EXPECT_EQ(stream.mapping->metadata, MetadataColumns());
  EXPECT_THAT(stream.mapping->columns[0].path, ElementsAre("id"));
  EXPECT_EQ(file->FindCatalog("lake")->catalog_name, "lake");
  EXPECT_EQ(file->FindCatalog("lake")->database_path, "/etc/frazil/lake/catalog.db");
  EXPECT_EQ(file->FindConnection("shop")->tls, std::nullopt);
  EXPECT_EQ(file->FindConnection("other"), nullptr);
}

struct BadDocument {
  std::string_view from;     // in Whole()
  std::string_view to;       // what stands there instead
  std::string_view problem;  // "LINE:COLUMN CODE"
  std::string_view says;     // part of detail and fix
};

void PrintTo(const BadDocument& document, std::ostream* os) {
  *os << document.to;
}

class SpecProblem : public testing::TestWithParam<BadDocument> {};

TEST_P(SpecProblem, IsFoundWhereItStands) {
  const std::string yaml = Replace(Whole(), GetParam().from, GetParam().to);
  EXPECT_THAT(Problems(yaml), ElementsAre(std::string(GetParam().problem)));
  const SpecResult result = Read(yaml);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error()[0].detail + " | " + result.error()[0].fix,
              HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Documents, SpecProblem,
    testing::Values(
        // the text itself
        BadDocument{"  type: kafka\n", "  type: [kafka\n", "6:10 CONFIG_SYNTAX", "no YAML"},
        BadDocument{"{name: shop}", "&a {name: shop}", "3:11 CONFIG_SYNTAX", "anchors"},
        BadDocument{"  type: kafka\n", "  type: kafka\n  type: kafka\n", "6:3 CONFIG_DUPLICATE_KEY",
                    "after line 5"},
        // keys
        BadDocument{"brokers:", "broker:", "6:3 CONFIG_UNKNOWN_KEY", "did you mean brokers?"},
        BadDocument{"    topic: orders", "    topics: orders\n    topic: orders", "22:5 CONFIG_UNKNOWN_KEY",
                    "did you mean topic?"},
        BadDocument{"    topic: orders\n", "", "21:5 CONFIG_MISSING", "spec.source.topic is missing"},
        BadDocument{"kind: catalog\n", "", "8:1 CONFIG_MISSING", "kind is missing"},
        BadDocument{"kind: catalog", "kind: catalogue", "9:7 CONFIG_VALUE", "did you mean catalog?"},
        BadDocument{"frazil/v1", "frazil/v2", "1:14 CONFIG_VALUE", "frazil/v1"},
        // types of values
        BadDocument{"brokers: [\"127.0.0.1:9092\"]", "brokers: \"127.0.0.1:9092\"", "6:12 CONFIG_TYPE",
                    "not a list"},
        BadDocument{"topic: orders", "topic: 2024", "22:12 CONFIG_TYPE", "in quotes: \"2024\""},
        BadDocument{"topic: orders", "topic:", "22:5 CONFIG_TYPE", "empty"},
        BadDocument{"topic: orders", "topic: \"\"", "22:12 CONFIG_VALUE", "empty"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    create: maybe", "26:13 CONFIG_TYPE",
                    "neither true nor false"},
        // single values
        BadDocument{"127.0.0.1:9092", "127.0.0.1", "6:13 CONFIG_VALUE", "host:port"},
        BadDocument{"{name: orders}", "{name: Orders}", "18:18 CONFIG_NAME", "a-z"},
        BadDocument{"table: ingest.orders", "table: orders", "25:12 CONFIG_VALUE", "namespace.table"},
        BadDocument{"topic: orders", "topic: orders\n    start: newest", "23:12 CONFIG_VALUE",
                    "earliest, latest"},
        BadDocument{"topic: orders", "topic: orders\n    start: {timestamp: yesterday}", "23:24 CONFIG_VALUE",
                    "no time"},
        BadDocument{"topic: orders", "topic: orders\n    start: {offsets: {a: 1}}", "23:23 CONFIG_VALUE",
                    "partition"},
        BadDocument{"topic: orders", "topic: orders\n    start: {group: g, timestamp: 0}",
                    "23:12 CONFIG_VALUE", "exactly one key"},
        BadDocument{"  mapping:", "  commit: {interval: 10}\n  mapping:", "26:22 CONFIG_VALUE", "like 10s"},
        BadDocument{"  mapping:", "  commit: {interval: 1d}\n  mapping:", "26:22 CONFIG_VALUE",
                    "minutes are usual"},
        BadDocument{"  mapping:", "  commit: {interval: 5ms}\n  mapping:", "26:22 CONFIG_VALUE",
                    "below 100ms"},
        BadDocument{"  mapping:", "  errors: {table: ingest.orders}\n  mapping:", "26:19 CONFIG_VALUE",
                    "the target itself"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    properties: {frazil.position.x: 1}",
                    "26:18 CONFIG_VALUE", "Frazil's own"},
        BadDocument{"  type: kafka\n", "  type: kafka\n  tls: {cert_file: a.pem}\n", "6:8 CONFIG_MISSING",
                    "go together"},
        BadDocument{"  type: kafka\n",
                    "  type: kafka\n  sasl: {mechanism: PLAIN, username: me, password: hunter2}\n",
                    "6:52 CONFIG_SECRET", "from_env"},
        // columns
        BadDocument{"type: long", "type: bigint", "28:26 CONFIG_VALUE", "bigint"},
        BadDocument{"type: long", "type: lnog", "28:26 CONFIG_VALUE", "did you mean long?"},
        BadDocument{"type: long", "type: \"struct<a: int, b: list<lnog>>\"", "28:50 CONFIG_VALUE",
                    "did you mean long?"},
        BadDocument{"type: long", "type: 'map<string, decimal(9 2)>'", "28:49 CONFIG_VALUE", "expected ','"},
        BadDocument{"type: long", "type: \"list<\\x6cnog>\"", "28:26 CONFIG_VALUE", "did you mean long?"},
        BadDocument{"{name: id, type: long}", "name: id\n        type: list<sting>", "29:20 CONFIG_VALUE",
                    "did you mean string?"},
        BadDocument{"type: long", "type: list", "28:26 CONFIG_MISSING", "needs element"},
        BadDocument{"type: long", "type: long, element: {type: int}", "28:41 CONFIG_VALUE",
                    "does not go with"},
        BadDocument{"name: id, type", "name: id, from: a/b, type", "28:26 CONFIG_VALUE", ""},
        BadDocument{"name: id, type: long", "name: AT, type: long", "29:16 CONFIG_VALUE", "another name"},
        BadDocument{"name: id, type: long", "name: at, type: long", "29:16 CONFIG_VALUE", "another name"},
        BadDocument{"name: id, type: long", "name: kafka_key, type: long", "28:16 CONFIG_VALUE",
                    "another name"},
        BadDocument{"type: long", "type: long, parse: hex", "28:39 CONFIG_VALUE", "binary and fixed"},
        BadDocument{"parse: unix_millis", "parse: \"%Q\"", "29:46 CONFIG_VALUE", "%Q"},
        BadDocument{"type: long", "type: \"fixed[1025]\"", "28:26 CONFIG_VALUE", "Take binary"},
        BadDocument{"name: id, type: long", "name: id, from: /at/x, type: long", "29:9 CONFIG_VALUE",
                    "read \"/at\" as values of different kinds"},
        // in parts of columns: the key that is wrong, or the type where it is text
        BadDocument{"type: long", "type: list, element: {type: long, parse: hex}", "28:61 CONFIG_VALUE",
                    "id.element cannot have"},
        BadDocument{"type: long", "type: list, element: {type: lnog}", "28:48 CONFIG_VALUE",
                    "did you mean long?"},
        BadDocument{"type: long", "type: map, key: {type: string}, value: {type: struct, fields: []}",
                    "28:82 CONFIG_VALUE", "name at least one"},
        BadDocument{"type: long", "type: map, key: {type: list, element: {type: int}}, value: {type: int}",
                    "28:43 CONFIG_VALUE", "cannot be nested"},
        BadDocument{"type: long", "type: \"struct<a: int, b: struct<c: int, C: int>>\"", "28:26 CONFIG_VALUE",
                    "id.b.C needs a name of its own"},
        BadDocument{"type: long",
                    "type: struct, fields: [{name: a, type: int}, {name: b, type: struct, fields: [{name: c, "
                    "type: int}, {name: C, type: int}]}]",
                    "28:127 CONFIG_VALUE", "id.b.C needs a name of its own"},
        BadDocument{"type: long", "type: struct, fields: [{name: a, type: int, default: 1.5}]",
                    "28:73 CONFIG_VALUE", "id.a cannot have the default 1.5"},
        BadDocument{"type: long", "type: struct, fields: [{name: a, type: date, parse: \"%Q\"}]",
                    "28:72 CONFIG_VALUE", "%Q"},
        BadDocument{
            "type: long}",
            "type: long}\n      - {name: s, from: \"\", type: struct, fields: [{name: id, type: string}]}",
            "29:69 CONFIG_VALUE", "s.id and a column before it read \"/id\""},
        BadDocument{"name: id, type", "name: id, in: header, type", "28:24 CONFIG_VALUE",
                    "did you mean headers?"},
        BadDocument{"name: id, type", "name: id, in: headers, from: \"\", type", "28:39 CONFIG_VALUE",
                    "from: /NAME"},
        BadDocument{"type: long", "type: long, default: x", "28:41 CONFIG_VALUE", "text in quotes"},
        BadDocument{"type: long", "type: string, default: 12", "28:43 CONFIG_VALUE", "text in quotes"},
        BadDocument{"type: long", "type: long, default: 007", "28:41 CONFIG_VALUE", "as JSON writes it"},
        BadDocument{"type: long", "type: long, default: {a: 1}", "28:41 CONFIG_VALUE", "can only be empty"},
        BadDocument{"type: long", "type: long, default: null", "28:32 CONFIG_VALUE", "leave it out"},
        BadDocument{"type: long", "type: list, element: {type: long, default: 1}", "28:54 CONFIG_UNKNOWN_KEY",
                    "no key default"},
        BadDocument{"    columns:", "    unmapped: {collect: ID}\n    columns:", "27:15 CONFIG_VALUE",
                    "a name that no other column has"},
        BadDocument{"    columns:", "    unmapped: {}\n    columns:", "27:15 CONFIG_MISSING",
                    "collect is missing"},
        // layouts that cannot be
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    format_version: 1",
                    "26:21 CONFIG_NOT_SUPPORTED", "supported: 2, 3"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    partition_by: [\"dya(at)\"]",
                    "26:20 CONFIG_VALUE", "did you mean day?"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    partition_by: [id, \"day(ta)\"]",
                    "26:24 CONFIG_VALUE", "did you mean at?"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    partition_by: [\"hour(id)\"]",
                    "26:20 CONFIG_VALUE", "hour timestamps"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    partition_by: [id, id]",
                    "26:24 CONFIG_VALUE", "leave one of them out"},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    partition_by: id", "26:19 CONFIG_TYPE",
                    ""},
        BadDocument{"table: ingest.orders", "table: ingest.orders\n    sort_by: [id up]",
                    "26:15 CONFIG_VALUE", ""},
        // names that lead nowhere
        BadDocument{"connection: shop", "connection: shpo", "21:17 CONFIG_REFERENCE", "did you mean shop?"},
        BadDocument{"catalog: lake", "catalog: warehouse", "24:14 CONFIG_REFERENCE",
                    "add a document of kind catalog"},
        // what this version does not do
        BadDocument{"topic: orders", "topic: orders\n    format: {type: avro}", "23:20 CONFIG_NOT_SUPPORTED",
                    "supported: json"},
        BadDocument{"type: sql", "type: rest", "12:9 CONFIG_NOT_SUPPORTED", "supported: sql"},
        BadDocument{"sqlite:lake/catalog.db", "postgresql://db/lake", "13:8 CONFIG_NOT_SUPPORTED",
                    "sqlite:PATH"},
        BadDocument{"file:lake", "s3://bucket/lake", "14:14 CONFIG_NOT_SUPPORTED", "file:PATH"},
        BadDocument{"  mapping:", "  errors: {policy: pause}\n  mapping:", "26:20 CONFIG_NOT_SUPPORTED",
                    "supported: continue"},
        BadDocument{"  mapping:", "  retention: {errors: 30d}\n  mapping:", "26:23 CONFIG_NOT_SUPPORTED",
                    "supported: forever"},
        BadDocument{"  mapping:", "  raw: {table: ingest.raw}\n  mapping:", "26:3 CONFIG_NOT_SUPPORTED",
                    "parse: json"}));

TEST(Spec, ColumnsOfKeysAndHeadersDefaultsAndCollectionAreRead) {
  const SpecResult file = Read(Replace(
      Replace(Whole(), "{name: id, type: long}", R"({name: id, in: key, from: "", type: long, default: -1}
      - {name: trace, in: headers, from: /trace-id, type: string, default: none}
      - {name: tags, type: list, element: {type: string}, default: []}
      - {name: who, type: struct, default: {}, fields: [{name: "on", type: boolean, default: true, doc: "Is it?"}]})"),
      "    columns:", "    unmapped: {collect: rest}\n    columns:"));
  ASSERT_TRUE(file) << file.error()[0].ToString();
  ASSERT_TRUE(file->streams[0].mapping.has_value());
  const Mapping& mapping = *file->streams[0].mapping;
  EXPECT_EQ(mapping.unmapped, Unmapped::kCollect);
  EXPECT_EQ(mapping.unmapped_column, "rest");
  const auto& columns = mapping.columns;
  EXPECT_EQ(columns[0].part, MessagePart::kKey);
  EXPECT_TRUE(columns[0].path.empty());
  EXPECT_EQ(columns[1].part, MessagePart::kHeaders);
  EXPECT_THAT(columns[1].path, ElementsAre("trace-id"));
  EXPECT_EQ(columns[4].part, MessagePart::kValue);
  const auto json_of = [&](std::size_t i) { return columns[i].value.default_json.value_or("none"); };
  EXPECT_THAT((std::vector{json_of(0), json_of(1), json_of(2), json_of(3), json_of(4)}),
              ElementsAre("-1", "\"none\"", "[]", "{}", "none"));
  EXPECT_EQ(columns[3].value.children[0].default_json, "true");
  EXPECT_EQ(columns[3].value.type.children[0].doc, "Is it?");
  const SpecResult plain = Read(Replace(Whole(), "    columns:", "    unmapped: collect\n    columns:"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->streams[0].mapping.value_or(Mapping()).unmapped_column, "unmapped");
}

TEST(Spec, EachWrongColumnIsReported) {
  const std::string yaml = Replace(
      Whole(), "type: long}", "type: long, parse: hex}\n      - {name: t, type: time, parse: unix_days}");
  EXPECT_THAT(Problems(yaml), ElementsAre("28:39 CONFIG_VALUE", "29:38 CONFIG_VALUE"));
}

TEST(Spec, AllProblemsOfAFileAreReportedInOrder) {
  std::string yaml = Replace(Whole(), "brokers:", "broker:");
  yaml = Replace(yaml, "type: sql", "type: rest");
  yaml = Replace(yaml, "connection: shop", "connection: shpo");
  yaml = Replace(yaml, "type: long", "type: bigint");
  EXPECT_THAT(Problems(yaml), ElementsAre("6:3 CONFIG_UNKNOWN_KEY", "12:9 CONFIG_NOT_SUPPORTED",
                                          "21:17 CONFIG_REFERENCE", "28:26 CONFIG_VALUE"));
}

TEST(Spec, AStreamNeedsNoMapping) {
  std::string yaml = Whole();
  yaml.erase(yaml.find("  mapping:"));
  const SpecResult result = Read(yaml);
  ASSERT_TRUE(result) << result.error()[0].ToString();
  EXPECT_EQ(result->streams.at(0).mapping, std::nullopt);
}

TEST(Spec, TwoDocumentsOfOneNameAreRefused) {
  EXPECT_THAT(Problems(Whole() + std::string(kStream)), ElementsAre("33:18 CONFIG_NAME"));
}

TEST(Spec, AnEmptyFileIsRefused) {
  EXPECT_THAT(Problems("# nothing\n---\n"), ElementsAre("1:1 CONFIG_MISSING"));
}

// yaml-cpp alone goes on finding empty documents before such a comma.
TEST(Spec, ACommaOutsideOfBracketsEndsTheReading) {
  EXPECT_THAT(Problems(","), ElementsAre("1:1 CONFIG_SYNTAX"));
  EXPECT_THAT(Problems(Whole() + "---\n[1],\n"), ElementsAre("31:1 CONFIG_TYPE", "31:4 CONFIG_SYNTAX"));
  EXPECT_THAT(Problems(Whole() + "---\n---\n"), ElementsAre());
}

TEST(Spec, NoTextMakesTheParserFall) {
  // Each cut of a file: an answer, never a crash.
  const std::string whole = Whole();
  for (std::size_t size = 0; size < whole.size(); ++size) static_cast<void>(Read(whole.substr(0, size)));
  EXPECT_THAT(Problems(std::string(5'000, '[')), testing::SizeIs(1));
  EXPECT_FALSE(Read("a: {b: c, [d]: e}"));
  EXPECT_FALSE(Read("- a\n- b\n"));
  EXPECT_FALSE(Read(std::string("a: \0b", 5)));
}

struct StartCase {
  std::string_view text;
  StartSpec start;
};

TEST(Spec, StartsAreRead) {
  using Kind = StartSpec::Kind;
  const StartCase cases[] = {
      {"latest", {.kind = Kind::kLatest, .offsets = {}, .group = ""}},
      {"{group: old}", {.kind = Kind::kGroup, .offsets = {}, .group = "old"}},
      {"{timestamp: 1700000000000}",
       {.kind = Kind::kTimestamp, .unix_ms = 1'700'000'000'000, .offsets = {}, .group = ""}},
      {"{timestamp: 2023-11-14T22:13:20Z}",
       {.kind = Kind::kTimestamp, .unix_ms = 1'700'000'000'000, .offsets = {}, .group = ""}},
      {"{timestamp: '2023-11-15 00:13:20.25+02:00'}",
       {.kind = Kind::kTimestamp, .unix_ms = 1'700'000'000'250, .offsets = {}, .group = ""}}};
  for (const StartCase& one : cases) {
    const SpecResult file =
        Read(Replace(Whole(), "topic: orders", "topic: orders\n    start: " + std::string(one.text)));
    ASSERT_TRUE(file) << one.text << file.error()[0].ToString();
    EXPECT_EQ(file->streams[0].start, one.start) << one.text;
  }
  for (const std::string_view bad :
       {"2023-11-14T22:13:20", "2023-02-30T00:00:00Z", "2023-11-14", "1e3", "2023-11-14T25:00:00Z"}) {
    const std::string start = "topic: orders\n    start: {timestamp: " + std::string(bad) + "}";
    EXPECT_THAT(Problems(Replace(Whole(), "topic: orders", start)), ElementsAre("23:24 CONFIG_VALUE")) << bad;
  }
}

TEST(SpecFiles, RelativePathsAreThoseOfTheFile) {
  std::string folder = (std::filesystem::temp_directory_path() / "frazil_spec_XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/orders.yaml";
  std::ofstream(path) << Whole();
  std::ofstream(folder + "/password") << "hunter2\n";

  const SpecResult file = LoadSpecFile(path);
  ASSERT_TRUE(file) << file.error()[0].ToString();
  EXPECT_EQ(file->catalogs[0].warehouse, "file://" + folder + "/lake");
  EXPECT_EQ(LoadSpecFile(folder + "/other.yaml").error()[0].code, "CONFIG_FILE");
  EXPECT_EQ(LoadSpecFile(folder).error()[0].code, "CONFIG_FILE");

  ASSERT_OK_AND_ASSIGN(const std::string password, ResolveSecret({"", folder + "/password", "f.yaml:1:1"}));
  EXPECT_EQ(password, "hunter2");
  EXPECT_THAT(ResolveSecret({"", folder + "/other", "f.yaml:1:1"}), FailsWithCode("CONFIG_SECRET"));
  EXPECT_THAT(ResolveSecret({"FRAZIL_TEST_NOT_SET", "", "f.yaml:1:1"}), FailsWithCode("CONFIG_SECRET"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace frazil
