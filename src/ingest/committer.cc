#include "ingest/committer.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "iceberg/append.h"
#include "iceberg/folders.h"
#include "table/older_metadata.h"

namespace frazil {
namespace {

// By then somebody's orphan removal may have taken the first file.
constexpr std::chrono::milliseconds kOldestEpoch = std::chrono::hours(24);

}  // namespace

Committer::Committer(const StreamConfig& config, const StreamSeams& seams, const RecoveredStream& stream)
    : config_(config),
      seams_(seams),
      stream_(stream),
      mapping_version_(MappingVersion(stream.tables.mapping)),
      applied_n_(stream.record.n),
      table_sequence_(stream.table_sequence) {}

Committer::Files Committer::Gather(std::vector<LaneFiles> lanes) {
  Files files;
  for (auto& lane : lanes) {
    for (DataFile& written : lane.rows.files) {
      files.row_count += written.record_count;
      files.row_bytes += written.file_size_in_bytes;
      files.rows.push_back(std::move(written));
    }
    for (DataFile& written : lane.errors.files) {
      files.error_count += written.record_count;
      files.errors.push_back(std::move(written));
    }
    files.left_out += lane.left_out;
    files.nulls += lane.counts.nulls;
  }
  return files;
}

Result<CommitReport> Committer::Commit(SealedEpoch& sealed, StopSignal& stop) {
  const Status whole = sealed.Wait();
  Files files = Gather(sealed.TakeFiles());
  bool outcome_unknown = false;
  Result<CommitReport> report =
      whole ? CommitFiles(sealed, files, outcome_unknown, stop) : Fail(whole.error());
  // A ledger commit that landed names the files, whatever failed afterwards; CommitFiles says so by
  // `outcome_unknown`.
  if (!report && !outcome_unknown) Delete(files);
  return report;
}

void Committer::Delete(const Files& files) {
  DeleteFiles(seams_.store, files.rows);
  DeleteFiles(seams_.store, files.errors);
  if (files.manifest.empty()) return;
  if (const auto deleted = seams_.store.Delete(files.manifest); !deleted) {
    LogWarning("an uncommitted manifest stays behind: {}", deleted.error().ToString());
  }
}

// By both clocks: one stands still while the machine is suspended, the other may be set.
bool Committer::IsTooOld(const OpenEpoch& epoch) const {
  return seams_.runtime.Now() - epoch.opened_at > kOldestEpoch ||
         seams_.runtime.UnixMillis() - epoch.opened_ms > kOldestEpoch.count();
}

Status Committer::CheckPosition() {
  FRAZIL_ASSIGN(auto table, seams_.catalog.Load(config_.target));
  History history(std::move(table.metadata));
  FRAZIL_ASSIGN(const auto position, AskHistory(seams_.store, history, [&](const History& known) {
                  return ReadPosition(known, stream_.identity);
                }));
  const auto* found = std::get_if<FoundPosition>(&position);
  if (found == nullptr)
    return Fail(ErrorKind::kConflict, "POSITION_ROLLED_BACK", "the table was rolled back");
  if (found->record.n == applied_n_) return {};
  return Fail(ErrorKind::kConflict, "FENCED",
              fmt::format("the table holds commit {} of this stream, this process made {}", found->record.n,
                          applied_n_));
}

Result<EpochPlan> Committer::Plan(const SealedEpoch& sealed, Files& files) {
  const OpenEpoch& epoch = sealed.epoch();
  EpochPlan plan{.commit_id = epoch.commit_id,
                 .from = epoch.from,
                 .next = epoch.next,
                 .leader_epochs = epoch.leader_epochs,
                 .fence = stream_.record.fence,
                 .counts = {.rows = files.row_count,
                            .errors = files.error_count + files.left_out,
                            .nulls = files.nulls,
                            .filtered = 0,
                            .absent = epoch.absent},
                 .freshness = sealed.freshness(),
                 .mapping_version = mapping_version_,
                 .followers = {},
                 .base_sequence = table_sequence_};
  if (FRAZIL_MUTANT(accounting_by_subtraction)) {
    plan.counts.absent -= plan.counts.total();
    for (const auto& [partition, next] : plan.next) plan.counts.absent += next - plan.from.at(partition);
  }
  if (files.errors.empty()) return plan;

  // The follower's metadata decides where its manifest lies and under which schema; that it may have moved
  // since the start is of no matter.
  const TableMetadata& follower = stream_.tables.errors.metadata;
  files.manifest = fmt::format("{}/{}-m0.avro", MetadataFolder(follower), epoch.commit_id.ToString());
  FRAZIL_ASSIGN(const auto manifest,
                WriteReadyManifest(seams_.store, follower, files.manifest, files.errors));
  plan.followers.push_back(FollowerFiles{.table = config_.errors.ToString(),
                                         .uuid = follower.table_uuid,
                                         .manifest = manifest.manifest_path,
                                         .bytes = manifest.manifest_length,
                                         .rows = files.error_count,
                                         .files = static_cast<std::int64_t>(files.errors.size())});
  return plan;
}

Result<CommitReport> Committer::CommitFiles(const SealedEpoch& sealed, Files& files, bool& outcome_unknown,
                                            StopSignal& stop) {
  const MonotonicTime started = seams_.runtime.Now();
  if (IsTooOld(sealed.epoch())) {
    return Fail(ErrorKind::kConflict, "EPOCH_TOO_OLD",
                "the epoch is dropped: its first file is older than a day");
  }
  FRAZIL_ASSIGN(const auto plan, Plan(sealed, files));
  LedgerCommit ledger(seams_, config_.target, stream_.identity, mapping_version_);
  FRAZIL_ASSIGN(const auto committed,
                ledger.CommitEpoch(plan, files.rows, stream_.tables.rows, applied_n_, outcome_unknown, stop));
  outcome_unknown = true;  // the files are the table's from here on
  table_sequence_ = committed.table.metadata.last_sequence_number;
  if (committed.snapshot == SnapshotId()) {
    return Fail(ErrorKind::kConflict, "ALREADY_COMMITTED",
                "the epoch landed by an earlier attempt; recovery goes on from it");
  }
  if (!FRAZIL_MUTANT(pending_dropped)) {
    FRAZIL_TRY(Followers(seams_, config_.name).Apply(committed.record, nullptr, stop));
  }
  applied_n_ = committed.record.n;

  const MonotonicTime now = seams_.runtime.Now();
  return CommitReport{.stream = config_.name,
                      .snapshot = committed.snapshot,
                      .counts = plan.counts,
                      .files = static_cast<std::int64_t>(files.rows.size()),
                      .bytes = files.row_bytes,
                      .next = committed.record.next,
                      .lag = std::nullopt,
                      .open_for = now - sealed.epoch().opened_at,
                      .commit_took = now - started};
}

}  // namespace frazil
