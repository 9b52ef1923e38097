// Proves G1 for a stream: each offset of [start, committed) is exactly one of a row, an error row, a null or
// filtered message, or an offset that the broker never delivered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "proof/accounts.h"
#include "proof/stream_state.h"
#include "proof/topic_witness.h"
#include "runtime/runtime.h"

namespace frazil {

struct AuditOptions {
  std::string stream;
  std::string topic;
  TableName target;
  bool rows = false;                              // read the rows even where the summaries suffice
  OpenSource open_source;                         // asked about offsets without row; empty: nobody is asked
  std::int64_t map_bits = std::int64_t{1} << 31;  // offsets looked at in one pass over the files: 256 MiB
};

struct AuditReport {
  std::string stream;
  std::string target;
  SnapshotId snapshot;  // the target's head
  std::int64_t n = 0;   // of the last commit
  std::map<Partition, PartitionAudit> partitions;
  EpochCounts counts;  // recorded by the commits that are known
  std::int64_t commits = 0;
  bool whole = false;  // those are all commits
  bool rows_read = false;
  bool topic_asked = false;
  std::int64_t rows_without_offset = 0;  // of other writers
  std::int64_t deleted_rows = 0;         // by delete files
  std::vector<AcceptedStop> accepted;    // decisions of persons, oldest first
  std::vector<std::string> notes;        // what a reader of the report must know
  std::vector<Finding> findings;

  bool clean() const { return findings.empty(); }
};

// Reads the tables, changes nothing. Failures as ReadStreamState; kInvalid (AUDIT_NO_OFFSETS,
// AUDIT_SHARED_TABLE) when the rows have to be read and do not tell their messages; kCorrupt for damaged
// metadata, manifests or files.
Result<AuditReport> Audit(Runtime& runtime, Catalog& catalog, ObjectStore& store,
                          const AuditOptions& options);

}  // namespace frazil
