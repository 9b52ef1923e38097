// Which row, or what else, a message of the topic has become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "proof/stream_state.h"
#include "proof/unread.h"
#include "runtime/runtime.h"

namespace frazil {

enum class WhereState {
  kRow,      // in the target
  kError,    // in the errors table
  kPending,  // an error row, decided but not in the errors table yet
  kDoubled,  // more than one row, and nobody has accepted that
  kDeleted,  // a row that a delete file takes away
  kNull,     // a message without value
  kFiltered,
  kAbsent,       // never delivered by the broker
  kAccounted,    // null, filtered or absent: recorded, but not told apart
  kNotRead,      // at or after the stream's position
  kBeforeStart,  // the stream began after it
  kPassedOver,   // a person has accepted that it is nowhere
  kLost,         // committed, and nowhere
  kExpired,      // no row, and neither topic nor snapshots tell any more
};
std::string_view ToString(WhereState state);

// A row that holds the message.
struct MessagePlace {
  std::string table;
  std::string file;
  std::int64_t row = 0;                      // in the file, from 0
  std::optional<SnapshotId> snapshot;        // that added the file; absent while pending
  std::optional<std::int64_t> timestamp_ms;  // of that snapshot, while metadata has it
  // Of an error row.
  std::string error_code;
  std::string error_path;
  std::string error_message;
};

struct WhereAnswer {
  WhereState state = WhereState::kLost;
  std::string detail;  // one sentence
  std::vector<MessagePlace> places;
  // The commit that decided it; absent where that is expired or there is none.
  std::optional<SnapshotId> commit;
  std::optional<std::int64_t> commit_ms;
  std::int64_t n = 0;
  std::optional<UnreadMessages> unread;  // of the partition, with kNotRead and where the topic could be asked
};

struct WhereOptions {
  std::string stream;
  std::string topic;
  TableName target;
  Partition partition;
  Offset offset;
  OpenSource open_source;  // asked where there is no row; empty: nobody is asked
};

// Opens only files whose bounds hold partition and offset, and reads of each the two columns. kInvalid
// (WHERE_PARTITION) for a partition that the stream does not have; the rest as Audit.
Result<WhereAnswer> Where(Runtime& runtime, Catalog& catalog, ObjectStore& store,
                          const WhereOptions& options);

}  // namespace frazil
