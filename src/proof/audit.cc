#include "proof/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "proof/row_audit.h"

namespace frazil {
namespace {

class Auditor {
 public:
  Auditor(Runtime& runtime, ObjectStore& store, const AuditOptions& options, StreamState state)
      : runtime_(runtime), store_(store), options_(options), state_(std::move(state)) {}

  Result<AuditReport> Run() {
    Describe();
    FRAZIL_TRY(ReadFiles());
    const std::string why = WhyRows();
    if (options_.rows || !why.empty()) {
      if (!why.empty()) report_.notes.push_back(fmt::format("the rows were read: {}", why));
      FRAZIL_TRY(AuditRows(why));
    }
    AddPartitionFindings();
    if (!report_.clean()) NoteForeign();
    return std::move(report_);
  }

 private:
  void Describe() {
    report_.stream = state_.stream;
    report_.target = options_.target.ToString();
    report_.snapshot = state_.target.metadata.BranchHead(state_.branch)->snapshot_id;
    report_.n = state_.record.n;
    report_.counts = SumOfCounts(state_.chain);
    report_.commits = static_cast<std::int64_t>(state_.chain.epochs.size());
    report_.whole = state_.chain.whole;
    report_.accepted = state_.record.accepted;
    report_.findings = state_.findings;
    for (const auto& [partition, next] : state_.record.next) {
      PartitionAudit& audit = report_.partitions[partition];
      audit.start = state_.StartOf(partition);
      audit.next = next;
    }
    if (!state_.chain.whole) {
      std::string covered;
      for (const auto& [partition, next] : state_.record.next) {
        covered += fmt::format("{}{} below {}", covered.empty() ? "" : ", ", partition,
                               state_.CoveredFrom(partition));
      }
      report_.notes.push_back(
          fmt::format("older commits are expired; not covered by summaries: partition {}", covered));
    }
  }

  // Manifests of all tables; a damaged one is found here, also where no row has to be read.
  Status ReadFiles() {
    FRAZIL_ASSIGN(target_files_, ReadLiveFiles(store_, state_.target.metadata, state_.branch));
    has_deletes_ = !target_files_.deletes.empty();
    for (const AuditedFollower& follower : state_.followers) {
      LiveFiles files;
      LiveFiles pending;
      if (follower.table) {
        FRAZIL_ASSIGN(files, ReadLiveFiles(store_, follower.table->metadata, "main"));
      }
      for (const PendingEntry& entry : follower.pending) FRAZIL_TRY(ReadPending(entry, pending));
      if (pending.rows() > 0) {
        report_.notes.push_back(fmt::format(
            "{} error rows are decided and not in {} yet; the stream's next start puts them there",
            pending.rows(), follower.name));
      }
      has_deletes_ = has_deletes_ || !files.deletes.empty();
      follower_rows_ += files.rows() + pending.rows();
      follower_files_.push_back(std::move(files));
      pending_files_.push_back(std::move(pending));
    }
    return {};
  }

  Status ReadPending(const PendingEntry& entry, LiveFiles& pending) {
    if (entry.manifest.empty()) return {};
    auto files = ReadPendingFiles(store_, entry.manifest, entry.bytes);
    if (!files && files.error().kind != ErrorKind::kNotFound) return Fail(files.error());
    if (files) {
      std::ranges::move(files->data, std::back_inserter(pending.data));
    } else {
      report_.findings.push_back(
          {"pending_gone", std::nullopt, std::nullopt,
           fmt::format("{} error rows for {} are lost: {}", entry.rows, entry.table, files.error().detail)});
    }
    return {};
  }

  // Why the summaries do not prove it; "" when they do.
  std::string WhyRows() const {
    if (!state_.chain.whole) return "the summaries do not reach back to the stream's start";
    if (has_deletes_) return "a table has delete files";
    if (target_files_.rows() != report_.counts.rows) {
      return fmt::format("the target's files have {} rows, the commits recorded {}", target_files_.rows(),
                         report_.counts.rows);
    }
    if (follower_rows_ != report_.counts.errors) {
      return fmt::format("the errors table's files have {} rows, the commits recorded {}", follower_rows_,
                         report_.counts.errors);
    }
    return "";
  }

  Status AuditRows(const std::string& why) {
    FRAZIL_TRY(CheckNotShared(state_, options_.target));
    std::vector<RowSource> sources;
    const auto context = [&](Error error) {
      return why.empty() ? error : WithContext(std::move(error), why);
    };
    FRAZIL_TRY(AddSource(options_.target.ToString(), state_.target.metadata, std::nullopt,
                         std::move(target_files_), &PartitionAudit::rows, nullptr, sources)
                   .map_error(context));
    for (std::size_t i = 0; i < state_.followers.size(); ++i) {
      const AuditedFollower& follower = state_.followers[i];
      if (!follower.table) continue;
      FRAZIL_TRY(AddSource(follower.name, follower.table->metadata, state_.record.topic,
                           std::move(follower_files_[i]), &PartitionAudit::errors, &state_.until, sources));
      FRAZIL_TRY(AddSource(follower.name, follower.table->metadata, state_.record.topic,
                           std::move(pending_files_[i]), &PartitionAudit::pending, &state_.until, sources));
    }
    report_.rows_read = true;
    return RowAudit(state_, sources, [this] { return Witness(); }, report_).Run(options_.map_bits);
  }

  Status AddSource(const std::string& name, const TableMetadata& table, std::optional<std::string> topic,
                   LiveFiles files, std::int64_t PartitionAudit::* count, const Positions* until,
                   std::vector<RowSource>& sources) {
    FRAZIL_ASSIGN(auto scan, RowScan::Make(store_, name, table.CurrentSchema(), std::move(topic)));
    FRAZIL_ASSIGN(auto deletes, RowDeletes::Load(store_, table, files));
    sources.push_back({.count = count,
                       .scan = std::move(scan),
                       .files = std::move(files),
                       .deletes = std::move(deletes),
                       .until = until});
    return {};
  }

  // Best effort, and only once there is something to ask: without the topic, offsets without row count as
  // recorded.
  TopicWitness* Witness() {
    if (witness_ != nullptr || asked_ || !options_.open_source) return witness_.get();
    asked_ = true;
    auto witness = TopicWitness::Open(runtime_, options_.open_source, state_.record);
    if (witness) {
      witness_ = std::move(*witness);
      report_.topic_asked = true;
    } else {
      report_.notes.push_back(
          fmt::format("the topic was not asked about offsets without row: {}", witness.error().ToString()));
    }
    return witness_.get();
  }

  void AddPartitionFindings() {
    for (const auto& entry : report_.partitions) {
      const Partition partition = entry.first;
      const auto& audit = entry.second;
      const auto add = [&](const char* kind, const OffsetTally& tally, const char* what) {
        if (tally.count == 0) return;
        report_.findings.push_back(
            {kind, partition, std::nullopt,
             fmt::format("partition {}: {} {}: {}", partition, tally.count, what, ToString(tally))});
      };
      add("lost", audit.lost, "offsets are lost");
      add("doubled", audit.doubled, "rows too many, of offsets");
      add("outside", audit.outside, "rows of offsets that were not committed");
      add("unproven", audit.unproven,
          "offsets have no row, and the commits that would account for them are expired");
    }
  }

  void NoteForeign() {
    for (const ForeignChange& change : state_.chain.foreign) {
      report_.notes.push_back(fmt::format("another writer's snapshot {} ({}) may have taken or put rows",
                                          change.snapshot, change.operation));
    }
    if (report_.deleted_rows > 0) {
      report_.notes.push_back(
          fmt::format("other writers' delete files take {} rows away", report_.deleted_rows));
    }
  }

  Runtime& runtime_;
  ObjectStore& store_;
  const AuditOptions& options_;
  const StreamState state_;
  AuditReport report_;
  LiveFiles target_files_;
  std::vector<LiveFiles> follower_files_;  // as state_.followers
  std::vector<LiveFiles> pending_files_;   // as state_.followers
  std::int64_t follower_rows_ = 0;
  bool has_deletes_ = false;
  std::unique_ptr<TopicWitness> witness_;
  bool asked_ = false;
};

}  // namespace

Result<AuditReport> Audit(Runtime& runtime, Catalog& catalog, ObjectStore& store,
                          const AuditOptions& options) {
  FRAZIL_ASSIGN(auto state, ReadStreamState(catalog, store, options.target, options.stream, options.topic));
  return Auditor(runtime, store, options, std::move(state)).Run();
}

}  // namespace frazil
