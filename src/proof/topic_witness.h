// Asks the topic again about offsets that have no row.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "ledger/record.h"
#include "record/batch_source.h"
#include "runtime/runtime.h"

namespace frazil {

using OpenSource = std::function<Result<std::unique_ptr<BatchSource>>()>;

enum class Delivered {
  kAbsent,  // the broker holds the range and gives no message: transaction marker, aborted, compacted
  kNull,    // a message without value
  kValue,   // a message with one
  kGone,    // the broker does not hold the offset any more
};

class TopicWitness {
 public:
  // kConflict (AUDIT_OTHER_TOPIC) when it is not the topic that `record` is of.
  static Result<std::unique_ptr<TopicWitness>> Open(Runtime& runtime, const OpenSource& open_source,
                                                    const PositionRecord& record);

  const std::map<Partition, PartitionBounds>& bounds() const { return bounds_; }
  BatchSource& source() { return *source_; }

  // Calls `tell` for every offset of `ranges`, which ascend and do not overlap; neighbours of the same answer
  // together.
  Status Ask(Partition partition, const std::vector<OffsetRange>& ranges,
             const std::function<void(const OffsetRange&, Delivered)>& tell);

 private:
  using Tell = std::function<void(const OffsetRange&, Delivered)>;

  explicit TopicWitness(Runtime& runtime) : runtime_(runtime), stop_(runtime) {}
  Status Examine(const Batch& batch, const OffsetRange& range, const Tell& tell);

  Runtime& runtime_;
  StopSignal stop_;
  std::unique_ptr<BatchSource> source_;
  std::map<Partition, PartitionBounds> bounds_;
  OpenedBatch opened_;
};

}  // namespace frazil
