#include "decode/json_reader.h"

#include <fmt/format.h>

namespace frazil {

using Step = JsonCursor::Step;
using Token = JsonCursor::Token;

bool JsonReader::Read(std::string_view message, ColumnBatch& rows) {
  ++message_count_;
  elements_.Begin(message.size());
  if (!cursor_.Open(message)) return false;
  const Token start = cursor_.next();
  if (ReadPath(plan_.root, rows) && cursor_.End() && FillMissing(plan_, rows, failure()) &&
      TakeUnread(start, rows)) {
    return true;
  }
  PreferJsonFailure(start);
  return false;
}

void JsonReader::PreferJsonFailure(Token start) {
  if (IsJsonProblem(failure().problem)) return;
  Failure found = std::move(failure());
  cursor_.Restart(start);
  if (cursor_.Skip() && cursor_.End()) failure() = std::move(found);
}

bool JsonReader::TakeUnread(Token start, ColumnBatch& rows) {
  if (plan_.unread.unmapped() == Unmapped::kIgnore) return true;
  cursor_.Restart(start);
  return plan_.unread.Take(cursor_, unread_, rows);
}

// What most values are is done here, inlined in each caller: calls cost as much as the work. ReadAnyValue
// does the rest.
[[gnu::always_inline]] inline bool JsonReader::ReadValue(const ValuePlan& plan, Column& column) {
  if (plan.is_text && cursor_.Peek() == '"') {
    std::string_view text;
    if (!cursor_.TakeString(text)) return false;
    column.AppendBytes(text);
    return true;
  }
  if (plan.scalar.whole != ScalarPlan::Whole::kOther) {
    const Token token = cursor_.next();
    std::int64_t value = 0;
    if (cursor_.TakeShortWhole(value) && AppendSimpleWhole(plan.scalar, value, column)) return true;
    cursor_.Rewind(token);
  }
  return ReadAnyValue(plan, column);
}

bool JsonReader::ReadPath(const PathPlan& path, ColumnBatch& rows) {
  if (read_in_[path.id] == message_count_) return cursor_.Fail(Problem::kDuplicateKey, "one value for a key");
  read_in_[path.id] = message_count_;
  if (path.single_column) return ReadValue(plan_.values[path.columns[0]], rows.column(path.columns[0]));
  const Token start = cursor_.next();
  for (const std::size_t i : path.columns) {
    cursor_.Rewind(start);
    if (!ReadValue(plan_.values[i], rows.column(i))) return false;
  }
  cursor_.Rewind(start);
  return path.children.empty() ? cursor_.Skip() : ReadInside(path, rows);
}

bool JsonReader::ReadInside(const PathPlan& path, ColumnBatch& rows) {
  const char c = cursor_.Peek();
  if (c == '{') {
    return ReadMembers(path.keys, [&](std::size_t i) { return ReadPath(path.children[i], rows); });
  }
  if (c == '[' && path.has_index) return ReadElements(path, rows);
  if (c == 'n' && &path != &plan_.root) return cursor_.TakeNull();
  return cursor_.Fail(Problem::kType, "an object");
}

bool JsonReader::ReadElements(const PathPlan& path, ColumnBatch& rows) {
  std::size_t index = 0;
  for (Step step = cursor_.Enter(']'); step != Step::kEnd; step = cursor_.Continue(']'), ++index) {
    if (step == Step::kFailed) return false;
    const std::string key = fmt::format_int(index).str();
    const std::size_t i = path.keys.Find(key);
    if (i == KeyTable::kNone ? !cursor_.Skip() : !ReadPath(path.children[i], rows))
      return cursor_.Within(key);
  }
  return true;
}

template <typename ReadOne>
bool JsonReader::ReadMembers(const KeyTable& keys, ReadOne read) {
  std::size_t likely = 0;
  for (Step step = cursor_.Enter('}'); step != Step::kEnd; step = cursor_.Continue('}')) {
    if (step == Step::kFailed) return false;
    std::size_t i = likely;
    if (likely == keys.size() || !cursor_.TakeKeyIf(keys.quoted(likely))) {
      if (!TakeKey(keys, i)) return false;
      if (i == KeyTable::kNone) {
        if (!cursor_.Skip()) return false;
        continue;
      }
    }
    if (!read(i)) return cursor_.Within(keys.key(i));
    likely = i + 1;
  }
  return true;
}

bool JsonReader::TakeKey(const KeyTable& keys, std::size_t& i) {
  std::string_view key;
  if (!cursor_.TakeString(key)) return false;
  i = keys.Find(key);
  return cursor_.TakeColon();
}

bool JsonReader::ReadAnyValue(const ValuePlan& plan, Column& column) {
  const char c = cursor_.Peek();
  if (plan.as_json && c != 'n') return ReadJson(plan, column);
  switch (c) {
    case '"':
      return ReadString(plan, column);
    case '{':
      return ReadObject(plan, column);
    case '[':
      return ReadArray(plan, column);
    case 't':
    case 'f':
      return ReadBoolean(plan, column);
    case 'n':
      return ReadNull(plan, column);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return ReadNumber(plan, column);
    default:
      return cursor_.Fail(Problem::kSyntax, "a value");
  }
}

bool JsonReader::Check(Conversion outcome, Token token, const ValuePlan& plan) {
  return outcome == Conversion::kOk || cursor_.FailAt(token, ProblemOf(outcome), plan.expected);
}

bool JsonReader::FailMissing(Token token, const ValuePlan& plan) {
  cursor_.FailAt(token, Problem::kMissing, plan.expected);
  failure().found = {};
  return false;
}

bool JsonReader::ReadNull(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  if (!cursor_.TakeNull()) return false;
  if (plan.required) return cursor_.FailAt(token, Problem::kNull, plan.expected);
  column.AppendNull();
  return true;
}

bool JsonReader::ReadBoolean(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  bool value = false;
  return cursor_.TakeBoolean(value) && Check(AppendBoolean(plan.scalar, value, column), token, plan);
}

bool JsonReader::ReadNumber(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  Number number;
  return cursor_.TakeNumber(number) && Check(AppendNumber(plan.scalar, number, column), token, plan);
}

bool JsonReader::ReadString(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  std::string_view text;
  return cursor_.TakeString(text) && Check(AppendText(plan.scalar, text, scratch_, column), token, plan);
}

bool JsonReader::ReadJson(const ValuePlan&, Column& column) {
  std::string_view text;
  if (!cursor_.SkipText(text)) return false;
  column.AppendBytes(text);
  return true;
}

bool JsonReader::ReadObject(const ValuePlan& plan, Column& column) {
  if (plan.type == TypeId::kStruct) return ReadStruct(plan, column);
  if (plan.type == TypeId::kMap) return ReadMap(plan, column);
  return cursor_.Fail(Problem::kType, plan.expected);
}

bool JsonReader::ReadStruct(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  const std::int64_t row = column.length();
  const auto read = [&](std::size_t i) {
    Column& child = column.child(i);
    if (child.length() > row) return cursor_.Fail(Problem::kDuplicateKey, "one value for a key");
    return ReadValue(plan.children[i], child);
  };
  if (!ReadMembers(plan.members, read)) return false;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    if (column.child(i).length() > row) continue;
    if (AppendMissing(plan.children[i], column.child(i))) continue;
    FailMissing(token, plan.children[i]);
    return cursor_.Within(plan.members.key(i));
  }
  column.CloseStruct();
  return true;
}

bool JsonReader::ReadArray(const ValuePlan& plan, Column& column) {
  if (plan.type != TypeId::kList) return cursor_.Fail(Problem::kType, plan.expected);
  const Token token = cursor_.next();
  std::size_t index = 0;
  for (Step step = cursor_.Enter(']'); step != Step::kEnd; step = cursor_.Continue(']'), ++index) {
    if (step == Step::kFailed || !TakeElement(token, plan.children[0].least_bytes)) return false;
    if (!ReadValue(plan.children[0], column.child(0))) return cursor_.Within(fmt::format_int(index).str());
  }
  column.CloseList();
  return true;
}

bool JsonReader::ReadMap(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  const std::int64_t first = column.child(0).length();
  const std::size_t least_bytes = plan.children[0].least_bytes + plan.children[1].least_bytes;
  for (Step step = cursor_.Enter('}'); step != Step::kEnd; step = cursor_.Continue('}')) {
    if (step == Step::kFailed || !TakeElement(token, least_bytes) || !ReadMapEntry(plan, column))
      return false;
  }
  if (twins_.Find(column.child(0), first))
    return cursor_.FailAt(token, Problem::kDuplicateKey, "one value for a key");
  column.CloseList();
  return true;
}

bool JsonReader::ReadMapEntry(const ValuePlan& plan, Column& column) {
  const Token token = cursor_.next();
  std::string_view key;
  if (!cursor_.TakeString(key)) return false;
  const bool good_key =
      Check(AppendText(plan.children[0].scalar, key, scratch_, column.child(0)), token, plan.children[0]);
  if (good_key && !cursor_.TakeColon()) return false;
  if (good_key && ReadValue(plan.children[1], column.child(1))) return true;
  // What was read since may have used the key's memory.
  cursor_.Rewind(token);
  return cursor_.TakeString(key) && cursor_.Within(key);
}

}  // namespace frazil
