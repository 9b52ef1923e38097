// What no column reads of a message's value: collected as JSON, or refused.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "columns/column.h"
#include "decode/json_cursor.h"
#include "decode/key_table.h"
#include "mapping/mapping.h"

namespace frazil {

// What columns read of a value; all else in it is unread.
struct ReadNode {
  bool all = false;  // the whole of it
  KeyTable keys;
  std::vector<ReadNode> children;  // one a key: a member, or an element by its index
  std::unique_ptr<ReadNode> each;  // in every element or member
};

// The members and elements that no column reads, of a message that was read.
//
// Collected, they are an object that is the message without all that columns read: what is nested stays where
// it is, and in an array null stands for an element of which nothing is left. Keys and values are as they
// stand in the message. A column of the whole message as JSON does not count: nothing would ever be unread
// beside it.
class UnreadPlan {
 public:
  UnreadPlan() = default;
  explicit UnreadPlan(const Mapping& mapping);

  Unmapped unmapped() const { return unmapped_; }
  std::size_t column() const { return column_; }  // of what is collected

  // Walks once more over the message that `cursor` stands before, and appends what is collected to its
  // column, unless that is nothing. False: something is unread that must not be; cursor.failure() says what.
  // REQUIRES: unmapped() is not kIgnore; the walk over the message has succeeded before.
  bool Take(JsonCursor& cursor, std::string& scratch, ColumnBatch& rows) const;

 private:
  Unmapped unmapped_ = Unmapped::kIgnore;
  ReadNode root_;
  std::size_t column_ = 0;
};

}  // namespace frazil
