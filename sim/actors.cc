// What the world does beside Frazil's processes: the topic's brokers and other engines.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "sim/marks.h"
#include "sim/world.h"

namespace frazil::sim {
namespace {

const std::string kPosition = "frazil.position.orders";
const std::string kApplied = "frazil.applied.orders";

}  // namespace

void World::Play() {
  const auto begins = [&](const char* kind, MonotonicTime& until) {
    if (!plan.Has(kind) || !actors_.OneIn(20)) return;
    Mark(std::string("fault: ") + kind);
    Note("world", std::string(kind) + " begins");
    until = scheduler.now() + std::chrono::milliseconds(actors_.Between(10, 400));
  };
  begins("storm", storm_until_);
  begins("outage", outage_until_);
  PlayTopic();
  PlayForeign(target, true);
  PlayForeign(errors, false);
}

void World::PlayTopic() {
  const auto now = [&](const char* kind, std::int64_t one_in) {
    if (topic_closed_ || !plan.Has(kind) || !actors_.OneIn(one_in)) return false;
    Mark(std::string("fault: ") + kind);
    return true;
  };
  if (now("broker-restart", 20)) {
    Note("world", "brokers restart");
    ++broker_life;
  }
  if (plan.Has("share") && plan.processes > 1 && actors_.OneIn(20)) {
    Note("world", "the processes exchange their partitions");
    ++shift_;
    ++broker_life;
  }
  if (now("partition", 25) && truth().size() < 6) {
    const Partition added = topic->AddPartition();
    truth()[added.value()];
    Note("world", fmt::format("partition {} is added", added));
  }
  if (now("compaction", 3)) {
    auto& [partition, messages] =
        *std::next(truth().begin(), actors_.Below(static_cast<std::int64_t>(truth().size())));
    if (messages.empty()) return;
    const std::int64_t offset = actors_.Below(static_cast<std::int64_t>(messages.size()));
    if (corrupt == std::pair(partition, offset)) return;
    messages[static_cast<std::size_t>(offset)].compacted = true;
    topic->Compact(Partition(partition), Offset(offset));
  }
}

void World::PlayForeign(const TableName& table, bool is_target) {
  const auto now = [&](const char* kind, std::int64_t one_in) {
    const std::string full = is_target ? kind : std::string("errors-") + kind;
    if (!lake.pointers.contains(table) || !plan.Has(full) || !actors_.OneIn(one_in)) return false;
    Mark("fault: " + full);
    Note("world", full);
    return true;
  };
  if (now("append", 15)) foreign_.Append(table);
  if (now("compact", 15)) foreign_.Compact(table);
  if (now("expire", 20)) foreign_.Expire(table, static_cast<std::size_t>(actors_.Below(3)));
  if (!is_target) return;
  if (now("delete", 40)) {
    foreign_.DeleteFile(table, [this](const std::string& file) { oracle.RowsDeletedByOthers(file); });
  }
  if (now("rollback", 25)) {
    RollBack(table);
    if (actors_.OneIn(3)) foreign_.Append(table);
    if (actors_.OneIn(4)) RollBack(table);
  }
}

bool World::PendingIsApplied() const {
  const SeenTable* ledger = oracle.target();
  const SeenTable* follower = oracle.errors();
  if (ledger == nullptr || follower == nullptr) return true;
  for (const SeenSnapshot* snapshot : Oracle::Ancestors(*ledger)) {
    const auto record = oracle.RecordOf(*snapshot);
    if (!record) continue;
    if (!record->pending) return true;
    const auto applied = follower->properties.find(kApplied);
    return applied != follower->properties.end() &&
           applied->second.find(record->pending->id) != std::string::npos;
  }
  return true;
}

// To an ancestor that stands behind a position of ours, or, of the errors table, to any.
void World::RollBack(const TableName& table) {
  const bool is_target = table == target;
  const SeenTable* seen = is_target ? oracle.target() : oracle.errors();
  if (seen == nullptr) return;
  const auto ancestors = Oracle::Ancestors(*seen);
  std::size_t most = 0;
  for (std::size_t i = 1; i < ancestors.size(); ++i) {
    if (!is_target || oracle.RecordOf(*ancestors[i])) most = i;
  }
  if (most == 0) return;
  // Error rows of a topic that nobody has decided for any more would be taken for another's.
  const auto other = [](const Oracle::Landed& decision) { return decision.kind == StopKind::kOtherMessages; };
  if (is_target && std::ranges::any_of(oracle.decisions(), other)) return;
  const auto depth =
      static_cast<std::size_t>(actors_.Between(1, static_cast<std::int64_t>(std::min<std::size_t>(most, 5))));
  // A follower's commit of the lost history that is on its way is met by a loud stop (FOLLOWER_MISMATCH).
  if (is_target && (!PendingIsApplied() || !lake.late.empty())) allowed_codes.insert("FOLLOWER_MISMATCH");
  Note("world", fmt::format("{} is rolled back by {} snapshots", table.name, depth));
  foreign_.RollBackTo(table, SnapshotId(ancestors[depth]->id));
}

void World::SpoilProperty(const TableName& table, const std::string& key, bool remove) {
  if (remove) {
    foreign_.RemoveProperty(table, key);
    return;
  }
  const auto& old = old_properties_[table];
  std::string value = "garbage";
  if (!old.empty() && !actors_.OneIn(3))
    value = old[static_cast<std::size_t>(actors_.Below(static_cast<std::int64_t>(old.size())))];
  Note("world", "the property becomes " + value);
  foreign_.SetProperty(table, key, value);
}

// The same name, other messages: of the old ones it keeps some of the first, or none.
void World::ReplaceTopic(SourceIdentity next, std::int64_t keep_in_100) {
  const bool is_other = next.topic_id != identity.topic_id || next.cluster_id != identity.cluster_id;
  const auto old = truths.size() - 1;
  truths.emplace_back();
  auto replaced = std::make_shared<MemoryTopic>(scheduler.SharedRuntime(), next,
                                                static_cast<std::int32_t>(truths[old].size()));
  for (const auto& [partition, messages] : truths[old]) {
    const auto kept = static_cast<std::int64_t>(messages.size()) * keep_in_100 / 100;
    truth()[partition].assign(messages.begin(), messages.begin() + kept);
    for (const Message& message : truth()[partition]) {
      if (message.kind == Kind::kAbsent || message.compacted) {
        replaced->AppendAbsent(Partition(partition), 1);
      } else {
        MemoryRecord record{
            .key = std::nullopt, .value = message.value, .headers = {}, .timestamp_ms = message.produced_ms};
        if (message.kind == Kind::kNull) record.value = std::nullopt;
        replaced->Append(Partition(partition), std::move(record));
      }
    }
  }
  identity = std::move(next);
  topic = std::move(replaced);
  // A log that was cut is noticed only by who stands behind its end.
  topic_closed_ = !is_other || !plan.Has("accept");
  Produce(persons_.Below(60));
  oracle.TimesMeanNothing();
  ++broker_life;
}

void World::PlayFatal() {
  const std::string& kind = plan.fatal();
  const bool started = oracle.target() != nullptr && oracle.errors() != nullptr && oracle.commits() > 0;
  const auto pending = oracle.PendingManifest();
  if (!started || (kind == "orphan-removal" && !pending)) return;
  fatal_played_ = true;
  Mark("fault: " + kind);
  Note("world", kind);
  const auto allow = [&](std::initializer_list<const char*> codes) {
    allowed_codes.insert(codes.begin(), codes.end());
  };
  if (kind == "retention") {
    allow({"OFFSETS_EXPIRED"});
    for (int i = 0; i < 20 && plan.Has("accept"); ++i)
      ProduceOne(static_cast<std::int32_t>(persons_.Below(std::ssize(truth()))));
    for (const auto& [partition, bounds] : topic->bounds()) {
      topic->Expire(partition, Offset(actors_.Between(bounds.log_start.value(), bounds.end.value())));
    }
  } else if (kind == "recreated") {
    allow({"TOPIC_RECREATED", "POSITION_BEYOND_END"});
    ReplaceTopic({.cluster_id = "cluster-1", .topic = "orders", .topic_id = "topic-2"}, 0);
  } else if (kind == "cluster") {
    allow({"CLUSTER_CHANGED", "POSITION_BEYOND_END"});
    ReplaceTopic({.cluster_id = "cluster-2", .topic = "orders", .topic_id = "topic-1"},
                 plan.Has("accept") ? persons_.Between(50, 100) : 100);
  } else if (kind == "truncated") {
    allow({"POSITION_BEYOND_END"});
    ReplaceTopic(identity, actors_.Between(10, 90));
  } else if (kind == "property-removed") {
    allow({"POSITION_PROPERTY_MISSING", "POSITION_TRACES", "POSITION_UNPROVEN"});
    SpoilProperty(target, kPosition, true);
  } else if (kind == "property-edited") {
    allow({"POSITION_PROPERTY_EDITED", "POSITION_UNREADABLE", "POSITION_UNPROVEN", "POSITION_REPLACED",
           "FOLLOWER_MISMATCH"});
    SpoilProperty(target, kPosition, false);
  } else if (kind == "applied-removed") {
    allow({"FOLLOWER_ROLLED_BACK", "FOLLOWER_MISMATCH"});
    SpoilProperty(errors, kApplied, true);
  } else if (kind == "applied-edited") {
    allow({"FOLLOWER_ROLLED_BACK", "FOLLOWER_MISMATCH", "POSITION_UNREADABLE"});
    SpoilProperty(errors, kApplied, false);
  } else if (kind == "errors-rollback") {
    allow({"FOLLOWER_ROLLED_BACK", "FOLLOWER_MISMATCH"});
    oracle.FollowerWasTampered();
    RollBack(errors);
  } else if (kind == "corrupt-batch") {
    allow({"SOURCE_BATCH_CORRUPT"});
    const auto partition =
        static_cast<std::int32_t>(actors_.Below(static_cast<std::int64_t>(truth().size())));
    const std::int64_t id = ++produced_;
    const std::string value = fmt::format("not json {}", id);
    corrupt = std::pair(partition, static_cast<std::int64_t>(truth()[partition].size()));
    truth()[partition].push_back({.kind = Kind::kBad,
                                  .id = id,
                                  .value = value,
                                  .produced_ms = scheduler.SharedRuntime().UnixMillis()});
    topic->Append(Partition(partition), {.key = std::nullopt,
                                         .value = value,
                                         .headers = {},
                                         .timestamp_ms = truth()[partition].back().produced_ms});
  } else if (kind == "dropped") {
    allow({"TABLE_REPLACED", "POSITION_TRACES", "FOLLOWER_MISMATCH", "FOLLOWER_ROLLED_BACK"});
    const bool of_target = actors_.OneIn(2);
    Note("world", of_target ? "the target is dropped" : "the errors table is dropped");
    lake.pointers.erase(of_target ? target : errors);
    of_target ? oracle.TargetWasDropped() : oracle.ErrorsWereDropped();
  } else if (kind == "orphan-removal") {
    // It takes what is old: whoever was at work on it is gone.
    for (const auto& slot : slots_) scheduler.Kill(slot.process->id);
    lake.late.clear();
    allow({"PENDING_MISSING"});
    Note("world", "removed as an orphan: " + *pending);
    oracle.FollowerWasTampered();
    static_cast<void>(lake.store.Delete(*pending));
  } else if (kind == "cherry-pick") {
    allow({"POSITION_CHERRY_PICK"});
    foreign_.Append(target, {{"source-snapshot-id", "4711"}});
  }
}

}  // namespace frazil::sim
