#include "decode/json_values.h"

namespace frazil {

const char* JsonValues::ReadAny(const char* p, const ValuePlan& plan, int depth, Column& column) {
  const char c = *p;
  if (plan.as_json && c != 'n') return ReadJson(p, depth, column);
  switch (c) {
    case '"':
      return ReadString(p, plan, column);
    case '{':
      if (plan.type == TypeId::kStruct) return ReadStruct(p, plan, depth, column);
      return plan.type == TypeId::kMap ? ReadMap(p, plan, depth, column) : nullptr;
    case '[':
      return plan.type == TypeId::kList ? ReadList(p, plan, depth, column) : nullptr;
    case 't':
    case 'f':
      return ReadBooleanAs(p, plan, column);
    case 'n':
      return ReadNull(p, plan, column);
    default:
      return ReadNumber(p, plan, column);
  }
}

const char* JsonValues::ReadNull(const char* p, const ValuePlan& plan, Column& column) {
  p = JsonScan::TakeNull(p);
  if (p == nullptr || plan.required) return nullptr;
  column.AppendNull();
  return p;
}

const char* JsonValues::ReadBooleanAs(const char* p, const ValuePlan& plan, Column& column) {
  bool value = false;
  p = JsonScan::TakeBoolean(p, value);
  return p != nullptr && AppendBoolean(plan.scalar, value, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonValues::ReadNumber(const char* p, const ValuePlan& plan, Column& column) {
  Number number;
  p = scan_.TakeNumber(p, number);
  return p != nullptr && AppendNumber(plan.scalar, number, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonValues::ReadString(const char* p, const ValuePlan& plan, Column& column) {
  std::string_view text;
  p = scan_.TakeString(p, text);
  return p != nullptr && AppendText(plan.scalar, text, scratch_, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonValues::ReadJson(const char* p, int depth, Column& column) {
  const char* const begin = p;
  p = scan_.Skip(p, depth);
  if (p == nullptr || p > scan_.end()) return nullptr;
  column.AppendBytes({begin, static_cast<std::size_t>(p - begin)});
  return p;
}

const char* JsonValues::ReadList(const char* p, const ValuePlan& plan, int depth, Column& column) {
  const ValuePlan& element = plan.children[0];
  const Kind kind = KindOf(element);
  p = ReadEach(p, ']', depth, [&](const char* at) -> const char* {
    if (!elements_.Take(element.least_bytes)) return nullptr;
    return Read(at, kind, element, depth + 1, column.child(0));
  });
  if (p != nullptr) column.CloseList();
  return p;
}

const char* JsonValues::ReadStruct(const char* p, const ValuePlan& plan, int depth, Column& column) {
  const std::int64_t row = column.length();
  std::size_t likely = 0;
  p = ReadEach(p, '}', depth,
               [&](const char* at) { return ReadMember(at, plan, depth + 1, column, likely); });
  if (p == nullptr) return nullptr;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    if (column.child(i).length() > row) continue;
    if (!AppendMissing(plan.children[i], column.child(i))) return nullptr;
  }
  column.CloseStruct();
  return p;
}

const char* JsonValues::ReadMember(const char* p, const ValuePlan& plan, int depth, Column& column,
                                   std::size_t& likely) {
  std::string_view key;
  std::size_t i = 0;
  p = TakeKey(p, plan.members, likely, key, i);
  if (p == nullptr) return nullptr;
  if (i == KeyTable::kNone) return strict_ ? nullptr : scan_.Skip(p, depth);
  if (column.child(i).length() > column.length()) return nullptr;
  return Read(p, KindOf(plan.children[i]), plan.children[i], depth, column.child(i));
}

const char* JsonValues::ReadMap(const char* p, const ValuePlan& plan, int depth, Column& column) {
  const std::int64_t first = column.child(0).length();
  const Kind kind = KindOf(plan.children[1]);
  const std::size_t least_bytes = plan.children[0].least_bytes + plan.children[1].least_bytes;
  p = ReadEach(p, '}', depth, [&](const char* at) -> const char* {
    std::string_view key;
    at = scan_.TakeKey(at, key);
    if (at == nullptr || !elements_.Take(least_bytes)) return nullptr;
    if (AppendText(plan.children[0].scalar, key, scratch_, column.child(0)) != Conversion::kOk)
      return nullptr;
    return Read(at, kind, plan.children[1], depth + 1, column.child(1));
  });
  if (p == nullptr || twins_.Find(column.child(0), first)) return nullptr;
  column.CloseList();
  return p;
}

}  // namespace frazil
