// Goes on after a loud stop by a person's decision, which a commit to the target records.
//
//   find out where the stream stops: by the code that starts it
//   decide where it goes on, as the kind of the stop and the person say
//   commit the record of the decision: a fence, so that nothing built before it lands any more
//   bring the follower there
//
// Killed in between, the stream stops as before, or is where the decision wants it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "ingest/stream_config.h"
#include "ledger/accept.h"
#include "runtime/stop_signal.h"

namespace frazil {

enum class AcceptStart {
  kEarliest,  // of what the topic holds
  kLatest,    // behind it
  kPosition,  // where the table's position is
};

struct AcceptOptions {
  std::string code;  // that the stream stops with
  std::optional<AcceptStart>
      start;  // needed where AcceptKind is kOtherMessages or kPosition, refused elsewhere
  std::optional<Partition> partition;  // needed where it is kUnreadable, refused elsewhere
  std::optional<Offset> to;            // the same: first offset that is read again
  bool dry_run = false;                // says what would be recorded
};

struct AcceptReport {
  AcceptedStop stop;
  Positions next;  // where the stream goes on
};

// kInvalid: USAGE_ACCEPT (options that do not go with the code, or a code that no decision gets over),
// ACCEPT_NOT_STOPPED (the stream does not stop), ACCEPT_OTHER_STOP (it stops with another code), ACCEPT_RANGE
// (an offset that the partition does not have). kConflict (LEDGER_MOVED): another process committed
// meanwhile. Others as at the stream's start.
Result<AcceptReport> AcceptStop(const StreamConfig& config, const StreamSeams& seams,
                                const AcceptOptions& options, StopSignal& stop);

}  // namespace frazil
