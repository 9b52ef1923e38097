// The second stage of an audit: the rows themselves, in passes over windows of offsets.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "proof/accounts.h"
#include "proof/audit.h"
#include "proof/live_files.h"
#include "proof/offset_map.h"
#include "proof/row_scan.h"
#include "proof/stream_state.h"

namespace frazil {

// Live files whose rows are one kind of answer.
struct RowSource {
  std::int64_t PartitionAudit::* count = nullptr;  // rows, errors or pending
  RowScan scan;
  LiveFiles files;
  RowDeletes deletes;
  const Positions* until = nullptr;  // rows below these are not outside: followers after a rollback
};

class RowAudit {
 public:
  // Counts into `report`. `witness` is called once there is an offset without row; it may answer null.
  RowAudit(const StreamState& state, std::vector<RowSource>& sources, std::function<TopicWitness*()> witness,
           AuditReport& report)
      : state_(state),
        sources_(sources),
        witness_(std::move(witness)),
        report_(report),
        accepted_(state.record.accepted),
        accounts_(state.chain, accepted_, report.partitions) {}

  Status Run(std::int64_t map_bits);

 private:
  std::map<Partition, OffsetRange> Ranges() const;
  Offset LowestRow(Partition partition) const;
  Status ScanPass(bool first, const std::map<Partition, OffsetRange>& ranges, OffsetMap& map);
  void TakeRow(const RowSource& source, const ScannedRow& row, bool first, OffsetMap& map);
  bool IsOutside(const RowSource& source, const ScannedRow& row) const;
  void TakeMissing(const OffsetMap& map);
  // The part of a missing range that is to be accounted for: not what lies below the first row of an unknown
  // start.
  OffsetRange WithoutUnknownStart(Partition partition, const OffsetRange& range);
  void Tell(Partition partition, std::vector<OffsetRange>& ranges);

  const StreamState& state_;
  std::vector<RowSource>& sources_;
  std::function<TopicWitness*()> witness_;
  AuditReport& report_;
  const AcceptedOffsets accepted_;
  Accounts accounts_;
  std::map<Partition, Offset>
      unknown_until_;  // start not known: nothing was seen from the lowest bound up to here
};

}  // namespace frazil
