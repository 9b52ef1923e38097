// What we and one broker agree on between fetches (KIP-227): the broker remembers the partitions and
// positions that it was told, so that a request names only what has changed since, and a response only
// partitions with news.
//
// No I/O. One request of the session at a time: Build it, send it, and tell how it ended (Accept or Lost)
// before the next.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "wire/protocol_fetch.h"

namespace frazil {

struct FetchKey {
  Uuid topic_id;
  Partition partition;

  auto operator<=>(const FetchKey&) const = default;
};

class FetchSession {
 public:
  // Must be known before a partition of the topic is fetched. A topic without an id gets one from the caller
  // that no other topic has; that one must not be sent, so versions below kFirstFetchVersionWithTopicIds
  // only.
  void NameTopic(const Uuid& topic_id, std::string name);
  // The topic of a response: by its id or its name, whichever the response has.
  std::optional<Uuid> TopicIdOf(const FetchResponse::Topic& topic) const;

  // Fetch the partition from there, from the next request on. Costs nothing when the broker knows just that.
  void Want(const FetchKey& key, const FetchPosition& position);
  // Do not fetch it, from the next request on: not ours any more, moved to another broker, or paused. Also a
  // partition that came with an error, until it is time to ask again: as long as one has an error, the broker
  // answers each request at once.
  void Forget(const FetchKey& key);

  // What the last request asked of the partition, which is what a response is about: Want and Forget may have
  // been called since. Absent when it was not asked for.
  std::optional<FetchPosition> Asked(const FetchKey& key) const;
  // Partitions that are wanted.
  std::size_t size() const { return wanted_; }

  // Sets session, partitions and forgotten partitions of `request`, and leaves the rest as it is. Its names
  // are views into this object: good until NameTopic.
  void Build(FetchRequest& request);
  // How many partitions the next Build names, at most.
  std::size_t changes() const { return epoch_ == kInitialFetchEpoch ? entries_.size() : changed_.size(); }
  // A request beside the session, of just these; neither side remembers it, and any number may be under way.
  void BuildOnce(FetchRequest& request, std::span<const std::pair<FetchKey, FetchPosition>> partitions) const;
  // Makes `request` one that ends the session, when there is one; the response is of no interest.
  bool BuildFinal(FetchRequest& request);

  // True: the response's partitions may be used. False: it has an error (response.error) and no partitions;
  // the next request begins a new session, with all partitions. What else is to be done, MeaningOf the error
  // says.
  bool Accept(const FetchResponse& response);
  // No response, or none that can be read: the next request begins a new session.
  void Lost();

 private:
  struct Entry {
    std::optional<FetchPosition> wanted;
    std::optional<FetchPosition> asked;  // what the broker knows, if it got the last request
    bool changed = false;                // is in changed_
  };
  using Entries = std::map<FetchKey, Entry>;

  void NoteChange(Entries::iterator at);
  void BuildFull(FetchRequest& request);
  void BuildIncremental(FetchRequest& request);
  void Ask(FetchRequest& request, Entries::iterator at);
  void AppendTopic(std::vector<FetchRequest::Topic>& topics, const Uuid& topic_id) const;

  std::int32_t session_id_ = kNoFetchSession;
  std::int32_t epoch_ = kInitialFetchEpoch;  // of the next request
  std::map<Uuid, std::string> names_;
  std::map<std::string, Uuid, std::less<>> ids_;  // the latest of each name
  Entries entries_;
  std::size_t wanted_ = 0;
  std::vector<Entries::iterator> changed_;
  // The last partition that got records. A full request begins behind it: without a session it is the order
  // of the request in which a broker fills the response, and the first ones must not always win.
  FetchKey last_served_;
};

}  // namespace frazil
