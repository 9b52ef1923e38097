// JSON messages into rows by their members' keys, in any order, without an index of tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column.h"
#include "decode/json_plan.h"
#include "decode/json_values.h"

namespace frazil {

// Answers only where JsonReader would take the message, and with the same row; everything else it leaves to
// JsonReader: also all messages where the unmapped is collected or rejected, and columns share a place or lie
// in arrays. Keeps its memory from message to message. The plan must outlive it.
class JsonKeyReader {
 public:
  explicit JsonKeyReader(const JsonPlan& plan);

  // Appends the message's values to the mapped columns of the row that `rows` has open, as JsonReader::Read
  // does. False: nothing was appended. `message` is readable 64 bytes past its end.
  bool Read(std::string_view message, ColumnBatch& rows);
  // Of the message that Read took last: what its elements took.
  std::size_t element_bytes() const { return values_.element_bytes(); }

 private:
  bool ReadAll(ColumnBatch& rows);
  // Each gets a place in front of a value, and returns the one behind it, or nullptr, as JsonValues::Read.
  const char* ReadPath(const char* p, const PathPlan& path, int depth, ColumnBatch& rows);
  const char* ReadColumn(const char* p, std::size_t column, int depth, ColumnBatch& rows);
  // What several columns read, or what lies on the way to columns.
  const char* ReadShared(const char* p, const PathPlan& path, int depth, ColumnBatch& rows);
  const char* ReadInside(const char* p, const PathPlan& path, int depth, ColumnBatch& rows);
  const char* ReadObject(const char* p, const PathPlan& path, int depth, ColumnBatch& rows);
  const char* ReadElements(const char* p, const PathPlan& path, int depth, ColumnBatch& rows);
  // This one gets a place in front of a member.
  const char* ReadMember(const char* p, const PathPlan& path, int depth, std::size_t& likely,
                         ColumnBatch& rows);
  // A member's value that lies on the way to columns, or (null) that no column reads. The second collects
  // what is unread of it.
  const char* ReadOther(const char* p, const PathPlan* path, int depth, ColumnBatch& rows);
  const char* CollectOther(std::string_view key, const char* p, const PathPlan* path, int depth,
                           ColumnBatch& rows);

  const JsonPlan& plan_;
  const Unmapped unmapped_;
  const bool usable_;
  std::vector<JsonValues::Kind> kinds_;  // by column
  JsonValues values_;
  std::uint64_t message_count_ = 0;
  std::vector<std::uint64_t> read_in_;  // for each shared path, the last message that had it
  std::string unread_;                  // what is collected, each thing followed by a comma
};

}  // namespace frazil
