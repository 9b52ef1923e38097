#include "kafka/fetch_plan.h"

#include <algorithm>

namespace frazil {

void FetchPlan::Want(const FetchKey& key, const FetchPosition& position, bool is_behind, bool is_new) {
  const auto [at, added] = wanted_.try_emplace(key);
  Wanted& wanted = at->second;
  wanted.round = round_;
  wanted.position = position;
  tell_all_ = tell_all_ || (is_new && session_.Asked(key));
  if (wanted.place == Place::kInSession) Put(key, wanted, is_behind, false);
}

void FetchPlan::EndWants() {
  bool left_queue = false;
  std::erase_if(wanted_, [&](const auto& entry) {
    const auto& [key, wanted] = entry;
    if (wanted.round == round_ || wanted.place == Place::kUnderWay) return false;
    if (wanted.place == Place::kInSession) session_.Forget(key);
    left_queue = left_queue || wanted.place == Place::kBehind;
    return true;
  });
  if (left_queue) std::erase_if(behind_, [this](const FetchKey& key) { return !wanted_.contains(key); });
}

void FetchPlan::Put(const FetchKey& key, Wanted& wanted, bool is_behind, bool first) {
  if (!is_behind) {
    wanted.place = Place::kInSession;
    return session_.Want(key, wanted.position);
  }
  session_.Forget(key);
  wanted.place = Place::kBehind;
  behind_.insert(first ? behind_.begin() : behind_.end(), key);
}

void FetchPlan::BuildPoll(FetchRequest& request, std::int64_t now_ms) {
  if (std::exchange(tell_all_, false)) session_.Lost();
  session_.Build(request);
  polling_ = true;
  under_way_.push_back({.is_poll = true, .alone = under_way_.empty(), .asked_ms = now_ms, .asked = {}});
}

bool FetchPlan::BuildCatchUp(FetchRequest& request, std::int32_t most_bytes, std::int32_t partition_bytes,
                             std::int64_t now_ms) {
  if (behind_.empty()) return false;
  std::size_t all = behind_.size();
  for (const Request& sent : under_way_) all += sent.asked.size();
  const auto room = static_cast<std::size_t>(std::max(1, most_bytes / partition_bytes));
  const std::size_t count = std::min({behind_.size(), (all + 1) / 2, room});
  const std::int32_t share = most_bytes / static_cast<std::int32_t>(count);
  Request next{.is_poll = false, .alone = under_way_.empty(), .asked_ms = now_ms, .asked = {}};
  for (std::size_t i = 0; i < count; ++i) {
    const FetchKey key = behind_.front();
    behind_.pop_front();
    Wanted& wanted = wanted_.at(key);
    wanted.place = Place::kUnderWay;
    FetchPosition& position = next.asked.emplace_back(key, wanted.position).second;
    position.max_bytes = std::max(position.max_bytes, share);
  }
  session_.BuildOnce(request, next.asked);
  under_way_.push_back(std::move(next));
  return true;
}

bool FetchPlan::Accept(const FetchResponse& response) {
  return is_poll() ? session_.Accept(response) : response.error == KafkaError::kNone;
}

std::optional<FetchPosition> FetchPlan::Asked(const FetchKey& key) const {
  const Request& request = under_way_.front();
  if (request.is_poll) return session_.Asked(key);
  const auto at = std::ranges::find(request.asked, key, &std::pair<FetchKey, FetchPosition>::first);
  return at == request.asked.end() ? std::nullopt : std::optional(at->second);
}

void FetchPlan::GoOn(const FetchKey& key, const FetchPosition& position, bool is_behind) {
  const auto at = wanted_.find(key);
  if (at == wanted_.end() || at->second.round != round_) return;
  Wanted& wanted = at->second;
  const bool stood = wanted.position.fetch_offset == position.fetch_offset;
  wanted.position = position;
  // One that was moved between the session and the others since is not put twice.
  if (wanted.place != (is_poll() ? Place::kInSession : Place::kUnderWay)) return;
  // Its next batch may be larger than what was left for it: the first of a request gets it whole.
  Put(key, wanted, is_behind, stood);
}

bool FetchPlan::Finish() {
  const Request done = std::move(under_way_.front());
  under_way_.pop_front();
  if (done.is_poll) polling_ = false;
  bool all_answered = true;
  for (const auto& [key, position] : done.asked) {
    const auto at = wanted_.find(key);
    if (at == wanted_.end() || at->second.place != Place::kUnderWay) continue;
    all_answered = all_answered && at->second.round != round_;
    wanted_.erase(at);
  }
  return all_answered;
}

void FetchPlan::Lost() {
  while (!under_way_.empty()) Finish();
  session_.Lost();
}

}  // namespace frazil
