#include "sim/sim_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace frazil::sim {
namespace {

constexpr Duration kMaxSlow = std::chrono::milliseconds(400);
// Of a batch that takes less than half of the budget, while nothing fails.
constexpr int kMostRefusals = 5;

// Tells what becomes of a batch; one that holds the corrupt message cannot be opened.
class WatchedPayload final : public BatchPayload {
 public:
  WatchedPayload(World& world, SimProcess& process, const Batch& batch, std::unique_ptr<BatchPayload> payload)
      : world_(world),
        process_(process),
        bytes_(batch.bytes),
        records_(batch.record_count),
        corrupt_(world.corrupt && world.corrupt->first == batch.partition.value() &&
                 batch.range.first.value() <= world.corrupt->second &&
                 world.corrupt->second < batch.range.next.value()),
        payload_(std::move(payload)) {
    process_.watch.BatchIsThere(bytes_, records_);
  }
  ~WatchedPayload() override { process_.watch.BatchIsGone(bytes_, records_, Rows()); }
  WatchedPayload(const WatchedPayload&) = delete;
  WatchedPayload& operator=(const WatchedPayload&) = delete;

  // A slow lane lets batches wait.
  Status Open(OpenedBatch& opened) override {
    if (world_.Strikes("slow", 30)) world_.scheduler.Sleep(Duration(world_.dice.Below(kMaxSlow.count())));
    if (corrupt_)
      return Fail(ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT", "the simulated batch cannot be opened");
    FRAZIL_TRY(payload_->Open(opened));
    opened_ = &opened;
    return {};
  }

 private:
  // The lane has made them by now, of what it did not leave out.
  std::int64_t Rows() const {
    if (opened_ == nullptr) return 0;
    return std::ranges::count_if(opened_->records,
                                 [](const Record& record) { return record.value.has_value(); });
  }

  World& world_;
  SimProcess& process_;
  const std::int64_t bytes_;
  const std::int64_t records_;
  const bool corrupt_;
  const std::unique_ptr<BatchPayload> payload_;
  const OpenedBatch* opened_ = nullptr;
};

}  // namespace

SimSource::SimSource(World& world, SimProcess& process, ByteBudget& budget)
    : world_(world),
      process_(process),
      budget_(budget),
      topic_(world.topic),
      life_(world.broker_life),
      no_limit_(process.runtime, std::numeric_limits<std::int64_t>::max()),
      source_(process.runtime, no_limit_, *topic_, {.max_batch_records = world.plan.batch_records}) {}

Result<SourceIdentity> SimSource::Identify(StopSignal& stop) {
  FRAZIL_TRY(Call("identify", "identify-fails", 100));
  return source_.Identify(stop);
}

Result<std::map<Partition, PartitionBounds>> SimSource::Bounds(StopSignal& stop) {
  FRAZIL_TRY(Call("bounds", "identify-fails", 100));
  return source_.Bounds(stop);
}

Result<Positions> SimSource::Resolve(const Start& start, StopSignal& stop) {
  FRAZIL_TRY(Call("resolve", "identify-fails", 100));
  return source_.Resolve(start, stop);
}

Status SimSource::Seek(const Positions& positions) {
  FRAZIL_TRY(Call("seek", "fetch-fails", 30));
  world_.fences_known[process_.id] = world_.oracle.fences();
  world_.oracle.Reading(positions);
  process_.watch.Begins();
  stalled_.clear();
  Positions now;
  const auto slots = static_cast<std::size_t>(world_.plan.processes);
  const bool shared = slots > 1 && process_.slot < slots && world_.Strikes("share", 800);
  for (const auto& [partition, offset] : positions) {
    const bool waits = shared ? !world_.IsShareOf(process_.slot, partition) : world_.Strikes("stall", 300);
    (waits ? stalled_ : now)[partition] = offset;
  }
  stalled_until_ =
      shared ? kForever : process_.runtime.Now() + std::chrono::milliseconds(world_.dice.Below(600));
  return source_.Seek(now);
}

Status SimSource::Add(const Positions& positions) {
  FRAZIL_TRY(Call("add", "fetch-fails", 30));
  world_.oracle.Reading(positions);
  return source_.Add(positions);
}

Result<std::unique_ptr<Batch>> SimSource::Next(MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_TRY(Call("next", "fetch-fails", 15));
  world_.oracle.Find(process_.watch.CheckRows(process_.used_bytes()));
  if (!stalled_.empty() && (world_.quiet() || process_.runtime.Now() >= stalled_until_))
    FRAZIL_TRY(source_.Add(std::exchange(stalled_, {})));
  FRAZIL_ASSIGN(auto batch, source_.Next(deadline, stop));
  if (batch == nullptr || batch->payload == nullptr) return batch;
  FRAZIL_ASSIGN(const bool leased, Lease(*batch, deadline, stop));
  if (!leased) {
    FRAZIL_TRY(source_.Add({{batch->partition, batch->range.first}}));
    return nullptr;
  }
  batch->payload = std::make_unique<WatchedPayload>(world_, process_, *batch, std::move(batch->payload));
  return batch;
}

// False: not before the deadline.
Result<bool> SimSource::Lease(Batch& batch, MonotonicTime deadline, StopSignal& stop) {
  process_.watch.Asks(batch.bytes, batch.record_count);
  auto lease = budget_.Acquire(batch.bytes, deadline, stop);
  if (!lease || lease->bytes() == 0) {
    process_.watch.IsRefused();
    if (!lease) return tl::unexpected<Error>(std::move(lease).error());
    NoteRefusal(batch.bytes);
    return false;
  }
  refused_ = 0;
  world_.oracle.Find(process_.watch.IsGranted(process_.used_bytes()));
  batch.lease = std::move(*lease);
  return true;
}

// What is in the way of a batch that would fit beside as much is given back by and by, or is the open
// epoch's, which must be cut.
void SimSource::NoteRefusal(std::int64_t bytes) {
  if (!world_.quiet() || 2 * bytes > budget_.total()) {
    refused_ = 0;
  } else if (++refused_ > kMostRefusals) {
    world_.oracle.Find(fmt::format("memory is short ({} of {} bytes in use), and no epoch is cut",
                                   process_.used_bytes(), budget_.total()));
  }
}

Status SimSource::Call(const char* call, const char* kind, std::int64_t per_mille) {
  world_.Step(process_, call);
  if (life_ == world_.broker_life && !world_.Strikes(kind, per_mille)) return {};
  return Fail(ErrorKind::kUnavailable, "KAFKA_UNREACHABLE", "the simulated broker does not answer");
}

}  // namespace frazil::sim
