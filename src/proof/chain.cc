#include "proof/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "ledger/accept.h"

namespace frazil {
namespace {

using nlohmann::json;

const std::string* Find(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? nullptr : &found->second;
}

tl::unexpected<Error> Unreadable(const Snapshot& snapshot, const std::string& key) {
  return Fail(ErrorKind::kBlocked, "POSITION_UNREADABLE",
              fmt::format("{} of snapshot {} cannot be read", key, snapshot.snapshot_id),
              "was it edited, or written by a newer Frazil? audit with that version");
}

// A number of messages or an offset; nullopt where it is neither.
std::optional<std::int64_t> Count(const json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    return std::nullopt;
  return value.get<std::int64_t>();
}

Result<Positions> ReadFrom(const Snapshot& snapshot, const std::string& key) {
  const std::string* text = Find(snapshot.summary, key);
  const json parsed = json::parse(text == nullptr ? "" : *text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Unreadable(snapshot, key);
  Positions from;
  for (const auto& [name, value] : parsed.items()) {
    std::int32_t partition = -1;
    const auto number = std::from_chars(name.data(), name.data() + name.size(), partition);
    const auto offset = Count(value);
    if (number.ec != std::errc() || number.ptr != name.data() + name.size() || partition < 0 || !offset) {
      return Unreadable(snapshot, key);
    }
    from[Partition(partition)] = Offset(*offset);
  }
  return from;
}

Result<EpochCounts> ReadCounts(const Snapshot& snapshot, const std::string& key) {
  const std::string* text = Find(snapshot.summary, key);
  const json parsed = json::parse(text == nullptr ? "" : *text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Unreadable(snapshot, key);
  EpochCounts counts;
  for (const auto& [name, member] :
       {std::pair("rows", &EpochCounts::rows), std::pair("errors", &EpochCounts::errors),
        std::pair("nulls", &EpochCounts::nulls), std::pair("filtered", &EpochCounts::filtered),
        std::pair("absent", &EpochCounts::absent)}) {
    const auto value = parsed.contains(name) ? Count(parsed.at(name)) : std::nullopt;
    if (!value) return Unreadable(snapshot, key);
    counts.*member = *value;
  }
  return counts;
}

Result<LedgerEpoch> ReadEpoch(const Snapshot& snapshot, const std::string& stream) {
  LedgerEpoch epoch;
  epoch.snapshot = snapshot.snapshot_id;
  epoch.timestamp_ms = snapshot.timestamp_ms;
  if (const std::string* id = Find(snapshot.summary, std::string(kCommitIdKey))) epoch.commit_id = *id;
  FRAZIL_ASSIGN(epoch.record, ParsePositionRecord(snapshot.summary.at(OffsetsKey(stream))));
  FRAZIL_ASSIGN(epoch.from, ReadFrom(snapshot, FromKey(stream)));
  FRAZIL_ASSIGN(epoch.counts, ReadCounts(snapshot, CountsKey(stream)));
  return epoch;
}

void NoteForeign(const Snapshot& snapshot, LedgerChain& chain) {
  const std::string* operation = Find(snapshot.summary, "operation");
  if (operation == nullptr || *operation == "append" ||
      Find(snapshot.summary, std::string(kCommitIdKey)) != nullptr)
    return;
  chain.foreign.push_back({snapshot.snapshot_id, *operation});
}

// Checks one commit against the one before it.
class Link {
 public:
  Link(const LedgerEpoch* before, const LedgerEpoch& epoch, std::vector<Finding>& findings)
      : before_(before), epoch_(epoch), findings_(findings) {}

  void Check() {
    CheckCounts();
    if (before_ == nullptr) return;
    CheckNumber();
    if (epoch_.record.decision() != nullptr)
      return;  // a person has said where it goes on, and with which topic
    CheckIdentity();
    for (const auto& [partition, next] : epoch_.record.next) CheckRange(partition, next);
    for (const auto& [partition, next] : before_->record.next) {
      if (!epoch_.record.next.contains(partition)) {
        Add("gap", partition, fmt::format("partition {} is forgotten, it had reached {}", partition, next));
      }
    }
  }

 private:
  void CheckCounts() {
    std::int64_t offsets = 0;
    for (const auto& [partition, from] : epoch_.from) {
      const auto next = epoch_.record.next.find(partition);
      if (next == epoch_.record.next.end() || next->second < from) {
        Add("counts", partition,
            fmt::format("the range of partition {} ends before it begins at {}", partition, from));
        return;
      }
      offsets += next->second - from;
    }
    if (offsets != epoch_.counts.total()) {
      Add("counts", std::nullopt,
          fmt::format("{} messages are accounted for, its ranges have {} offsets", epoch_.counts.total(),
                      offsets));
    }
  }

  void CheckIdentity() {
    const PositionRecord& a = before_->record;
    const PositionRecord& b = epoch_.record;
    if (a.topic != b.topic || (a.cluster != b.cluster && !a.cluster.empty() && !b.cluster.empty()) ||
        (a.topic_id != b.topic_id && !a.topic_id.empty() && !b.topic_id.empty())) {
      Add("identity", std::nullopt, "it is of another topic or cluster than the commit before it");
    }
  }

  void CheckNumber() {
    const std::int64_t n = before_->record.n;
    const bool fence = epoch_.record.fence != before_->record.fence;
    if (fence ? epoch_.record.n > n : epoch_.record.n == n + 1) return;
    Add("number", std::nullopt, fmt::format("commit n={} follows n={}", epoch_.record.n, n));
  }

  void CheckRange(Partition partition, Offset next) {
    const auto reached = before_->record.next.find(partition);
    const Offset expected = reached == before_->record.next.end() ? Offset(0) : reached->second;
    const auto from = epoch_.from.find(partition);
    const Offset begin = from == epoch_.from.end() ? next : from->second;
    if (begin == expected) return;
    Add(begin > expected ? "gap" : "overlap", partition,
        fmt::format("the range of partition {} begins at {}, the commit before it ended at {}", partition,
                    begin, expected));
  }

  void Add(std::string kind, std::optional<Partition> partition, const std::string& text) {
    findings_.push_back({std::move(kind), partition, epoch_.snapshot,
                         fmt::format("snapshot {} (n={}): {}", epoch_.snapshot, epoch_.record.n, text)});
  }

  const LedgerEpoch* before_;
  const LedgerEpoch& epoch_;
  std::vector<Finding>& findings_;
};

// The commits applied to a follower, oldest first, as far as its metadata tells.
struct AppliedHistory {
  std::vector<std::string> ids;
  bool whole = false;
};

AppliedHistory ReadApplied(const History& history, const std::vector<std::string>& streams) {
  AppliedHistory applied;
  for (auto at = history.Head("main"); at; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot == nullptr) break;
    for (const std::string& stream : streams) {
      const std::string* text = Find(snapshot->summary, AppliedKey(stream));
      if (text == nullptr) continue;
      if (const auto record = ParseAppliedRecord(*text)) applied.ids.push_back(record->id.ToString());
    }
    applied.whole = !snapshot->parent_snapshot_id && snapshot->sequence_number == 1;
  }
  std::ranges::reverse(applied.ids);
  return applied;
}

// A decision that knew of nothing the table holds: the proof begins with it.
bool BeginsAnew(const PositionRecord& record) {
  const AcceptedStop* stop = record.decision();
  if (stop == nullptr || AcceptKindOf(stop->code) != AcceptKind::kPosition) return false;
  return std::ranges::all_of(record.next, [&](const auto& entry) {
    const auto gap = stop->gaps.find(entry.first);
    return entry.second == Offset(0) || (gap != stop->gaps.end() && gap->second.first == Offset(0));
  });
}

// The commit took what earlier ones decided for the follower as it was.
bool TakenAsItWas(const LedgerChain& chain, const LedgerEpoch& epoch, const std::string& table) {
  const auto& accepted = chain.epochs.back().record.accepted;
  return std::ranges::any_of(
      accepted, [&](const AcceptedStop& stop) { return stop.follower == table && stop.n > epoch.record.n; });
}

}  // namespace

std::vector<std::string> NamesOf(const LedgerChain& chain, const std::string& stream) {
  std::vector<std::string> names = {stream};
  if (chain.epochs.empty()) return names;
  for (const AcceptedStop& stop : chain.epochs.back().record.accepted) {
    if (!stop.stream.empty()) names.push_back(stop.stream);
  }
  return names;
}

Result<std::variant<LedgerChain, NeedOlderMetadata>> ReadChain(const History& history,
                                                               const std::string& stream,
                                                               const std::string& branch) {
  LedgerChain chain;
  std::string name = stream;
  for (auto at = history.Head(branch); at && !chain.whole; at = history.ParentOf(*at)) {
    const Snapshot* snapshot = history.Find(*at);
    if (snapshot == nullptr) break;
    if (Find(snapshot->summary, OffsetsKey(name)) == nullptr) {
      NoteForeign(*snapshot, chain);
      continue;
    }
    if (Find(snapshot->summary, FromKey(name)) == nullptr) continue;  // carried on by another stream's commit
    FRAZIL_ASSIGN(auto epoch, ReadEpoch(*snapshot, name));
    chain.whole = epoch.record.n == 1 || BeginsAnew(epoch.record);
    if (const AcceptedStop* stop = epoch.record.decision(); stop != nullptr && !stop->stream.empty())
      name = stop->stream;
    chain.epochs.push_back(std::move(epoch));
  }
  if (!chain.whole && !history.exhausted()) return NeedOlderMetadata{};
  std::ranges::reverse(chain.epochs);
  return chain;
}

std::vector<Finding> CheckChain(const LedgerChain& chain) {
  std::vector<Finding> findings;
  const LedgerEpoch* before = nullptr;
  for (const LedgerEpoch& epoch : chain.epochs) {
    Link(before, epoch, findings).Check();
    before = &epoch;
  }
  return findings;
}

EpochCounts SumOfCounts(const LedgerChain& chain) {
  EpochCounts sum;
  for (const LedgerEpoch& epoch : chain.epochs) sum += epoch.counts;
  return sum;
}

std::vector<Finding> CheckApplied(const LedgerChain& chain, const std::string& stream,
                                  const std::string& table, const History& history) {
  const AppliedHistory applied = ReadApplied(history, NamesOf(chain, stream));
  std::vector<Finding> findings;
  std::vector<Finding> unseen;  // missing, unless the follower's history simply does not reach back to them
  auto at = applied.ids.rbegin();
  for (auto epoch = chain.epochs.rbegin(); epoch != chain.epochs.rend(); ++epoch) {
    const auto entry = std::ranges::find(epoch->record.pending, table, &PendingEntry::table);
    if (entry == epoch->record.pending.end() || TakenAsItWas(chain, *epoch, table)) continue;
    const auto found = std::find(at, applied.ids.rend(), entry->id.ToString());
    if (found != applied.ids.rend()) {
      at = found + 1;
      std::ranges::move(unseen, std::back_inserter(findings));
      unseen.clear();
    } else if (epoch != chain.epochs.rbegin()) {  // the newest may be pending
      unseen.push_back({"follower", std::nullopt, epoch->snapshot,
                        fmt::format("{} has no commit {} (n={}), which snapshot {} decided for it", table,
                                    entry->id.ToString(), entry->n, epoch->snapshot)});
    }
  }
  if (applied.whole) std::ranges::move(unseen, std::back_inserter(findings));
  return findings;
}

}  // namespace frazil
