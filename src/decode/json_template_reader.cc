#include "decode/json_template_reader.h"

#include <algorithm>
#include <utility>

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
  values_.scan().Open(message);
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

[[gnu::always_inline]] inline const char* JsonTemplateReader::TakeUnread(const char* p,
                                                                         const Member& member) {
  const char* const behind = values_.scan().Skip(p, member.depth);
  if (member.unread.empty() || behind == nullptr) return behind;
  if (behind > values_.scan().end()) return nullptr;
  unread_.append(member.unread).append(p, behind);
  return behind;
}

bool JsonTemplateReader::ReadBy(const JsonTemplate& shape, ColumnBatch& rows) {
  values_.Begin();
  JsonScan& scan = values_.scan();
  const char* p = scan.begin();
  unread_.clear();
  const Member* const last = &shape.members.back();
  for (const Member* member = &shape.members.front();; ++member) {
    if (!member->before.Match(p, scan.end())) {
      member = NextMember(shape, member, p);
      if (member == nullptr) break;
    }
    p += member->before.size();
    if (member == last) {
      if (p != scan.end() || !scan.IsUtf8()) break;
      FillDefaults(plan_, rows);
      if (!shape.unread_end.empty()) {
        unread_ += shape.unread_end;
        rows.column(plan_.unread.column()).AppendBytes(unread_);
      }
      return true;
    }
    if (p >= scan.end()) break;
    p = member->value == nullptr
            ? TakeUnread(p, *member)
            : values_.Read(p, member->kind, *member->value, member->depth, rows.column(member->column));
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
    if (next[-1].object == object && next->before.Match(p, values_.scan().end())) return next;
  }
  return nullptr;
}

}  // namespace frazil
