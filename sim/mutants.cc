#include "sim/mutants.h"

namespace frazil::sim {

const std::vector<Mutant>& AllMutants() {
  static const std::vector<Mutant> mutants = {
      // Reading the position.
      {"current_snapshot_only", "the walk from the head goes on to the ancestors"},
      {"property_ignored", "the property's record counts where its snapshot is expired"},
      {"property_trusted_after_rollback", "the ancestors' record is what the table holds"},
      {"property_removal_tolerated", "a removed property blocks"},
      {"cherry_pick_unseen", "a cherry-picked snapshot above the position blocks"},
      {"identity_unchecked", "offsets of another cluster or topic are others"},
      {"follower_property_unread", "a follower whose property names another commit was rolled back"},
      {"start_resolved_twice", "`start` is committed before anything is read"},
      {"new_partition_at_end", "a partition that the position does not have starts at 0"},
      {"expired_offsets_accepted", "a position below the log start blocks"},
      // Committing an epoch.
      {"from_check_removed", "an epoch goes only onto the position that it began at"},
      {"fence_id_ignored", "an epoch goes only onto the fence that it was planned under"},
      {"partitions_forgotten", "partitions outside the epoch are carried forward"},
      {"later_epoch_not_rewound", "an epoch that fails takes those after it along"},
      {"unknown_is_failure", "an unknown outcome is settled before anything else is done"},
      {"unknown_is_success", "an unknown outcome is no success"},
      {"files_deleted_on_unknown", "files of an epoch whose outcome was unknown stay"},
      {"uploads_not_awaited", "files are durable before a commit names them"},
      {"lane_batch_lost", "a seal writes what the lane holds"},
      {"share_lost", "each lane writes its share of what lanes left"},
      {"accounting_by_subtraction", "each count has a source of its own"},
      {"absent_at_end_forgotten", "absent offsets at a partition's end count"},
      {"valid_through_of_one", "the table is valid through the least of its partitions"},
      {"bytes_given_back_early", "bytes of a batch are given back when it is gone"},
      {"rows_not_charged", "what a batch becomes is charged to the budget"},
      {"unwritten_not_charged", "rows that lanes leave to each other stay charged"},
      {"budget_overdrawn", "nothing is granted that does not fit beside what is in use"},
      {"epoch_not_cut_for_memory", "an epoch is cut when memory is short"},
      // Followers.
      {"followers_before_ledger", "the ledger decides before a follower gets anything"},
      {"pending_dropped", "what is pending is applied after the commit"},
      {"pending_not_awaited", "no commit is made while entries before it are pending"},
      {"recovery_leaves_pending", "recovery applies what is pending"},
      {"applied_twice", "an entry that the follower's history contains is done"},
      {"applied_anywhere", "an entry is applied only onto the state it goes after"},
      {"followers_chain_forgotten", "the record keeps the id last applied"},
      // Rollback.
      {"fence_without_new_n", "a fence's n is above every one known"},
      {"fence_without_until", "a fence says how far the lost records had come"},
      {"fence_not_carried", "a fence is carried to the followers"},
      {"read_back_skipped", "what followers hold after a rollback is read back"},
      {"held_offsets_replayed", "the replay leaves out what followers hold"},
      // Accepted stops.
      {"accept_without_fence", "a decision is a fence"},
      {"accept_without_until", "a decision says how far followers may be ahead"},
      {"accept_gap_unsaid", "a decision says what it passes over"},
      {"accept_leaves_pending", "what is pending is applied before a decision"},
      {"accept_on_moved_ledger", "a decision goes only onto the position that it was made about"},
      {"accepted_not_carried", "decisions stay in every later record"},
  };
  return mutants;
}

}  // namespace frazil::sim
