#include "decode/json_key_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "decode/json_template.h"

namespace frazil {

JsonKeyReader::JsonKeyReader(const JsonPlan& plan)
    : plan_(plan),
      unmapped_(plan.unread.unmapped()),
      usable_(unmapped_ == Unmapped::kIgnore || (TakesTemplates(plan) && !plan.root.children.empty())),
      values_(unmapped_ != Unmapped::kIgnore),
      read_in_(plan.path_count, 0) {
  for (const ValuePlan& value : plan.values) kinds_.push_back(JsonValues::KindOf(value));
}

bool JsonKeyReader::Read(std::string_view message, ColumnBatch& rows) {
  if (!usable_) return false;
  ++message_count_;
  unread_.clear();
  values_.scan().Open(message);
  values_.Begin();
  if (ReadAll(rows)) return true;
  rows.RollBackRow();
  return false;
}

bool JsonKeyReader::ReadAll(ColumnBatch& rows) {
  const JsonScan& scan = values_.scan();
  const char* p = scan.SkipBlanks(scan.begin());
  if (p >= scan.end()) return false;
  p = ReadPath(p, plan_.root, 0, rows);
  if (p == nullptr || scan.SkipBlanks(p) != scan.end() || !scan.IsUtf8()) return false;
  FillDefaults(plan_, rows);
  if (!unread_.empty()) rows.column(plan_.unread.column()).AppendBytes(unread_);
  return std::ranges::all_of(plan_.required, [&](std::size_t i) { return rows.IsSet(i); });
}

[[gnu::always_inline]] inline const char* JsonKeyReader::ReadColumn(const char* p, std::size_t column,
                                                                    int depth, ColumnBatch& rows) {
  return values_.Read(p, kinds_[column], plan_.values[column], depth, rows.column(column));
}

[[gnu::always_inline]] inline const char* JsonKeyReader::ReadPath(const char* p, const PathPlan& path,
                                                                  int depth, ColumnBatch& rows) {
  if (path.single_column) {
    const std::size_t column = path.columns[0];
    return rows.IsSet(column) ? nullptr : ReadColumn(p, column, depth, rows);
  }
  return ReadShared(p, path, depth, rows);
}

const char* JsonKeyReader::ReadShared(const char* p, const PathPlan& path, int depth, ColumnBatch& rows) {
  if (read_in_[path.id] == message_count_) return nullptr;
  read_in_[path.id] = message_count_;
  const char* behind = nullptr;
  for (const std::size_t column : path.columns) {
    behind = ReadColumn(p, column, depth, rows);
    if (behind == nullptr) return nullptr;
  }
  if (!path.children.empty()) return ReadInside(p, path, depth, rows);
  return behind != nullptr ? behind : values_.scan().Skip(p, depth);
}

const char* JsonKeyReader::ReadInside(const char* p, const PathPlan& path, int depth, ColumnBatch& rows) {
  if (*p == '{') return ReadObject(p, path, depth, rows);
  if (*p == '[' && path.has_index && unmapped_ == Unmapped::kIgnore)
    return ReadElements(p, path, depth, rows);
  return &path == &plan_.root ? nullptr : JsonScan::TakeNull(p);
}

const char* JsonKeyReader::ReadObject(const char* p, const PathPlan& path, int depth, ColumnBatch& rows) {
  const std::size_t begin = unread_.size();
  std::size_t likely = 0;
  unread_ += '{';
  p = values_.ReadEach(p, '}', depth,
                       [&](const char* at) { return ReadMember(at, path, depth + 1, likely, rows); });
  if (unread_.size() > begin + 1) {
    unread_.back() = '}';
  } else {
    unread_.resize(begin);
  }
  return p;
}

const char* JsonKeyReader::ReadMember(const char* p, const PathPlan& path, int depth, std::size_t& likely,
                                      ColumnBatch& rows) {
  const char* const begin = p;
  std::string_view key;
  std::size_t i = 0;
  p = values_.TakeKey(p, path.keys, likely, key, i);
  if (p == nullptr) return nullptr;
  const PathPlan* const child = i == KeyTable::kNone ? nullptr : &path.children[i];
  if (child != nullptr && child->single_column) return ReadPath(p, *child, depth, rows);
  if (unmapped_ != Unmapped::kCollect) return ReadOther(p, child, depth, rows);
  // A key with escapes is collected as it stands in the message: JsonReader knows how.
  return key.data() == begin + 1 ? CollectOther(key, p, child, depth, rows) : nullptr;
}

const char* JsonKeyReader::ReadOther(const char* p, const PathPlan* path, int depth, ColumnBatch& rows) {
  if (path != nullptr) return ReadShared(p, *path, depth, rows);
  return unmapped_ == Unmapped::kReject ? nullptr : values_.scan().Skip(p, depth);
}

const char* JsonKeyReader::CollectOther(std::string_view key, const char* p, const PathPlan* path, int depth,
                                        ColumnBatch& rows) {
  const std::size_t begin = unread_.size();
  unread_.append(1, '"').append(key).append("\":");
  const std::size_t value = unread_.size();
  const char* const behind = ReadOther(p, path, depth, rows);
  if (behind == nullptr || behind > values_.scan().end()) return nullptr;
  if (path == nullptr) unread_.append(p, behind);
  if (unread_.size() == value) {
    unread_.resize(begin);
  } else {
    unread_ += ',';
  }
  return behind;
}

const char* JsonKeyReader::ReadElements(const char* p, const PathPlan& path, int depth, ColumnBatch& rows) {
  std::size_t index = 0;
  return values_.ReadEach(p, ']', depth, [&](const char* at) {
    const std::size_t i = path.keys.Find(fmt::format_int(index++).str());
    return i == KeyTable::kNone ? values_.scan().Skip(at, depth + 1)
                                : ReadPath(at, path.children[i], depth + 1, rows);
  });
}

}  // namespace frazil
