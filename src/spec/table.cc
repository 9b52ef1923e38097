#include "spec/table_internal.h"

#include <algorithm>

namespace frazil {
namespace {

using enum Presence;

const ObjectRule kSecret{
    .name = "secret",
    .doc = "Where a secret is found. The secret itself never stands in a document.",
    .fields = {{.key = "from_env", .doc = "Name of an environment variable."},
               {.key = "from_file", .shape = Shape::kPath, .doc = "A file that holds nothing else."}},
    .exactly_one = true};

const ObjectRule kMetadata{
    .name = "metadata",
    .doc = "What the document is called.",
    .fields = {
        {.key = "name",
         .shape = Shape::kName,
         .presence = kRequired,
         .doc =
             "Unique among documents of its kind. A stream's name is kept in its tables: it cannot change."},
        {.key = "labels", .shape = Shape::kTextMap, .doc = "Words of your own."},
        {.key = "description", .doc = "A sentence for people."}}};

const ObjectRule kTls{
    .name = "tls",
    .doc = "TLS to the brokers. `{}` trusts the system's authorities.",
    .fields = {
        {.key = "ca_file", .shape = Shape::kPath, .doc = "Authorities to trust, PEM."},
        {.key = "cert_file", .shape = Shape::kPath, .doc = "Client certificate, PEM; with `key_file`."},
        {.key = "key_file", .shape = Shape::kPath, .doc = "Key of the client certificate, PEM."}}};

const ObjectRule kSasl{.name = "sasl",
                       .doc = "How Frazil logs in to the brokers.",
                       .fields = {{.key = "mechanism",
                                   .shape = Shape::kEnum,
                                   .presence = kRequired,
                                   .doc = "As the brokers offer it.",
                                   .values = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}},
                                  {.key = "username", .presence = kRequired, .doc = "The user."},
                                  {.key = "password",
                                   .shape = Shape::kObject,
                                   .presence = kRequired,
                                   .doc = "The user's password.",
                                   .object = &kSecret}}};

const ObjectRule kConnectionSpec{
    .name = "connection.spec",
    .doc = "A Kafka cluster.",
    .fields = {{.key = "type",
                .shape = Shape::kEnum,
                .presence = kRequired,
                .doc = "What is connected to.",
                .values = {"kafka"}},
               {.key = "brokers",
                .shape = Shape::kBroker,
                .presence = kRequired,
                .doc = "Some of the cluster's brokers, as `host:port`.",
                .many = Many::kNonEmptyList},
               {.key = "tls", .shape = Shape::kObject, .doc = "Absent: plaintext.", .object = &kTls},
               {.key = "sasl", .shape = Shape::kObject, .doc = "Absent: no login.", .object = &kSasl},
               {.key = "rack",
                .doc = "Where Frazil runs, in the words of the brokers' `broker.rack`: replicas there are "
                       "read instead of leaders, if the cluster allows it. Absent: leaders are read."},
               {.key = "schema_registry",
                .presence = kLater,
                .doc = "The registry of the topics' schemas.",
                .instead = "leave it out: JSON messages need no registry"}}};

const ObjectRule kCatalogSpec{
    .name = "catalog.spec",
    .doc = "An Iceberg catalog with its warehouse.",
    .fields = {{.key = "type",
                .shape = Shape::kEnum,
                .presence = kRequired,
                .doc = "The catalog's kind.",
                .values = {"sql"},
                .later = {"rest"}},
               {.key = "uri",
                .shape = Shape::kDatabase,
                .presence = kRequired,
                .doc = "`sqlite:PATH`, or `sqlite:///PATH` as PyIceberg writes it."},
               {.key = "warehouse",
                .shape = Shape::kWarehouse,
                .presence = kRequired,
                .doc = "`file:PATH`, or a path: the folder below which tables are created."},
               {.key = "catalog_name",
                .doc = "The name under which the catalog's tables hold it. Default: the document's."},
               {.key = "auth",
                .presence = kLater,
                .doc = "Log-in to a REST catalog.",
                .instead = "leave it out: a SQLite catalog has no log-in"},
               {.key = "storage",
                .presence = kLater,
                .doc = "Access to an object store.",
                .instead = "leave it out and use a warehouse of local files"}}};

const ObjectRule kStart{
    .name = "start",
    .doc =
        "A place in the topic. It counts once, at the stream's first start; later the tables know the "
        "position.",
    .fields =
        {{.key = "timestamp",
          .shape = Shape::kTimestamp,
          .doc =
              "The first message of this time or later: `2026-01-31T08:00:00Z`, or milliseconds since 1970."},
         {.key = "offsets",
          .shape = Shape::kOffsetMap,
          .doc = "The first offset per partition: `{\"0\": 12}`; partitions not named start at their "
                 "beginning."},
         {.key = "group",
          .doc = "Where this consumer group stands; its other partitions start at their beginning."}},
    .exactly_one = true};

const ObjectRule kFormat{.name = "format",
                         .doc = "How messages are encoded.",
                         .fields = {{.key = "type",
                                     .shape = Shape::kEnum,
                                     .presence = kRequired,
                                     .doc = "The format of message values.",
                                     .values = {"json"},
                                     .later = {"avro", "protobuf", "csv", "string", "bytes"}}}};

const ObjectRule kSource{
    .name = "source",
    .doc = "What is read.",
    .fields = {
        {.key = "connection", .shape = Shape::kName, .presence = kRequired, .doc = "Name of a connection."},
        {.key = "topic", .presence = kRequired, .doc = "The topic; all its partitions are read."},
        {.key = "start",
         .shape = Shape::kEnumOrObject,
         .doc = "Where to begin.",
         .otherwise = "earliest",
         .values = {"earliest", "latest"},
         .object = &kStart},
        {.key = "format", .shape = Shape::kObject, .doc = "Default: `{type: json}`.", .object = &kFormat},
        {.key = "client",
         .shape = Shape::kEnum,
         .doc = "What reads the topic: Frazil's own client (Apache Kafka 2.8 or later), or librdkafka, which "
                "knows no topic ids or leader epochs and costs more.",
         .otherwise = "frazil",
         .values = {"frazil", "librdkafka"}}}};

const ObjectRule kTarget{
    .name = "target",
    .doc = "The table that gets the rows.",
    .fields = {
        {.key = "catalog", .shape = Shape::kName, .presence = kRequired, .doc = "Name of a catalog."},
        {.key = "table", .shape = Shape::kTable, .presence = kRequired, .doc = "`namespace.table`."},
        {.key = "create",
         .shape = Shape::kBoolean,
         .doc = "Create the tables when they are missing.",
         .otherwise = "true"},
        {.key = "location",
         .shape = Shape::kWarehouse,
         .doc = "Folder of a table to be created. Default: below the warehouse."},
        {.key = "properties",
         .shape = Shape::kTextMap,
         .doc = "Table properties of a table to be created; the errors table gets those about files, "
                "metadata and history ([operations.md](operations.md#the-tables))."},
        {.key = "branch",
         .doc = "The branch that is written; one that is not there begins where `main` is.",
         .otherwise = "main"},
        {.key = "format_version",
         .shape = Shape::kEnum,
         .doc = "Iceberg format version of a table to be created.",
         .otherwise = "2",
         .values = {"2", "3"},
         .later = {"1"}},
        {.key = "partition_by",
         .shape = Shape::kPartition,
         .doc = "Partition fields: a column, or `bucket(16, x)`, `truncate(8, x)`, `year(x)`, `month(x)`, "
                "`day(x)`, `hour(x)`; [layouts.md](layouts.md). A table that exists must agree. "
                "Default: as the table is.",
         .many = Many::kList},
        {.key = "sort_by",
         .shape = Shape::kSortKey,
         .doc = "Sort order of each file: like partition fields, with `desc`, `nulls first` or `nulls last` "
                "behind. A table that exists must agree. Default: as the table is.",
         .many = Many::kList}}};

// Values nest in values: struct members, list elements, map keys and values.
extern const ObjectRule kMember;
extern const ObjectRule kValue;

const FieldRule kDefaultField{.key = "default",
                              .shape = Shape::kDefault,
                              .doc =
                                  "What stands for a missing value (null stays null), written as a message "
                                  "would hold it; `[]` for a list, `{}` for "
                                  "a map or a struct."};

std::vector<FieldRule> WithValueFields(std::vector<FieldRule> before, std::vector<FieldRule> after) {
  const std::vector<FieldRule> value = {
      {.key = "type",
       .shape = Shape::kType,
       .presence = kRequired,
       .doc = "An Iceberg type, like `long`, `decimal(9,2)`, `list<struct<id: int, at: timestamptz>>`; or "
              "`struct`, `list`, `map` with the keys below."},
      {.key = "parse",
       .shape = Shape::kParse,
       .doc = "How the value is read: `iso8601`, `unix_seconds`, `unix_millis`, `unix_micros`, `unix_nanos`, "
              "`unix_days`, a strptime pattern, `text`, `base64`, `hex`, `utf8`, `json`."},
      {.key = "required",
       .shape = Shape::kBoolean,
       .doc = "A missing or null value is an error.",
       .otherwise = "false"},
      {.key = "fields",
       .shape = Shape::kObject,
       .doc = "Members of `type: struct`.",
       .object = &kMember,
       .many = Many::kNonEmptyList},
      {.key = "element", .shape = Shape::kObject, .doc = "Element of `type: list`.", .object = &kValue},
      {.key = "key", .shape = Shape::kObject, .doc = "Key of `type: map`.", .object = &kValue},
      {.key = "value", .shape = Shape::kObject, .doc = "Value of `type: map`.", .object = &kValue}};
  before.insert(before.end(), value.begin(), value.end());
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

const ObjectRule kValue{
    .name = "value", .doc = "A value inside a list or a map.", .fields = WithValueFields({}, {})};

const ObjectRule kMember{
    .name = "member",
    .doc = "A member of a struct, read from the member of the same name.",
    .fields = WithValueFields({{.key = "name", .presence = kRequired, .doc = "The member's name."}},
                              {kDefaultField, {.key = "doc", .doc = "The member's comment in the table."}})};

const ObjectRule kColumn{
    .name = "column",
    .doc = "A column, and the value of the message that goes into it.",
    .fields = WithValueFields(
        {{.key = "name",
          .presence = kRequired,
          .doc = "The column's name; two names must not differ only by case."},
         {.key = "from",
          .shape = Shape::kPointer,
          .doc = "JSON Pointer into that part of the message, or `$.a.b`; `\"\"` is all of it. Of headers "
                 "`/NAME`, and a pointer into it. Default: `/` and the name."},
         {.key = "in",
          .shape = Shape::kEnum,
          .doc = "The part of the message.",
          .otherwise = "value",
          .values = {"value", "key", "headers"}}},
        {kDefaultField, {.key = "doc", .doc = "The column's comment in the table."}})};

const ObjectRule kUnmapped{.name = "unmapped",
                           .doc = "Where what no column reads is collected.",
                           .fields = {{.key = "collect",
                                       .presence = kRequired,
                                       .doc = "Name of the column: a string with a JSON object."}}};

const ObjectRule kMapping{
    .name = "mapping",
    .doc = "How messages become rows.",
    .fields = {
        {.key = "columns",
         .shape = Shape::kObject,
         .presence = kRequired,
         .doc = "The table's columns, in order.",
         .object = &kColumn,
         .many = Many::kNonEmptyList},
        {.key = "metadata_columns",
         .shape = Shape::kEnum,
         .doc = "Columns `kafka_partition`, `kafka_offset`, … after the mapped ones.",
         .otherwise = "[partition, offset, timestamp]",
         .values = {"partition", "offset", "timestamp", "key", "headers"},
         .many = Many::kList},
        {.key = "unmapped",
         .shape = Shape::kEnumOrObject,
         .doc =
             "What happens to what no column reads of a message's value: left out, collected in the column "
             "`unmapped` (or the one named), or an error of the message.",
         .otherwise = "ignore",
         .values = {"ignore", "collect", "reject"},
         .object = &kUnmapped}}};

const ObjectRule kErrors{
    .name = "errors",
    .doc = "What happens to messages that cannot become rows.",
    .fields = {{.key = "policy",
                .shape = Shape::kEnum,
                .doc = "They go to the errors table, the stream goes on.",
                .otherwise = "continue",
                .values = {"continue"},
                .later = {"pause"}},
               {.key = "table",
                .shape = Shape::kTable,
                .doc = "The errors table. Default: the target's name with `__errors`."}}};

const ObjectRule kCommit{
    .name = "commit",
    .doc = "When rows become visible.",
    .fields = {
        {.key = "interval",
         .shape = Shape::kDuration,
         .doc = "Time between commits while messages come.",
         .otherwise = "10s"},
        {.key = "target_file_bytes",
         .shape = Shape::kSize,
         .doc =
             "Size at which a data file is closed. Default: the table's `write.target-file-size-bytes`."}}};

const ObjectRule kRetention{
    .name = "retention",
    .doc = "What is deleted with age.",
    .fields = {{.key = "rows",
                .shape = Shape::kEnum,
                .doc = "Rows of the target.",
                .otherwise = "forever",
                .values = {"forever"},
                .later = {"*"}},
               {.key = "errors",
                .shape = Shape::kEnum,
                .doc = "Rows of the errors table.",
                .otherwise = "forever",
                .values = {"forever"},
                .later = {"*"}},
               {.key = "snapshots",
                .presence = kLater,
                .doc = "Snapshots of the tables.",
                .instead = "set history.expire.max-snapshot-age-ms in target.properties"}}};

const ObjectRule kStreamSpec{
    .name = "stream.spec",
    .doc = "A topic kept flowing into a table.",
    .fields = {
        {.key = "source",
         .shape = Shape::kObject,
         .presence = kRequired,
         .doc = "What is read.",
         .object = &kSource},
        {.key = "target",
         .shape = Shape::kObject,
         .presence = kRequired,
         .doc = "Where the rows go.",
         .object = &kTarget},
        {.key = "mapping",
         .shape = Shape::kObject,
         .doc = "How messages become rows. Absent: inferred when the table is created, by the columns' names "
                "afterwards.",
         .object = &kMapping},
        {.key = "errors",
         .shape = Shape::kObject,
         .doc = "What happens to bad messages.",
         .object = &kErrors},
        {.key = "commit", .shape = Shape::kObject, .doc = "When rows become visible.", .object = &kCommit},
        {.key = "retention",
         .shape = Shape::kObject,
         .doc = "What is deleted with age.",
         .object = &kRetention},
        {.key = "raw",
         .presence = kLater,
         .doc = "A table of the unparsed messages.",
         .instead = "leave it out; a column {from: \"\", type: string, parse: json} keeps the whole message"},
        {.key = "schema_changes",
         .presence = kLater,
         .doc = "What happens when messages change their form.",
         .instead = "leave it out: columns are those of mapping.columns"},
        {.key = "limits",
         .presence = kLater,
         .doc = "Limits of reading.",
         .instead = "leave it out: nothing is limited"}}};

ObjectRule Document(std::string_view kind, std::string_view doc, const ObjectRule& spec) {
  return ObjectRule{.name = kind,
                    .doc = doc,
                    .fields = {{.key = "api_version",
                                .shape = Shape::kEnum,
                                .presence = kRequired,
                                .doc = "The form of the document.",
                                .values = {"frazil/v1"}},
                               {.key = "kind",
                                .shape = Shape::kEnum,
                                .presence = kRequired,
                                .doc = "What the document describes.",
                                .values = {kind}},
                               {.key = "metadata",
                                .shape = Shape::kObject,
                                .presence = kRequired,
                                .doc = "Its name.",
                                .object = &kMetadata},
                               {.key = "spec",
                                .shape = Shape::kObject,
                                .presence = kRequired,
                                .doc = "What it says.",
                                .object = &spec}}};
}

const ObjectRule kConnection = Document("connection", "A Kafka cluster.", kConnectionSpec);
const ObjectRule kCatalog = Document("catalog", "An Iceberg catalog with its warehouse.", kCatalogSpec);
const ObjectRule kStream = Document("stream", "A topic kept flowing into a table.", kStreamSpec);

void Collect(const ObjectRule& rule, std::vector<const ObjectRule*>& out) {
  if (std::ranges::find(out, &rule) != out.end()) return;
  out.push_back(&rule);
  for (const FieldRule& field : rule.fields) {
    if (field.object != nullptr) Collect(*field.object, out);
  }
}

}  // namespace

const FieldRule* ObjectRule::Find(std::string_view key) const {
  const auto found = std::ranges::find(fields, key, &FieldRule::key);
  return found == fields.end() ? nullptr : &*found;
}

const std::vector<const ObjectRule*>& DocumentRules() {
  static const std::vector<const ObjectRule*> rules = {&kConnection, &kCatalog, &kStream};
  return rules;
}

const ObjectRule& SecretRule() {
  return kSecret;
}

std::vector<const ObjectRule*> AllRules() {
  std::vector<const ObjectRule*> rules;
  for (const ObjectRule* document : DocumentRules()) Collect(*document, rules);
  return rules;
}

}  // namespace frazil
