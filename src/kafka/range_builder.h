// Follows one partition from offset to offset and counts what was never delivered.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace frazil {

// A broker refuses to read at an offset below its log start, and every read of librdkafka begins where the
// last one ended. So an offset that is passed over was in the log at that moment, and is absent: a
// transaction marker, or an aborted or compacted record. Expired offsets come as a failure instead, never as
// a gap.
class RangeBuilder {
 public:
  explicit RangeBuilder(Offset position) : first_(position), next_(position) {}

  Offset next() const { return next_; }
  std::int64_t absent() const { return absent_; }

  // A record was delivered. False when it lies before what was read already; then nothing has changed.
  bool Record(Offset offset) {
    if (!End(offset)) return false;
    next_ = offset + 1;
    return true;
  }

  // All up to `end` (exclusive) was delivered. False as above.
  bool End(Offset end) {
    if (end < next_) return false;
    absent_ += end - next_;
    next_ = end;
    return true;
  }

  // The range since the last Take; absent() counts anew from here.
  OffsetRange Take() {
    const OffsetRange range{first_, next_};
    first_ = next_;
    absent_ = 0;
    return range;
  }

 private:
  Offset first_;
  Offset next_;
  std::int64_t absent_ = 0;
};

}  // namespace frazil
