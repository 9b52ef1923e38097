// The documents people write: connections, catalogs and streams, as values.
//
// The YAML form is strict: an unknown or duplicate key, a wrong type, a missing key, a name that leads
// nowhere and whatever this version does not put into force are errors with line and column. One field table
// (table_internal.h) drives the parser, the JSON Schema and the reference in docs/spec.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "mapping/mapping.h"
#include "schema/layout_terms.h"

namespace frazil {

// Where a secret is to be found; never the secret itself. Exactly one of the two is set.
struct SecretSpec {
  std::string from_env;   // name of an environment variable
  std::string from_file;  // absolute path
  std::string place;      // "file.yaml:12:3", for errors
  bool operator==(const SecretSpec&) const = default;
};

struct TlsSpec {
  std::string ca_file;    // absolute path; "" = the system's authorities
  std::string cert_file;  // absolute path; "" = no client certificate
  std::string key_file;   // absolute path; set when cert_file is
  bool operator==(const TlsSpec&) const = default;
};

struct SaslSpec {
  std::string mechanism;  // PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512
  std::string username;
  SecretSpec password;
  bool operator==(const SaslSpec&) const = default;
};

// A Kafka cluster.
struct ConnectionSpec {
  std::string name;
  std::vector<std::string> brokers;  // host:port, at least one
  std::optional<TlsSpec> tls;        // absent: plaintext
  std::optional<SaslSpec> sasl;
  std::string rack = {};  // where this process runs; "" = not told
  bool operator==(const ConnectionSpec&) const = default;
};

// An Iceberg catalog with its warehouse.
struct CatalogSpec {
  std::string name;
  std::string database_path;  // absolute path of the SQLite database
  std::string warehouse;      // "file:///absolute/path", without a slash at the end
  std::string catalog_name;   // as the catalog's tables have it
  bool operator==(const CatalogSpec&) const = default;
};

// Where a stream begins that has no position yet.
struct StartSpec {
  enum class Kind { kEarliest, kLatest, kTimestamp, kOffsets, kGroup };
  Kind kind = Kind::kEarliest;
  std::int64_t unix_ms = 0;                      // kTimestamp
  std::map<std::int32_t, std::int64_t> offsets;  // kOffsets: partition -> next offset to read
  std::string group;                             // kGroup
  bool operator==(const StartSpec&) const = default;
};

// A topic kept flowing into a table.
struct StreamSpec {
  std::string name;
  std::map<std::string, std::string> labels;
  std::string description;

  std::string connection;  // name of a connection of the same file
  std::string topic;
  StartSpec start;
  bool own_client = true;  // read by ourselves, not by librdkafka

  std::string catalog;       // name of a catalog of the same file
  std::string table;         // "namespace.table"
  std::string errors_table;  // "namespace.table"
  std::string location;      // "file:///absolute/path" of a table to be created; "" = below the warehouse
  std::map<std::string, std::string> properties;  // of a table to be created
  bool create = true;                             // create the tables when they are missing
  std::string branch = "main";
  std::int32_t format_version = 2;  // of a table to be created
  std::vector<LayoutTerm> partition_by;
  std::vector<SortTerm> sort_by;

  std::optional<Mapping> mapping;  // absent: inferred when the table is created, by name afterwards
  std::chrono::milliseconds commit_interval{10'000};
  std::optional<std::int64_t> target_file_bytes;  // absent: the table's write.target-file-size-bytes

  bool operator==(const StreamSpec&) const = default;
};

// A whole file. Names are unique per kind, every name that a stream uses is there.
struct SpecFile {
  std::vector<ConnectionSpec> connections;
  std::vector<CatalogSpec> catalogs;
  std::vector<StreamSpec> streams;

  // nullptr when there is none of that name.
  const ConnectionSpec* FindConnection(std::string_view name) const;
  const CatalogSpec* FindCatalog(std::string_view name) const;
  const StreamSpec* FindStream(std::string_view name) const;

  bool operator==(const SpecFile&) const = default;
};

// Everything that is wrong with a file, in the order of the lines. All are kInvalid; `pointer` is
// "FILE:LINE:COLUMN", both from 1.
using SpecResult = tl::expected<SpecFile, std::vector<Error>>;

// `file_name` is shown in errors; relative paths of the documents are taken from `folder`, which is absolute.
SpecResult ParseSpec(std::string_view yaml, const std::string& file_name, const std::string& folder);

}  // namespace frazil
