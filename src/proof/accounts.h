// Accounts for offsets without row: what each commit recorded as null, filtered or absent, against what is
// missing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proof/accepted_offsets.h"
#include "proof/chain.h"
#include "proof/topic_witness.h"

namespace frazil {

// Findings list so many offsets per partition.
inline constexpr std::size_t kListedOffsets = 20;

// A count of offsets with the first of them, as ranges.
struct OffsetTally {
  std::int64_t count = 0;
  std::vector<OffsetRange> first;  // kListedOffsets offsets at most

  void Add(const OffsetRange& range);
};
// "3, 17 to 19, …"
std::string ToString(const OffsetTally& tally);

// What is known of one partition. The counts of rows are 0 where rows were not read.
struct PartitionAudit {
  std::optional<Offset> start;  // absent: not recorded any more, and no row tells
  Offset next;
  std::int64_t rows = 0;
  std::int64_t errors = 0;
  std::int64_t pending = 0;  // error rows decided but not in the errors table yet
  std::int64_t nulls = 0;
  std::int64_t filtered = 0;
  std::int64_t absent = 0;
  std::int64_t accounted = 0;  // recorded as null, filtered or absent, but not told apart
  OffsetTally lost;
  OffsetTally doubled;
  OffsetTally outside;     // rows of offsets that were never committed
  OffsetTally unproven;    // no row, and nothing is left that would account for them
  OffsetTally accepted;    // no row, and a person has accepted that
  std::int64_t again = 0;  // rows of offsets that a person has accepted to come twice: not judged
};

class Accounts {
 public:
  // `accepted` is of the newest record. Borrows `chain` and `partitions`.
  Accounts(const LedgerChain& chain, const AcceptedOffsets& accepted,
           std::map<Partition, PartitionAudit>& partitions);

  // Offsets without row that no decision took out of the proof, each told once; `answer` is the topic's,
  // kGone where it was not asked.
  void Missing(Partition partition, const OffsetRange& range, Delivered answer);
  // What does not add up per commit, once everything missing is told.
  std::vector<Finding> Finish();

 private:
  struct Range {
    OffsetRange range;
    std::size_t epoch = 0;
  };
  struct Tally {
    std::int64_t missing = 0;
    std::int64_t lost = 0;      // known by their offsets
    std::int64_t forgiven = 0;  // error rows that a person has accepted may not be there
    bool judged = true;         // none of its offsets comes twice
    std::map<Partition, OffsetTally> candidates;
  };

  void MissingInEpoch(std::size_t epoch, Partition partition, const OffsetRange& range, Delivered answer);
  void MissingInNone(Partition partition, const OffsetRange& range, Delivered answer);
  std::optional<Finding> SettleUnproven();

  const LedgerChain& chain_;
  std::map<Partition, PartitionAudit>& partitions_;
  std::map<Partition, std::vector<Range>> ranges_;  // ascending
  std::vector<Tally> tallies_;                      // by epoch
};

}  // namespace frazil
