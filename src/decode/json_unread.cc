#include "decode/json_unread.h"

#include <fmt/format.h>

namespace frazil {
namespace {

using Step = JsonCursor::Step;
using Token = JsonCursor::Token;

ReadNode& Child(ReadNode& node, const std::string& key) {
  const std::size_t i = node.keys.Add(key);
  if (i == node.children.size()) node.children.emplace_back();
  return node.children[i];
}

ReadNode& Each(ReadNode& node) {
  if (node.each == nullptr) node.each = std::make_unique<ReadNode>();
  return *node.each;
}

void AddValue(ReadNode& node, const ValueMapping& value) {
  switch (value.type.id) {
    case TypeId::kStruct:
      for (std::size_t i = 0; i < value.children.size(); ++i) {
        AddValue(Child(node, value.type.children[i].name), value.children[i]);
      }
      return;
    case TypeId::kList:
      return AddValue(Each(node), value.children[0]);
    case TypeId::kMap:
      return AddValue(Each(node), value.children[1]);
    default:
      node.all = true;
  }
}

void Merge(ReadNode& into, const ReadNode& from) {
  into.all = into.all || from.all;
  for (std::size_t i = 0; i < from.children.size(); ++i)
    Merge(Child(into, from.keys.key(i)), from.children[i]);
  if (from.each != nullptr) Merge(Each(into), *from.each);
}

// Each child gets what is read in every one, so that a walk looks at one node only; lists and maps of which
// all is read count as read.
void Settle(ReadNode& node) {
  for (ReadNode& child : node.children) {
    if (node.each != nullptr) Merge(child, *node.each);
    Settle(child);
  }
  if (node.each == nullptr) return;
  Settle(*node.each);
  node.all = node.all || node.each->all;
}

const ReadNode* Find(const ReadNode& node, std::string_view key) {
  const std::size_t i = node.children.empty() ? KeyTable::kNone : node.keys.Find(key);
  return i == KeyTable::kNone ? node.each.get() : &node.children[i];
}

// Recursion is as deep as the message, which has been checked.
class Walk {
 public:
  Walk(JsonCursor& cursor, Unmapped unmapped, std::string& out)
      : cursor_(cursor), unmapped_(unmapped), out_(out) {}

  // Appends what is left of the next value, or nothing when all is read.
  bool Value(const ReadNode& node) {
    if (node.all) return cursor_.Skip();
    if (cursor_.Peek() == '{') return Members(node);
    return cursor_.Peek() == '[' ? Elements(node) : cursor_.Skip();
  }

 private:
  bool Members(const ReadNode& node) {
    const std::size_t begin = out_.size();
    out_ += '{';
    for (Step step = cursor_.Enter('}'); step != Step::kEnd; step = cursor_.Continue('}')) {
      if (step == Step::kFailed || !Member(node)) return false;
    }
    Close(begin, out_.size() > begin + 1, '}');
    return true;
  }

  bool Member(const ReadNode& node) {
    const Token token = cursor_.next();
    const std::size_t begin = out_.size();
    std::string_view key;
    if (!cursor_.SkipText(key)) return false;
    out_ += key;
    out_ += ':';
    cursor_.Rewind(token);
    const std::size_t value = out_.size();
    if (!cursor_.TakeString(key)) return false;
    const ReadNode* const child = Find(node, key);
    if (!cursor_.TakeColon()) return false;
    if (!(child == nullptr ? Unread() : Value(*child))) {
      // What was read since may have used the key's memory.
      cursor_.Rewind(token);
      return cursor_.TakeString(key) && cursor_.Within(key);
    }
    if (out_.size() == value) {
      out_.resize(begin);
    } else {
      out_ += ',';
    }
    return true;
  }

  bool Elements(const ReadNode& node) {
    const std::size_t begin = out_.size();
    bool any = false;
    std::size_t index = 0;
    out_ += '[';
    for (Step step = cursor_.Enter(']'); step != Step::kEnd; step = cursor_.Continue(']'), ++index) {
      if (step == Step::kFailed) return false;
      const std::string name = fmt::format_int(index).str();
      const std::size_t before = out_.size();
      const ReadNode* const child = Find(node, name);
      if (!(child == nullptr ? Unread() : Value(*child))) return cursor_.Within(name);
      any = any || out_.size() > before;
      out_ += out_.size() > before ? "," : "null,";
    }
    Close(begin, any, ']');
    return true;
  }

  bool Unread() {
    if (unmapped_ == Unmapped::kReject)
      return cursor_.Fail(Problem::kUnmapped, "a value that a column reads");
    std::string_view text;
    if (!cursor_.SkipText(text)) return false;
    out_ += text;
    return true;
  }

  // Each thing that is left is followed by a comma.
  void Close(std::size_t begin, bool any, char close) {
    if (any) {
      out_.back() = close;
    } else {
      out_.resize(begin);
    }
  }

  JsonCursor& cursor_;
  Unmapped unmapped_;
  std::string& out_;
};

}  // namespace

UnreadPlan::UnreadPlan(const Mapping& mapping)
    : unmapped_(mapping.unmapped), column_(mapping.columns.size()) {
  for (const ColumnMapping& column : mapping.columns) {
    if (column.part != MessagePart::kValue || (column.path.empty() && column.value.parse == Parse::kJson))
      continue;
    ReadNode* node = &root_;
    for (const std::string& token : column.path) node = &Child(*node, token);
    AddValue(*node, column.value);
  }
  Settle(root_);
}

bool UnreadPlan::Take(JsonCursor& cursor, std::string& scratch, ColumnBatch& rows) const {
  scratch.clear();
  if (cursor.Peek() == '{' && !Walk(cursor, unmapped_, scratch).Value(root_)) return false;
  if (!scratch.empty()) rows.column(column_).AppendBytes(scratch);
  return true;
}

}  // namespace frazil
