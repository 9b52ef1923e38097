// One JSON message into one row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column.h"
#include "decode/element_bytes.h"
#include "decode/json_cursor.h"
#include "decode/json_plan.h"
#include "decode/twins.h"

namespace frazil {

// Keeps its memory from message to message. The plan must outlive it.
class JsonReader {
 public:
  explicit JsonReader(const JsonPlan& plan) : plan_(plan), read_in_(plan.path_count, 0) {}

  // Appends the message's values to the mapped columns of the row that `rows` has open. The whole message is
  // checked to be JSON, also where it is not mapped; that it is not goes before all other failures. False:
  // failure() says why, and the row must be rolled back.
  bool Read(std::string_view message, ColumnBatch& rows);
  Failure& failure() { return cursor_.failure(); }
  // What the elements of the last message took.
  std::size_t element_bytes() const { return elements_.taken(); }

 private:
  bool ReadPath(const PathPlan& path, ColumnBatch& rows);
  bool ReadInside(const PathPlan& path, ColumnBatch& rows);
  bool ReadElements(const PathPlan& path, ColumnBatch& rows);
  bool TakeUnread(JsonCursor::Token start, ColumnBatch& rows);
  bool ReadValue(const ValuePlan& plan, Column& column);
  bool ReadAnyValue(const ValuePlan& plan, Column& column);
  bool ReadNull(const ValuePlan& plan, Column& column);
  bool ReadBoolean(const ValuePlan& plan, Column& column);
  bool ReadNumber(const ValuePlan& plan, Column& column);
  bool ReadString(const ValuePlan& plan, Column& column);
  bool ReadJson(const ValuePlan& plan, Column& column);
  bool ReadObject(const ValuePlan& plan, Column& column);
  bool ReadArray(const ValuePlan& plan, Column& column);
  bool ReadStruct(const ValuePlan& plan, Column& column);
  bool ReadMap(const ValuePlan& plan, Column& column);
  bool ReadMapEntry(const ValuePlan& plan, Column& column);

  // Walks over an object's members: `read(i)` takes the value of the i-th of `keys`; others are skipped.
  template <typename ReadOne>
  bool ReadMembers(const KeyTable& keys, ReadOne read);
  // Takes a key and its colon; `i` is the key's place or KeyTable::kNone.
  bool TakeKey(const KeyTable& keys, std::size_t& i);
  bool Check(Conversion outcome, JsonCursor::Token token, const ValuePlan& plan);
  bool FailMissing(JsonCursor::Token token, const ValuePlan& plan);
  // Room for one more element of the list or map at `token`.
  bool TakeElement(JsonCursor::Token token, std::size_t least_bytes) {
    return elements_.Take(least_bytes) || cursor_.FailAt(token, Problem::kSize, {});
  }
  // That the message is no JSON at all is said instead of what stopped the reading of its values.
  void PreferJsonFailure(JsonCursor::Token start);

  const JsonPlan& plan_;
  JsonCursor cursor_;
  std::uint64_t message_count_ = 0;
  std::vector<std::uint64_t> read_in_;  // for each path, the last message that had it
  std::string scratch_;
  Twins twins_;
  ElementBytes elements_;
  std::string unread_;
};

}  // namespace frazil
