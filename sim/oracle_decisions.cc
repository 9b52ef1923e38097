// The oracle on persons' decisions: what a commit that records one may say, from what really is in the
// tables.
#include <fmt/format.h>

#include <algorithm>

#include "sim/marks.h"
#include "sim/oracle.h"

namespace frazil::sim {

using nlohmann::json;

void Oracle::CheckDecision(const SeenRecord* last, const SeenRecord& now) {
  const auto kind = StopKindOf(now.decision->code);
  if (!kind) return Find("accepted, though nobody can: " + now.decision->code);
  Mark(fmt::format("accepted: {}", ToString(*kind)));
  decisions_.push_back({*kind, now.json.dump()});
  decided_n_.insert(now.n);
  started_ = true;
  if (!stops_.contains(now.decision->code))
    Find(fmt::format("{} is accepted, where nothing stops with it", now.decision->code));
  const auto is_it = [&](const Wish& wish) {
    return wish.code == now.decision->code && IsAsWished(wish, *kind, last, now);
  };
  if (std::ranges::none_of(wishes_, is_it))
    Find(fmt::format("accepting {} moves the position to where nobody wished: {}", now.decision->code,
                     now.json.at("next").dump()));
  if (now.fence.empty() || fences_.contains(now.fence)) Find("an accepted stop is not a fence");
  if (now.n <= highest_n_) Find(fmt::format("the accepted stop's n is {}, {} was known", now.n, highest_n_));
  if (!now.pending || !now.pending->manifest.empty())
    Find("an accepted stop is not carried to the errors table");
  json before = now.accepted;
  before.erase(before.size() - 1);
  if (last != nullptr && before != last->accepted) Find("an accepted stop forgets those before it");
  CheckPassedOver(last, now);
  CheckAgain(*kind, last, now);
}

// Every partition goes on where the person said, by what the topic and the table held.
bool Oracle::IsAsWished(const Wish& wish, StopKind kind, const SeenRecord* last,
                        const SeenRecord& now) const {
  const bool other = kind == StopKind::kOtherMessages;
  const bool asked = other || kind == StopKind::kPosition;
  const auto goes_on_at = [&](std::int32_t partition, const PartitionBounds* bounds, std::int64_t next) {
    const std::int64_t held = last != nullptr ? At(last->next, partition) : 0;
    if (kind == StopKind::kUnreadable && partition == wish.partition) return held < next && next == wish.to;
    if (bounds == nullptr) return !other && next == held;
    if (kind == StopKind::kExpired) return next == std::max(held, bounds->log_start.value());
    if (!asked || wish.at == GoOnAt::kPosition) {
      // Where older metadata is gone, the position may be unknown, but then it must be said to be.
      return next == held ||
             (history_cut_ && kind == StopKind::kPosition && next <= At(highest_next_, partition));
    }
    if (wish.at == GoOnAt::kEarliest) return next == bounds->log_start.value();
    const Truth& topic = truths_.back();
    const auto messages = topic.find(partition);
    return next >= bounds->end.value() && messages != topic.end() &&
           next <= static_cast<std::int64_t>(messages->second.size());
  };
  for (const auto& [partition, bounds] : wish.bounds) {
    const auto next = now.next.find(partition.value());
    if (next == now.next.end() || !goes_on_at(partition.value(), &bounds, next->second)) return false;
  }
  for (const auto& [partition, next] : now.next) {
    if (!wish.bounds.contains(Partition(partition)) && !goes_on_at(partition, nullptr, next)) return false;
  }
  return last == nullptr || other ||
         std::ranges::all_of(last->next, [&](const auto& entry) { return now.next.contains(entry.first); });
}

// The gap is what no commit brings any more.
void Oracle::CheckPassedOver(const SeenRecord* last, const SeenRecord& now) {
  for (const auto& [partition, next] : now.next) {
    const std::int64_t held = last != nullptr ? At(last->next, partition) : 0;
    const SeenRange skipped{std::min(held, next), next};
    const auto found = now.decision->gaps.find(partition);
    const SeenRange said = found == now.decision->gaps.end() ? SeenRange{next, next} : found->second;
    const bool doubt = history_cut_ || last == nullptr;
    const bool exact = said.second == skipped.second && said.first == skipped.first;
    const bool more = said.second == skipped.second && said.first <= skipped.first;
    if (exact || (skipped.first == skipped.second && said.first == said.second) || (doubt && more)) continue;
    Find(fmt::format("accepting {} passes over [{}, {}) of partition {} and says [{}, {})",
                     now.decision->code, skipped.first, skipped.second, partition, said.first, said.second));
  }
}

// Offsets may come again only where the record says so.
void Oracle::CheckAgain(StopKind kind, const SeenRecord* last, const SeenRecord& now) {
  if (last == nullptr) return;
  SeenPositions partitions = last->next;
  partitions.insert(now.next.begin(), now.next.end());
  for (const auto& [partition, ignored] : partitions) {
    const std::int64_t held = At(last->next, partition);
    const std::int64_t next = kind == StopKind::kOtherMessages ? 0 : At(now.next, partition);
    const auto found = now.decision->again.find(partition);
    const SeenRange said = found == now.decision->again.end() ? SeenRange{next, next} : found->second;
    const bool covered = held <= next || (said.first <= next && said.second >= held);
    if (!covered || said.second > std::max(At(highest_next_, partition), next))
      Find(fmt::format(
          "accepting {} gives partition {} from {} again, where it stood at {}, and says [{}, {})",
          now.decision->code, partition, next, held, said.first, said.second));
  }
}

}  // namespace frazil::sim
