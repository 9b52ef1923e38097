// The topic as a simulated process reads it: a source that fails, and batches that are counted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "record/memory_source.h"
#include "sim/world.h"

namespace frazil::sim {

// Reads the world's topic; is cut off when a broker restarts.
class SimSource final : public BatchSource {
 public:
  SimSource(World& world, SimProcess& process, ByteBudget& budget);

  Result<SourceIdentity> Identify(StopSignal& stop) override;
  Result<std::map<Partition, PartitionBounds>> Bounds(StopSignal& stop) override;
  Result<Positions> Resolve(const Start& start, StopSignal& stop) override;
  Status Seek(const Positions& positions) override;
  Status Add(const Positions& positions) override;
  Result<std::unique_ptr<Batch>> Next(MonotonicTime deadline, StopSignal& stop) override;
  void Mirror(const Positions& committed) override { source_.Mirror(committed); }

 private:
  Status Call(const char* call, const char* kind, std::int64_t per_mille);
  Result<bool> Lease(Batch& batch, MonotonicTime deadline, StopSignal& stop);
  void NoteRefusal(std::int64_t bytes);

  World& world_;
  SimProcess& process_;
  ByteBudget& budget_;
  const std::shared_ptr<MemoryTopic> topic_;
  const std::int64_t life_;
  // What it asks for is asked for here, where it can be counted.
  ByteBudget no_limit_;
  MemorySource source_;
  Positions stalled_;  // partitions whose leader does not answer for a while, or that another process reads
  MonotonicTime stalled_until_;
  int refused_ = 0;  // by the budget, one after the other
};

}  // namespace frazil::sim
