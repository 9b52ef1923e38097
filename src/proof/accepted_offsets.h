// Offsets that a person's decisions took out of the proof: those that accepted stops passed over, and those
// that they let come twice. (ledger/accept.h)
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "ledger/record.h"

namespace frazil {

class AcceptedOffsets {
 public:
  explicit AcceptedOffsets(const std::vector<AcceptedStop>& stops);

  bool IsGap(Partition partition, Offset offset) const { return Holds(gaps_, partition, offset); }
  bool IsAgain(Partition partition, Offset offset) const { return Holds(again_, partition, offset); }
  bool AnyAgainIn(Partition partition, const OffsetRange& range) const;

  // Cuts a range into the parts that are gaps and the others, in order; what comes again is left out.
  using Take = std::function<void(const OffsetRange&)>;
  void Split(Partition partition, const OffsetRange& range, const Take& gap, const Take& other) const;

 private:
  using Ranges = std::map<Partition, std::vector<OffsetRange>>;
  static void Add(const std::map<Partition, OffsetRange>& ranges, Ranges& to);
  static bool Holds(const Ranges& ranges, Partition partition, Offset offset);

  Ranges gaps_;  // in no order; a decision is a rare thing
  Ranges again_;
};

}  // namespace frazil
