#include "wire/fetch_session.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace frazil {
namespace {

void Begin(FetchRequest& request, std::int32_t session_id, std::int32_t session_epoch) {
  request.session_id = session_id;
  request.session_epoch = session_epoch;
  request.topics.clear();
  request.partitions.clear();
  request.forgotten_topics.clear();
  request.forgotten_partitions.clear();
}

}  // namespace

void FetchSession::NameTopic(const Uuid& topic_id, std::string name) {
  const auto [at, is_new] = ids_.try_emplace(name, topic_id);
  if (!is_new && at->second != topic_id) {
    at->second = topic_id;
    Lost();  // where topics go by name, a broker would take the old one's end for the new one's
  }
  names_[topic_id] = std::move(name);
}

std::optional<Uuid> FetchSession::TopicIdOf(const FetchResponse::Topic& topic) const {
  if (topic.name.empty()) {
    return names_.contains(topic.topic_id) ? std::optional(topic.topic_id) : std::nullopt;
  }
  const auto at = ids_.find(topic.name);
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

void FetchSession::NoteChange(Entries::iterator at) {
  if (std::exchange(at->second.changed, true)) return;
  changed_.push_back(at);
}

void FetchSession::Want(const FetchKey& key, const FetchPosition& position) {
  const auto at = entries_.try_emplace(key).first;
  if (!at->second.wanted) ++wanted_;
  at->second.wanted = position;
  if (at->second.asked != position) NoteChange(at);
}

void FetchSession::Forget(const FetchKey& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end() || !at->second.wanted) return;
  --wanted_;
  at->second.wanted.reset();
  NoteChange(at);
}

std::optional<FetchPosition> FetchSession::Asked(const FetchKey& key) const {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return std::nullopt;
  return at->second.asked;
}

void FetchSession::AppendTopic(std::vector<FetchRequest::Topic>& topics, const Uuid& topic_id) const {
  if (topics.empty() || topics.back().topic_id != topic_id) {
    const auto name = names_.find(topic_id);
    FRAZIL_CHECK(name != names_.end());
    topics.push_back({topic_id, name->second, 0});
  }
  ++topics.back().partitions;
}

void FetchSession::Ask(FetchRequest& request, Entries::iterator at) {
  auto& [key, entry] = *at;
  AppendTopic(request.topics, key.topic_id);
  request.partitions.push_back({key.partition, *entry.wanted});
  entry.asked = entry.wanted;
}

// The broker knows nothing, so there is nothing to forget either.
void FetchSession::BuildFull(FetchRequest& request) {
  changed_.clear();
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.wanted; });
  const auto first = entries_.upper_bound(last_served_);
  for (auto at = first; at != entries_.end(); ++at) Ask(request, at);
  for (auto at = entries_.begin(); at != first; ++at) Ask(request, at);
  for (auto& [key, entry] : entries_) entry.changed = false;
}

void FetchSession::BuildIncremental(FetchRequest& request) {
  std::sort(changed_.begin(), changed_.end(),
            [](const auto& a, const auto& b) { return a->first < b->first; });
  for (const Entries::iterator at : changed_) {
    Entry& entry = at->second;
    entry.changed = false;
    if (entry.wanted) {
      if (entry.wanted != entry.asked) Ask(request, at);
      continue;
    }
    if (entry.asked) {
      AppendTopic(request.forgotten_topics, at->first.topic_id);
      request.forgotten_partitions.push_back(at->first.partition);
    }
    entries_.erase(at);
  }
  changed_.clear();
}

void FetchSession::Build(FetchRequest& request) {
  Begin(request, session_id_, epoch_);
  if (epoch_ == kInitialFetchEpoch) {
    BuildFull(request);
  } else {
    BuildIncremental(request);
  }
}

void FetchSession::BuildOnce(FetchRequest& request,
                             std::span<const std::pair<FetchKey, FetchPosition>> partitions) const {
  Begin(request, kNoFetchSession, kFinalFetchEpoch);
  for (const auto& [key, position] : partitions) {
    AppendTopic(request.topics, key.topic_id);
    request.partitions.push_back({key.partition, position});
  }
}

bool FetchSession::BuildFinal(FetchRequest& request) {
  if (session_id_ == kNoFetchSession) return false;
  request = {};
  request.max_wait_ms = 0;
  request.session_id = std::exchange(session_id_, kNoFetchSession);
  request.session_epoch = kFinalFetchEpoch;
  epoch_ = kInitialFetchEpoch;
  return true;
}

bool FetchSession::Accept(const FetchResponse& response) {
  if (response.error != KafkaError::kNone) {
    // The id is named once more with the initial epoch, so that the broker drops what it may still have of
    // it.
    if (response.error == KafkaError::kFetchSessionIdNotFound) session_id_ = kNoFetchSession;
    epoch_ = kInitialFetchEpoch;
    return false;
  }
  // No id in the response: the broker has no room for the session, or has just closed it.
  session_id_ = response.session_id;
  if (session_id_ == kNoFetchSession) {
    epoch_ = kInitialFetchEpoch;
  } else {
    epoch_ = epoch_ == std::numeric_limits<std::int32_t>::max() ? 1 : epoch_ + 1;
  }
  for (const FetchResponse::Topic& topic : response.topics) {
    const std::optional<Uuid> topic_id = TopicIdOf(topic);
    if (!topic_id) continue;
    for (const FetchResponse::TopicPartition& partition : response.PartitionsOf(topic)) {
      if (!partition.records.empty()) last_served_ = {*topic_id, partition.partition};
    }
  }
  return true;
}

void FetchSession::Lost() {
  epoch_ = kInitialFetchEpoch;
}

}  // namespace frazil
