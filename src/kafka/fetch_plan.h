// Which partitions one broker is asked for next, and by which request.
//
// A broker works on the requests of a connection one after the other, and may wait for news with one. So
// there are two kinds. A poll asks for all that is wanted, by a fetch session. A partition of which the log
// is known to hold more is taken out of the session and asked for by a request beside it, which is answered
// at once. Several of these may be under way: one response is on its way while another is read, however long
// the way is. They are about different partitions, for only the answer tells where a partition goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/fetch_session.h"

namespace frazil {

// No I/O, and for one task. Responses come in the order of the requests, and every one that is accepted goes:
// Accept, Asked and GoOn for what it says, Finish.
class FetchPlan {
 public:
  // As FetchSession has it.
  void NameTopic(const Uuid& topic_id, std::string name) { session_.NameTopic(topic_id, std::move(name)); }
  std::optional<Uuid> TopicIdOf(const FetchResponse::Topic& topic) const { return session_.TopicIdOf(topic); }

  // Between Begin and End all that is wanted is named; what is not is no longer asked for. `is_behind`: more
  // is in the log from there on. `is_new`: the broker is to tell where the partition ends, even if it has
  // done so before.
  void BeginWants() { ++round_; }
  void Want(const FetchKey& key, const FetchPosition& position, bool is_behind, bool is_new);
  void EndWants();

  // Something is wanted or under way.
  bool busy() const { return wants_poll() || !behind_.empty() || under_way() > 0; }
  bool wants_poll() const { return session_.size() > 0 && !polling_; }
  // Partitions that a poll may name, now.
  std::size_t poll_names() const { return tell_all_ ? session_.size() : session_.changes(); }
  // Some are behind: a poll is not to wait for news.
  bool catching_up() const { return !behind_.empty() || under_way() > (polling_ ? 1U : 0U); }
  std::size_t under_way() const { return under_way_.size(); }

  // The next poll, sent at that unix time. REQUIRES: wants_poll().
  void BuildPoll(FetchRequest& request, std::int64_t now_ms);
  // The next request for partitions that are behind, for `most_bytes` in all: half of them, so that a second
  // one has its part, but no more than leaves each `partition_bytes`. False when there is none.
  bool BuildCatchUp(FetchRequest& request, std::int32_t most_bytes, std::int32_t partition_bytes,
                    std::int64_t now_ms);

  // Of the first request under way.
  bool is_poll() const { return under_way_.front().is_poll; }
  // Not before then its broker said what arrives now: behind other responses it may have waited for long.
  std::int64_t SaidAfter(std::int64_t arrived_ms) const {
    return under_way_.front().alone ? arrived_ms : under_way_.front().asked_ms;
  }
  // Whether the partitions of its response may be used; else Finish (a poll comes anew, with all) or Lost.
  bool Accept(const FetchResponse& response);
  // What it asked of the partition. Absent when it did not.
  std::optional<FetchPosition> Asked(const FetchKey& key) const;
  // Its answer leads there. No effect on what is not wanted any more.
  void GoOn(const FetchKey& key, const FetchPosition& position, bool is_behind);
  // It is done with. False: what it asked for and got no answer to must be named anew, between Begin and End.
  bool Finish();
  // Nothing under way will be answered. All must be named anew.
  void Lost();

 private:
  enum class Place { kInSession, kBehind, kUnderWay };
  struct Wanted {
    std::uint64_t round = 0;  // in which it was wanted last
    FetchPosition position;
    Place place = Place::kInSession;
  };
  struct Request {
    bool is_poll;
    bool alone;  // nothing was under way before it
    std::int64_t asked_ms;
    std::vector<std::pair<FetchKey, FetchPosition>> asked;  // empty in a poll: the session knows
  };

  void Put(const FetchKey& key, Wanted& wanted, bool is_behind, bool first);

  FetchSession session_;
  std::map<FetchKey, Wanted> wanted_;
  std::uint64_t round_ = 0;
  std::deque<FetchKey> behind_;  // those in Place::kBehind, next first
  std::deque<Request> under_way_;
  bool polling_ = false;   // a poll is under way
  bool tell_all_ = false;  // the next poll is to be answered with all ends
};

}  // namespace frazil
