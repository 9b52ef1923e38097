#include "decode/side_inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"
#include "decode/json_observer.h"
#include "mapping/column_names.h"

namespace frazil {
namespace {

constexpr std::size_t kReadableBeyond = 64;  // as JsonObserver wants it

// One part of the messages: their keys, or the headers of one name.
struct Side {
  std::int64_t nulls = 0;
  std::vector<std::string_view> values;

  std::int64_t held() const { return nulls + static_cast<std::int64_t>(values.size()); }
  void Add(const std::optional<std::string>& value) {
    if (value) {
      values.emplace_back(*value);
    } else {
      ++nulls;
    }
  }
};

// Numbers in binary are mostly UTF-8, too, but not without a zero byte.
bool IsText(std::string_view bytes) {
  return IsUtf8(bytes) && bytes.find('\0') == std::string_view::npos;
}

bool IsNumber(std::string_view text) {
  Number number;
  return ParseNumber(text, number);
}

bool IsBoolean(std::string_view text) {
  return text == "true" || text == "false";
}

// Scalars as they are read from a whole key or header.
Observed ObserveScalars(const std::vector<std::string_view>& values) {
  Observed seen;
  const bool numbers = std::ranges::all_of(values, IsNumber);
  const bool booleans = std::ranges::all_of(values, IsBoolean);
  for (const std::string_view value : values) {
    Number number;
    if (numbers && ParseNumber(value, number)) {
      seen.AddNumber(number);
    } else if (booleans) {
      seen.AddBoolean(value == "true");
    } else {
      seen.AddText(value);
    }
  }
  return seen;
}

// REQUIRES: sorted. False: not all are objects and arrays.
bool ObserveJson(const std::vector<std::string_view>& values, Observer& observer) {
  JsonObserver json(observer);
  std::string padded;
  return std::ranges::all_of(values, [&](std::string_view value) {
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || (value[first] != '{' && value[first] != '[')) return false;
    padded.assign(value);
    padded.append(kReadableBeyond, '\0');
    return json.Observe(std::string_view(padded).substr(0, value.size()));
  });
}

std::string BytesWhy(const std::vector<std::string_view>& values) {
  const std::size_t size = values.front().size();
  const bool alike =
      std::ranges::all_of(values, [&](std::string_view value) { return value.size() == size; });
  return alike ? fmt::format("bytes that are no text, {} each", size) : "bytes that are no text";
}

std::optional<InferredValue> Infer(std::vector<std::string_view> values, std::string_view name) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  if (!std::ranges::all_of(values, IsText)) {
    return InferredValue{{.type = Type::Primitive(TypeId::kBinary)}, BytesWhy(values)};
  }
  if (Observer observer; ObserveJson(values, observer)) return InferValue(observer.root(), name);
  auto inferred = InferValue(ObserveScalars(values), name);
  // The bytes are the text, also where they could be a number.
  if (inferred && inferred->value.parse == Parse::kText) inferred->value.parse = Parse::kDefault;
  return inferred;
}

class SideProposer {
 public:
  SideProposer(const Sample& sample, const Mapping& mapping)
      : messages_(static_cast<std::int64_t>(sample.size())) {
    for (const ColumnMapping& column : mapping.columns) names_.Take(column.name);
    for (const SampledMessage& message : sample) {
      if (message.key) key_.Add(message.key);
      AddHeaders(message);
    }
  }

  std::vector<ProposedColumn> Run() {
    Propose(key_, "key", {.name = {}, .path = {}, .value = {}, .doc = {}, .part = MessagePart::kKey});
    for (const auto& [name, side] : headers_) {
      if (side.held() * 2 <= messages_ || name.empty() || !IsUtf8(name)) continue;
      Propose(
          side, name,
          {.name = {}, .path = {std::string(name)}, .value = {}, .doc = {}, .part = MessagePart::kHeaders});
    }
    return std::move(proposals_);
  }

 private:
  // Of headers of one name the last is read.
  void AddHeaders(const SampledMessage& message) {
    std::map<std::string_view, const std::optional<std::string>*> last;
    for (const auto& [name, value] : message.headers) last[name] = &value;
    for (const auto& [name, value] : last) headers_[name].Add(*value);
  }

  void Propose(const Side& side, std::string_view name, ColumnMapping column) {
    auto inferred = Infer(side.values, name);
    if (!inferred) return;
    column.name = names_.TakeLike(name);
    column.value = std::move(inferred->value);
    proposals_.push_back(
        {std::move(column), fmt::format("{}; {} of {} messages have it", inferred->why,
                                        WithThousands(side.held()), WithThousands(messages_))});
  }

  const std::int64_t messages_;
  Side key_;
  std::map<std::string_view, Side> headers_;
  ColumnNames names_;
  std::vector<ProposedColumn> proposals_;
};

}  // namespace

std::vector<ProposedColumn> ProposeKeyAndHeaders(const Sample& sample, const Mapping& mapping) {
  return SideProposer(sample, mapping).Run();
}

}  // namespace frazil
