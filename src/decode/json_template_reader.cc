#include "decode/json_template_reader.h"

#include <algorithm>
#include <cstring>

namespace frazil {

using Member = JsonTemplate::Member;

bool JsonTemplateReader::IsTrying() {
  if (!usable_) return false;
  if (resting_ > 0) {
    --resting_;
    return false;
  }
  if (tried_ == kTrial) {
    const bool failed = read_ < kTrial / 4;
    tried_ = read_ = lessons_ = 0;
    rest_ = failed ? std::min(rest_ * 2, kLongRest) : kShortRest;
    if (failed) resting_ = rest_;
  }
  ++tried_;
  return true;
}

bool JsonTemplateReader::Read(std::string_view message, ColumnBatch& rows) {
  if (!IsTrying()) return false;
  scan_.Open(message);
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    if (ReadBy(*templates_[i], rows)) {
      if (i > 0) std::swap(templates_[0], templates_[i]);
      ++read_;
      return true;
    }
  }
  return false;
}

void JsonTemplateReader::Learn(std::string_view message) {
  if (!usable_ || resting_ > 0 || lessons_ == kMaxLessons) return;
  ++lessons_;
  auto shape = LearnTemplate(message, plan_);
  if (!shape) return;
  if (templates_.size() == kMaxTemplates) templates_.pop_back();
  templates_.insert(templates_.begin(), std::make_unique<const JsonTemplate>(std::move(*shape)));
}

bool JsonTemplateReader::ReadBy(const JsonTemplate& shape, ColumnBatch& rows) {
  const char* p = scan_.begin();
  const Member* const last = &shape.members.back();
  for (const Member* member = &shape.members.front();; ++member) {
    if (!member->before.Match(p, scan_.end())) {
      member = NextMember(shape, member, p);
      if (member == nullptr) break;
    }
    p += member->before.size();
    if (member == last) {
      if (p == scan_.end() && scan_.IsUtf8()) return true;
      break;
    }
    p = ReadMember(p, *member, rows);
    if (p == nullptr) break;
  }
  rows.RollBackRow();
  return false;
}

const Member* JsonTemplateReader::NextMember(const JsonTemplate& shape, const Member* missing,
                                             const char* p) const {
  constexpr std::ptrdiff_t kMaxMissing = 8;
  const Member* const first = &shape.members.front();
  const Member* const last = &shape.members.back();
  if (missing == first) return nullptr;
  const std::size_t object = missing[-1].object;
  for (const Member* next = missing; next != last && next - missing < kMaxMissing && next->optional;) {
    ++next;
    // What is left between two values of one object still is an object.
    if (next[-1].object == object && next->before.Match(p, scan_.end())) return next;
  }
  return nullptr;
}

[[gnu::always_inline]] inline const char* JsonTemplateReader::ReadMember(const char* p, const Member& member,
                                                                         ColumnBatch& rows) {
  if (p >= scan_.end()) return nullptr;
  switch (member.read) {
    case JsonTemplate::Read::kSkip:
      return scan_.Skip(p, member.depth);
    case JsonTemplate::Read::kText:
      if (*p == '"') {
        const char* const behind = ReadText(p, rows.column(member.column));
        if (behind != nullptr) return behind;
      }
      break;
    case JsonTemplate::Read::kWhole: {
      std::int64_t value = 0;
      const char* const behind = JsonScan::TakeShortWhole(p, value);
      if (behind != nullptr && AppendSimpleWhole(member.value->scalar, value, rows.column(member.column)))
        return behind;
      break;
    }
    case JsonTemplate::Read::kNumber:
      if (*p != '"' && *p != 'n') return ReadNumber(p, *member.value, rows.column(member.column));
      break;
    case JsonTemplate::Read::kBoolean: {
      bool value = false;
      const char* const behind = JsonScan::TakeBoolean(p, value);
      if (behind == nullptr) break;
      rows.column(member.column).AppendBoolean(value);
      return behind;
    }
    case JsonTemplate::Read::kOther:
      break;
  }
  return ReadAny(p, *member.value, member.depth, rows.column(member.column));
}

// Nothing is appended when there are escapes.
[[gnu::always_inline]] inline const char* JsonTemplateReader::ReadText(const char* p, Column& column) {
  std::size_t size = 0;
  p = scan_.TakeShortString(p, column.ReserveBytes(JsonScan::kShort), size);
  if (p != nullptr) column.CommitBytes(size);
  return p;
}

const char* JsonTemplateReader::ReadNumber(const char* p, const ValuePlan& plan, Column& column) {
  Number number;
  p = scan_.TakeNumber(p, number);
  return p != nullptr && AppendNumber(plan.scalar, number, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonTemplateReader::ReadAny(const char* p, const ValuePlan& plan, int depth, Column& column) {
  const char c = *p;
  if (plan.as_json && c != 'n') return ReadJson(p, depth, column);
  switch (c) {
    case '"':
      return ReadString(p, plan, column);
    case '{':
    case '[':
      return nullptr;
    case 't':
    case 'f':
      return ReadBoolean(p, plan, column);
    case 'n':
      return ReadNull(p, plan, column);
    default:
      return ReadNumber(p, plan, column);
  }
}

const char* JsonTemplateReader::ReadNull(const char* p, const ValuePlan& plan, Column& column) {
  p = scan_.TakeNull(p);
  if (p == nullptr || plan.required) return nullptr;
  column.AppendNull();
  return p;
}

const char* JsonTemplateReader::ReadBoolean(const char* p, const ValuePlan& plan, Column& column) {
  bool value = false;
  p = scan_.TakeBoolean(p, value);
  return p != nullptr && AppendBoolean(plan.scalar, value, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonTemplateReader::ReadString(const char* p, const ValuePlan& plan, Column& column) {
  std::string_view text;
  p = scan_.TakeString(p, text);
  return p != nullptr && AppendText(plan.scalar, text, scratch_, column) == Conversion::kOk ? p : nullptr;
}

const char* JsonTemplateReader::ReadJson(const char* p, int depth, Column& column) {
  const char* const begin = p;
  p = scan_.Skip(p, depth);
  if (p == nullptr || p > scan_.end()) return nullptr;
  column.AppendBytes({begin, static_cast<std::size_t>(p - begin)});
  return p;
}

}  // namespace frazil
