// One value of a JSON message into a column, taken from its bytes.
#pragma once

#include <cstdint>
#include <string>

#include "columns/column.h"
#include "decode/element_bytes.h"
#include "decode/json_plan.h"
#include "decode/json_scan.h"
#include "decode/twins.h"

namespace frazil {

// Appends only what JsonReader would append. Each call gets the place of a value's first byte, which lies
// before the message's end, and returns the place behind the value, or nullptr for whatever JsonReader has to
// look at; what is in the column then must be rolled back.
class JsonValues {
 public:
  // What most values of a column are.
  enum class Kind : std::uint8_t { kText, kWhole, kDouble, kBoolean, kOther };
  static Kind KindOf(const ValuePlan& plan) {
    if (plan.is_text) return Kind::kText;
    if (plan.scalar.whole != ScalarPlan::Whole::kOther) return Kind::kWhole;
    if (plan.type == TypeId::kDouble) return Kind::kDouble;
    return plan.type == TypeId::kBoolean ? Kind::kBoolean : Kind::kOther;
  }

  // Strict: a struct's members that no column reads are for JsonReader to look at.
  explicit JsonValues(bool strict) : strict_(strict) {}

  // Before the first value of a message.
  void Begin() { elements_.Begin(static_cast<std::size_t>(scan_.end() - scan_.begin())); }
  // What the elements of the message took so far.
  std::size_t element_bytes() const { return elements_.taken(); }

  JsonScan& scan() { return scan_; }
  const JsonScan& scan() const { return scan_; }

  // Reads a value of the plan with `depth` objects and arrays open around it. What is most likely for its
  // kind is done here, inlined in the caller; ReadAny does the rest.
  [[gnu::always_inline]] const char* Read(const char* p, Kind kind, const ValuePlan& plan, int depth,
                                          Column& column) {
    const char* behind = nullptr;
    switch (kind) {
      case Kind::kText:
        if (*p == '"') behind = ReadShortText(p, column);
        break;
      case Kind::kWhole:
        behind = ReadShortWhole(p, plan, column);
        break;
      case Kind::kDouble:
        behind = ReadShortDouble(p, column);
        break;
      case Kind::kBoolean:
        behind = ReadBoolean(p, column);
        break;
      case Kind::kOther:
        break;
    }
    return behind != nullptr ? behind : ReadAny(p, plan, depth, column);
  }

  // A member's key, up to its value; `i` is its place among `keys`, or KeyTable::kNone. Looks first for the
  // key behind the last one that was found; `likely`, 0 before the first, is that one's place.
  [[gnu::always_inline]] const char* TakeKey(const char* p, const KeyTable& keys, std::size_t& likely,
                                             std::string_view& key, std::size_t& i) {
    i = likely;
    const char* behind = likely < keys.size() ? scan_.TakeKeyIf(p, keys.quoted(likely), key) : nullptr;
    if (behind == nullptr) {
      behind = scan_.TakeKey(p, key);
      if (behind == nullptr) return nullptr;
      i = keys.Find(key);
    }
    if (i != KeyTable::kNone) likely = i + 1;
    return behind;
  }

  // Reads what is inside an object or array, one after the other: `read(p)` takes a member, with its key, or
  // an element.
  template <typename ReadOne>
  const char* ReadEach(const char* p, char close, int depth, ReadOne read) {
    if (depth == kMaxJsonDepth) return nullptr;
    p = scan_.SkipBlanks(p + 1);
    if (p < scan_.end() && *p == close) return p + 1;
    while (p < scan_.end()) {
      p = read(p);
      if (p == nullptr) return nullptr;
      p = scan_.SkipBlanks(p);
      if (p >= scan_.end()) return nullptr;
      if (*p == close) return p + 1;
      if (*p != ',') return nullptr;
      p = scan_.SkipBlanks(p + 1);
    }
    return nullptr;
  }

 private:
  // These append nothing unless they have read the value.
  [[gnu::always_inline]] const char* ReadShortText(const char* p, Column& column) {
    std::size_t size = 0;
    p = scan_.TakeShortString(p, column.ReserveBytes(JsonScan::kShort), size);
    if (p != nullptr) column.CommitBytes(size);
    return p;
  }
  [[gnu::always_inline]] static const char* ReadShortWhole(const char* p, const ValuePlan& plan,
                                                           Column& column) {
    std::int64_t value = 0;
    p = JsonScan::TakeShortWhole(p, value);
    return p != nullptr && AppendSimpleWhole(plan.scalar, value, column) ? p : nullptr;
  }
  [[gnu::always_inline]] static const char* ReadShortDouble(const char* p, Column& column) {
    double value = 0;
    p = JsonScan::TakeShortDouble(p, value);
    if (p != nullptr) column.AppendDouble(value);
    return p;
  }
  [[gnu::always_inline]] static const char* ReadBoolean(const char* p, Column& column) {
    bool value = false;
    p = JsonScan::TakeBoolean(p, value);
    if (p != nullptr) column.AppendBoolean(value);
    return p;
  }

  const char* ReadAny(const char* p, const ValuePlan& plan, int depth, Column& column);
  const char* ReadNull(const char* p, const ValuePlan& plan, Column& column);
  const char* ReadBooleanAs(const char* p, const ValuePlan& plan, Column& column);
  const char* ReadNumber(const char* p, const ValuePlan& plan, Column& column);
  const char* ReadString(const char* p, const ValuePlan& plan, Column& column);
  const char* ReadJson(const char* p, int depth, Column& column);
  const char* ReadStruct(const char* p, const ValuePlan& plan, int depth, Column& column);
  const char* ReadMember(const char* p, const ValuePlan& plan, int depth, Column& column,
                         std::size_t& likely);
  const char* ReadList(const char* p, const ValuePlan& plan, int depth, Column& column);
  const char* ReadMap(const char* p, const ValuePlan& plan, int depth, Column& column);
  const bool strict_;
  JsonScan scan_;
  std::string scratch_;
  Twins twins_;
  ElementBytes elements_;
};

}  // namespace frazil
