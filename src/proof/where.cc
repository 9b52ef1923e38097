#include "proof/where.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "proof/live_files.h"
#include "proof/row_scan.h"

namespace frazil {
namespace {

class Search {
 public:
  Search(Runtime& runtime, ObjectStore& store, const WhereOptions& options, StreamState state)
      : runtime_(runtime), store_(store), options_(options), state_(std::move(state)) {}

  Result<WhereAnswer> Run() {
    FRAZIL_TRY(CheckPartition());
    if (Elsewhere()) return answer_;
    FRAZIL_TRY(CheckNotShared(state_, options_.target));
    NoteCommit();
    FRAZIL_TRY(SearchAll());
    if (!answer_.places.empty()) {
      const std::string rows = fmt::format("{} rows hold it", answer_.places.size());
      if (const AcceptedStop* stop = AcceptedIn(&AcceptedStop::again)) {
        answer_.detail = fmt::format("{}; {} was accepted by commit n={}, so it may be several messages",
                                     rows, stop->code, stop->n);
      } else if (answer_.places.size() > 1) {
        Say(WhereState::kDoubled, rows);
      }
      return answer_;
    }
    if (deleted_) {
      Say(WhereState::kDeleted, "its row is taken away by another writer's delete file");
      return answer_;
    }
    WithoutRow();
    return answer_;
  }

 private:
  Status CheckPartition() const {
    if (state_.record.next.contains(options_.partition)) return {};
    std::string known;
    for (const auto& [partition, next] : state_.record.next)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", partition);
    return Fail(ErrorKind::kInvalid, "WHERE_PARTITION",
                fmt::format("stream \"{}\" has not read a partition {}", options_.stream, options_.partition),
                "it has read: " + known);
  }

  bool Elsewhere() {
    const Offset next = state_.record.next.at(options_.partition);
    const auto start = state_.StartOf(options_.partition);
    if (options_.offset >= next) {
      Say(WhereState::kNotRead, fmt::format("the stream has read partition {} up to {}, exclusive; {}",
                                            options_.partition, next, AskForUnread()));
    } else if (start && options_.offset < *start) {
      Say(WhereState::kBeforeStart,
          fmt::format("the stream began partition {} at {}", options_.partition, *start));
    } else {
      return false;
    }
    return true;
  }

  std::string AskForUnread() {
    if (!options_.open_source) return "the topic was not asked";
    auto unread = LookAtUnread(runtime_, options_.open_source, state_.record, options_.partition);
    if (!unread) {
      const bool asked = unread.error().kind == ErrorKind::kBlocked;
      return (asked ? "it cannot go on: " : "the topic could not be asked: ") + unread.error().ToString();
    }
    answer_.unread = std::move(*unread);
    return UnreadText(*answer_.unread);
  }

  void NoteCommit() {
    for (const LedgerEpoch& epoch : state_.chain.epochs) {
      const auto from = epoch.from.find(options_.partition);
      if (from == epoch.from.end() || options_.offset < from->second ||
          options_.offset >= epoch.record.next.at(options_.partition)) {
        continue;
      }
      epoch_ = &epoch;
      answer_.commit = epoch.snapshot;
      answer_.commit_ms = epoch.timestamp_ms;
      answer_.n = epoch.record.n;
    }
  }

  Status SearchAll() {
    FRAZIL_ASSIGN(const LiveFiles files, ReadLiveFiles(store_, state_.target.metadata, state_.branch));
    FRAZIL_TRY(SearchTable(options_.target.ToString(), state_.target.metadata, files, std::nullopt,
                           WhereState::kRow));
    for (const AuditedFollower& follower : state_.followers) {
      if (!follower.table) continue;
      FRAZIL_ASSIGN(const LiveFiles errors, ReadLiveFiles(store_, follower.table->metadata, "main"));
      FRAZIL_TRY(SearchTable(follower.name, follower.table->metadata, errors, state_.record.topic,
                             WhereState::kError));
      for (const PendingEntry& entry : follower.pending) {
        if (entry.manifest.empty()) continue;
        FRAZIL_ASSIGN(const LiveFiles pending, ReadPendingFiles(store_, entry.manifest, entry.bytes));
        FRAZIL_TRY(SearchTable(follower.name, follower.table->metadata, pending, state_.record.topic,
                               WhereState::kPending));
      }
    }
    return {};
  }

  Status SearchTable(const std::string& name, const TableMetadata& table, const LiveFiles& files,
                     std::optional<std::string> topic, WhereState found) {
    FRAZIL_ASSIGN(auto scan, RowScan::Make(store_, name, table.CurrentSchema(), std::move(topic)));
    FRAZIL_ASSIGN(const auto deletes, RowDeletes::Load(store_, table, files));
    const OffsetRange wanted{options_.offset, options_.offset + 1};
    for (const LiveFile& file : files.data) {
      if (!scan.MayHoldRange(file.file, options_.partition, wanted)) continue;
      std::vector<std::int64_t> rows;  // a compaction may have brought doubled ones together
      FRAZIL_TRY(scan.Scan(file, deletes, [&](const ScannedRow& row) {
        if (row.partition != options_.partition || row.offset != options_.offset) return;
        deleted_ = deleted_ || row.deleted;
        if (!row.deleted) rows.push_back(row.position);
      }));
      for (const std::int64_t row : rows) FRAZIL_TRY(AddPlace(name, table, file, row, found));
    }
    return {};
  }

  Status AddPlace(const std::string& name, const TableMetadata& table, const LiveFile& file, std::int64_t row,
                  WhereState found) {
    MessagePlace place{.table = name,
                       .file = file.file.file_path,
                       .row = row,
                       .snapshot = found == WhereState::kPending ? std::nullopt : file.snapshot,
                       .timestamp_ms = std::nullopt,
                       .error_code = {},
                       .error_path = {},
                       .error_message = {}};
    const Snapshot* snapshot = place.snapshot ? table.FindSnapshot(*place.snapshot) : nullptr;
    if (snapshot != nullptr) place.timestamp_ms = snapshot->timestamp_ms;
    if (found != WhereState::kRow) {
      FRAZIL_ASSIGN(auto texts, ReadTexts(store_, table.CurrentSchema(), place.file, row,
                                          {"error_code", "error_path", "error_message"}));
      place.error_code = std::move(texts[0]);
      place.error_path = std::move(texts[1]);
      place.error_message = std::move(texts[2]);
    }
    Say(found, fmt::format("row {} of {}", row, place.file));
    answer_.places.push_back(std::move(place));
    return {};
  }

  // The newest decision that is about the offset; nullptr: none.
  const AcceptedStop* AcceptedIn(std::map<Partition, OffsetRange> AcceptedStop::* ranges) const {
    const AcceptedStop* found = nullptr;
    for (const AcceptedStop& stop : state_.record.accepted) {
      const auto range = (stop.*ranges).find(options_.partition);
      if (range == (stop.*ranges).end()) continue;
      if (range->second.first <= options_.offset && options_.offset < range->second.next) found = &stop;
    }
    return found;
  }

  // Committed, but no row: what the topic says, else what the commit recorded.
  void WithoutRow() {
    if (const AcceptedStop* stop = AcceptedIn(&AcceptedStop::gaps)) {
      return Say(WhereState::kPassedOver, fmt::format("{} was accepted by commit n={}", stop->code, stop->n));
    }
    const EpochCounts counts = epoch_ != nullptr ? epoch_->counts : EpochCounts{};
    const bool recorded = counts.nulls + counts.filtered + counts.absent > 0;
    if (epoch_ != nullptr && !recorded) {
      return Say(WhereState::kLost, "its commit recorded rows and error rows only, and it has neither");
    }
    std::string why;
    switch (AskTopic(why)) {
      case Delivered::kAbsent:
        return Say(WhereState::kAbsent, "the broker delivers no message at this offset");
      case Delivered::kNull:
        return Say(WhereState::kNull, "the message has no value");
      case Delivered::kValue:
        if (counts.filtered > 0)
          return Say(WhereState::kFiltered, "the message has a value, and its commit filtered some");
        return Say(WhereState::kLost, "the topic still delivers the message, and it has no row");
      case Delivered::kGone:
        break;
    }
    if (!recorded)
      return Say(WhereState::kExpired, "it has no row, the commit that accounts for it is expired; " + why);
    const std::int64_t all = counts.nulls + counts.filtered + counts.absent;
    const WhereState state = counts.absent == all     ? WhereState::kAbsent
                             : counts.nulls == all    ? WhereState::kNull
                             : counts.filtered == all ? WhereState::kFiltered
                                                      : WhereState::kAccounted;
    Say(state, fmt::format("as recorded: its commit counts {} nulls, {} filtered and {} absent; {}",
                           counts.nulls, counts.filtered, counts.absent, why));
  }

  Delivered AskTopic(std::string& why) {
    why = "the topic does not hold the offset any more";
    Delivered delivered = Delivered::kGone;
    if (!options_.open_source) {
      why = "the topic was not asked";
      return delivered;
    }
    auto witness = TopicWitness::Open(runtime_, options_.open_source, state_.record);
    const Status asked = witness.and_then([&](const std::unique_ptr<TopicWitness>& open) {
      return open->Ask(options_.partition, {{options_.offset, options_.offset + 1}},
                       [&](const OffsetRange&, Delivered answer) { delivered = answer; });
    });
    if (!asked) {
      why = "the topic could not be asked: " + asked.error().ToString();
      return Delivered::kGone;
    }
    return delivered;
  }

  void Say(WhereState state, std::string detail) {
    answer_.state = state;
    answer_.detail = std::move(detail);
  }

  Runtime& runtime_;
  ObjectStore& store_;
  const WhereOptions& options_;
  const StreamState state_;
  const LedgerEpoch* epoch_ = nullptr;
  bool deleted_ = false;
  WhereAnswer answer_;
};

}  // namespace

std::string_view ToString(WhereState state) {
  switch (state) {
    case WhereState::kRow:
      return "row";
    case WhereState::kError:
      return "error";
    case WhereState::kPending:
      return "pending";
    case WhereState::kDoubled:
      return "doubled";
    case WhereState::kDeleted:
      return "deleted";
    case WhereState::kNull:
      return "null";
    case WhereState::kFiltered:
      return "filtered";
    case WhereState::kAbsent:
      return "absent";
    case WhereState::kAccounted:
      return "accounted";
    case WhereState::kNotRead:
      return "not read yet";
    case WhereState::kBeforeStart:
      return "before the start";
    case WhereState::kPassedOver:
      return "passed over";
    case WhereState::kLost:
      return "lost";
    case WhereState::kExpired:
      return "expired";
  }
  return "";
}

Result<WhereAnswer> Where(Runtime& runtime, Catalog& catalog, ObjectStore& store,
                          const WhereOptions& options) {
  FRAZIL_ASSIGN(auto state, ReadStreamState(catalog, store, options.target, options.stream, options.topic));
  return Search(runtime, store, options, std::move(state)).Run();
}

}  // namespace frazil
