#include "proof/stream_state.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "ledger/commit.h"
#include "table/older_metadata.h"

namespace frazil {
namespace {

constexpr int kLooks = 20;

// Tables by name; nullopt: there is none.
using LoadedTables = std::map<std::string, std::optional<LoadedTable>>;

// The followers that the property names, which is quick to read: histories are looked at later. And the
// branch.
Result<LoadedTables> LoadFollowers(Catalog& catalog, StreamState& state) {
  LoadedTables tables;
  const Properties& properties = state.target.metadata.properties;
  const auto text = properties.find(PositionKey(state.stream));
  if (text == properties.end()) return tables;
  FRAZIL_ASSIGN(const auto property, ParsePositionProperty(text->second));
  state.branch = property.record.branch;
  for (const auto& [name, follower] : property.record.followers) {
    FRAZIL_ASSIGN(const TableName table_name, TableName::Parse(name));
    auto table = catalog.Load(table_name);
    if (!table && table.error().kind != ErrorKind::kNotFound) return Fail(table.error());
    tables[name] = table ? std::optional(std::move(*table)) : std::nullopt;
  }
  return tables;
}

// The position, the chain and the followers, from tables that were loaded in one moment.
class StateReader {
 public:
  StateReader(ObjectStore& store, const std::string& topic, LoadedTables followers, StreamState& state)
      : store_(store), topic_(topic), loaded_(std::move(followers)), state_(state) {}

  Status Read() {
    History history(state_.target.metadata);
    FRAZIL_TRY(ReadThePosition(history));
    FRAZIL_ASSIGN(auto chain, AskHistory(store_, history, [&](const History& known) {
                    return ReadChain(known, state_.stream, state_.branch);
                  }));
    state_.chain = std::get<LedgerChain>(std::move(chain));
    state_.findings = CheckChain(state_.chain);
    if (state_.rolled_back) {
      Add("rolled_back",
          fmt::format("the target was rolled back to the commit n={}; the stream's next start repairs that",
                      state_.record.n));
    }
    for (const auto& [name, follower] : state_.record.followers) FRAZIL_TRY(ReadTheFollower(name, follower));
    return {};
  }

 private:
  Status ReadThePosition(History& history) {
    const StreamIdentity identity{.stream = state_.stream,
                                  .branch = state_.branch,
                                  .source = {.cluster_id = "", .topic = topic_, .topic_id = ""}};
    FRAZIL_ASSIGN(auto position, AskHistory(store_, history, [&](const History& known) {
                    return ReadPosition(known, identity);
                  }));
    if (auto* found = std::get_if<FoundPosition>(&position)) {
      state_.record = std::move(found->record);
      state_.until = state_.record.until;
    } else if (auto* back = std::get_if<RolledBackPosition>(&position)) {
      state_.rolled_back = true;
      state_.record = std::move(back->record);
      state_.until = std::move(back->until);
      lost_ = std::move(back->lost);
    } else {
      return Fail(
          ErrorKind::kInvalid, "AUDIT_NO_POSITION",
          fmt::format("the table holds no position of stream \"{}\": Frazil did not fill it under that name",
                      state_.stream),
          "check the stream's name and its target");
    }
    return {};
  }

  Status ReadTheFollower(const std::string& name, const FollowerRecord& known) {
    AuditedFollower follower{.name = name, .table = std::nullopt, .pending = {}};
    std::optional<LoadedTable>& table = loaded_[name];
    if (!table || table->metadata.table_uuid != known.uuid) {
      Add("follower", fmt::format("{} {}", name, table ? "was replaced by another table" : "is gone"));
    } else {
      follower.table = std::move(*table);
      FRAZIL_TRY(CheckTheFollower(follower));
    }
    state_.followers.push_back(std::move(follower));
    return {};
  }

  Status CheckTheFollower(AuditedFollower& follower) {
    History history(follower.table->metadata);
    const auto answer = AskHistory(
        store_, history, [&](const History& known) { return ReadFollower(known, state_.stream, "main"); });
    if (!answer) {
      if (answer.error().kind != ErrorKind::kBlocked) return Fail(answer.error());
      Add("follower", fmt::format("{}: {}", follower.name, answer.error().detail));
      return {};
    }
    const auto& position = std::get<FollowerPosition>(*answer);
    bool explained = true;
    for (const PendingEntry& entry : state_.record.pending) {
      if (entry.table != follower.name) continue;
      const ApplyDecision decision =
          lost_ ? DecideApplyAfterRollback(entry, position, *lost_) : DecideApply(entry, position);
      if (decision == ApplyDecision::kApply) follower.pending.push_back(entry);
      explained = decision != ApplyDecision::kMismatch;
    }
    const Status stands = lost_ ? CheckFollower(*lost_, follower.name, position) : Status();
    const Status here = CheckFollower(state_.record, follower.name, position);
    if (!explained || (!here && (!lost_ || !stands))) {
      Add("follower",
          here ? fmt::format("{} stands at none of the commits that the target knows", follower.name)
               : here.error().detail);
      return {};
    }
    for (Finding& finding : CheckApplied(state_.chain, state_.stream, follower.name, history)) {
      state_.findings.push_back(std::move(finding));
    }
    return {};
  }

  void Add(std::string kind, std::string text) {
    state_.findings.push_back({std::move(kind), std::nullopt, std::nullopt, std::move(text)});
  }

  ObjectStore& store_;
  const std::string& topic_;
  LoadedTables loaded_;
  StreamState& state_;
  std::optional<PositionRecord> lost_;
};

}  // namespace

std::optional<Offset> StreamState::StartOf(Partition partition) const {
  if (!chain.whole) return std::nullopt;
  const Positions& first = chain.epochs.front().record.next;
  const auto start = first.find(partition);
  return start == first.end() ? Offset(0) : start->second;
}

Offset StreamState::CoveredFrom(Partition partition) const {
  if (const auto start = StartOf(partition)) return *start;
  for (const LedgerEpoch& epoch : chain.epochs) {
    if (const auto from = epoch.from.find(partition); from != epoch.from.end()) return from->second;
  }
  const auto next = record.next.find(partition);
  return next == record.next.end() ? Offset(0) : next->second;
}

Result<StreamState> ReadStreamState(Catalog& catalog, ObjectStore& store, const TableName& target,
                                    const std::string& stream, const std::string& topic) {
  for (int look = 0; look < kLooks; ++look) {
    StreamState state;
    state.stream = stream;
    FRAZIL_ASSIGN(state.target, catalog.Load(target));
    FRAZIL_ASSIGN(auto followers, LoadFollowers(catalog, state));
    // With a commit in between, the followers may be further than the target that was read.
    FRAZIL_ASSIGN(const LoadedTable again, catalog.Load(target));
    if (again.metadata_location != state.target.metadata_location) continue;
    FRAZIL_TRY(StateReader(store, topic, std::move(followers), state).Read());
    return state;
  }
  return Fail(ErrorKind::kUnavailable, "AUDIT_TABLE_MOVED",
              fmt::format("{} was committed to while it was read, {} times", target.ToString(), kLooks),
              "try again");
}

Status CheckNotShared(const StreamState& state, const TableName& target) {
  for (const auto& [key, value] : state.target.metadata.properties) {
    if (!key.starts_with(kPositionPrefix) || key == PositionKey(state.stream)) continue;
    return Fail(ErrorKind::kInvalid, "AUDIT_SHARED_TABLE",
                fmt::format("stream \"{}\" fills {} too, and its rows do not say of which stream they are",
                            key.substr(kPositionPrefix.size()), target.ToString()),
                "only the summaries can be audited: leave out --rows");
  }
  return {};
}

}  // namespace frazil
