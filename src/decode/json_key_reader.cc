#include "decode/json_key_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil {

JsonKeyReader::JsonKeyReader(const JsonPlan& plan) : plan_(plan), read_in_(plan.path_count, 0) {
  for (const ValuePlan& value : plan.values) kinds_.push_back(JsonValues::KindOf(value));
}

bool JsonKeyReader::Read(std::string_view message, ColumnBatch& rows) {
  if (plan_.unread.unmapped() != Unmapped::kIgnore) return false;
  ++message_count_;
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
  if (*p == '{') {
    std::size_t likely = 0;
    return values_.ReadEach(p, '}', depth,
                            [&](const char* at) { return ReadMember(at, path, depth + 1, likely, rows); });
  }
  if (*p == '[' && path.has_index) return ReadElements(p, path, depth, rows);
  return &path == &plan_.root ? nullptr : JsonScan::TakeNull(p);
}

const char* JsonKeyReader::ReadMember(const char* p, const PathPlan& path, int depth, std::size_t& likely,
                                      ColumnBatch& rows) {
  std::size_t i = 0;
  p = values_.TakeKey(p, path.keys, likely, i);
  if (p == nullptr) return nullptr;
  return i == KeyTable::kNone ? values_.scan().Skip(p, depth) : ReadPath(p, path.children[i], depth, rows);
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
