// The oracle's count of every offset in both tables.
#include <fmt/format.h>

#include <algorithm>

#include "sim/oracle.h"

namespace frazil::sim {

using nlohmann::json;

Status Oracle::AddRows(const SeenTable& table, const std::string& manifest, Held& held) {
  FRAZIL_ASSIGN(const auto files, reader_.LiveFiles(manifest));
  for (const auto& file : files) {
    FRAZIL_ASSIGN(const auto* rows, reader_.Rows(table, file));
    for (const auto& row : *rows) {
      if (row.partition && row.offset) held[{*row.partition, *row.offset}].push_back(&row);
    }
  }
  return {};
}

Result<Oracle::Held> Oracle::LiveRows(const SeenTable& table) {
  Held held;
  const auto ancestors = Ancestors(table);
  if (ancestors.empty()) return held;
  FRAZIL_ASSIGN(const auto manifests, reader_.Manifests(*ancestors.front()));
  std::set<std::string> live;
  for (const auto& manifest : manifests) {
    FRAZIL_ASSIGN(const auto files, reader_.LiveFiles(manifest));
    for (const auto& file : files) {
      if (!live.insert(file).second)
        return Fail(ErrorKind::kCorrupt, "ORACLE", file + " is live in two places");
    }
    FRAZIL_TRY(AddRows(table, manifest, held));
  }
  return held;
}

// What the errors table holds, and what the ledger decided for it and is not there yet.
Oracle::Held Oracle::HeldByErrors(const SeenRecord& record) {
  Held held;
  if (!errors_) return held;
  auto rows = LiveRows(*errors_);
  if (!rows) {
    Find("the errors table cannot be read: " + rows.error().ToString());
    return held;
  }
  held = std::move(*rows);
  if (!record.pending || record.pending->manifest.empty()) return held;
  for (const SeenSnapshot* at = Nearest(errors_graph_, errors_->head, kAppliedKey); at != nullptr;
       at = Nearest(errors_graph_, at->parent, kAppliedKey)) {
    const json applied = json::parse(*Get(at->summary, kAppliedKey), nullptr, false);
    if (applied.value("id", "") == record.pending->id) return held;
  }
  if (auto added = AddRows(*errors_, record.pending->manifest, held); !added && !follower_tampered_) {
    Find("pending files cannot be read: " + added.error().ToString());
  }
  return held;
}

// What the commits of the history up to `head` went over.
Oracle::Expectation Oracle::WhatMustBeThere(std::int64_t head) {
  std::vector<const Commit*> history;
  for (std::optional<std::int64_t> at = head; at; at = history.back()->before)
    history.push_back(&made_.at(*at));
  const auto taken =
      std::ranges::find_if(history, [](const Commit* commit) { return commit->takes_follower; });
  const auto taken_back = history.end() - taken;  // so many of the oldest
  Expectation expectation;
  std::ranges::reverse(history);
  for (std::size_t i = 0; i < history.size(); ++i)
    Expect(*history[i], static_cast<std::ptrdiff_t>(i) < taken_back, expectation);
  return expectation;
}

void Oracle::Expect(const Commit& commit, bool follower_was_taken, Expectation& expectation) const {
  for (const auto& [partition, range] : commit.passed) {
    for (std::int64_t offset = range.first; offset < range.second; ++offset) {
      const Place at{partition, offset};
      const Message* message = MessageAt(commit.topic, at);
      if (message == nullptr) continue;
      auto& all = expectation[at];
      auto found = std::ranges::find_if(all, [&](const Expected& e) { return e.message->id == message->id; });
      if (found == all.end()) found = all.insert(all.end(), Expected{.message = message});
      if (message->kind == Kind::kNull || message->kind == Kind::kAbsent) continue;
      const bool may_be_error = message->kind != Kind::kRow;
      // What the errors table holds below `until` is left out.
      const bool left_out = may_be_error && offset < At(commit.before_until, partition) && found->most > 0;
      // Of the topic before, which had the same message, the errors table keeps what a rollback took from the
      // target.
      const Message* old = commit.topic > 0 ? MessageAt(commit.topic - 1, at) : nullptr;
      const bool is_old = old != nullptr && old->id == message->id && offset < At(highest_next_, partition);
      if (may_be_error && is_old && found->most == 0) ++found->most;
      if (!left_out || message->kind == Kind::kEither) ++found->most;
      const bool may_be_missing = message->compacted || deleted_by_others_.contains(at) ||
                                  (may_be_error && (follower_was_taken || follower_tampered_));
      if (!left_out && !may_be_missing) ++found->least;
    }
  }
}

void Oracle::CheckExactlyOnce() {
  if (!target_) return;
  const SeenSnapshot* nearest = Nearest(target_graph_, target_->head, kOffsetsKey);
  const auto record = nearest != nullptr ? RecordOf(*nearest) : std::nullopt;
  if (!record) return;
  const auto rows = LiveRows(*target_);
  if (!rows) return Find("the target cannot be read: " + rows.error().ToString());
  const Held errors = HeldByErrors(*record);
  Expectation expectation = WhatMustBeThere(nearest->id);
  for (const auto& [at, found] : *rows) expectation.try_emplace(at);
  for (const auto& [at, found] : errors) expectation.try_emplace(at);
  for (const auto& [at, expected] : expectation) {
    if (!finding_.empty()) return;
    CheckPlace(at, expected, *rows, errors);
  }
}

void Oracle::CheckPlace(const Place& at, const std::vector<Expected>& expected, const Held& rows,
                        const Held& errors) {
  const auto in = [&](const Held& held) {
    const auto found = held.find(at);
    return found == held.end() ? std::vector<const SeenRow*>() : found->second;
  };
  const auto text = [&] { return fmt::format("{}/{}", at.first, at.second); };
  std::map<const Message*, int> seen;
  for (const SeenRow* row : in(rows)) {
    const auto is_it = [&](const Expected& e) {
      return e.message->id == row->id && (e.message->kind == Kind::kRow || e.message->kind == Kind::kEither);
    };
    const auto found = std::ranges::find_if(expected, is_it);
    if (found == expected.end() && expected.empty())
      return Find(fmt::format("the target holds {}, which no commit of its history brought", text()));
    if (found == expected.end()) return Find(fmt::format("message {} is a row of another value", text()));
    ++seen[found->message];
  }
  std::vector<const SeenRow*> leftovers;
  for (const SeenRow* row : in(errors)) {
    const auto is_it = [&](const Expected& e) {
      return e.message->value == row->value &&
             (e.message->kind == Kind::kBad || e.message->kind == Kind::kEither);
    };
    if (row->error_code.empty()) return Find(fmt::format("message {} is an error without reason", text()));
    const auto found = std::ranges::find_if(expected, is_it);
    found == expected.end() ? leftovers.push_back(row) : static_cast<void>(++seen[found->message]);
  }
  CheckLeftover(at, leftovers);
  for (const Expected& one : expected) {
    const int times = seen[one.message];
    if (one.least <= times && times <= one.most) continue;
    Find(fmt::format("message {} ({}) is {}: {} times in the target, {} times in the errors table", text(),
                     one.message->value.empty() ? "no value" : one.message->value,
                     times < one.least ? "lost" : "doubled", in(rows).size(), in(errors).size()));
  }
}

// Of a history that was rolled back, the errors table keeps its rows: once each.
void Oracle::CheckLeftover(const Place& at, const std::vector<const SeenRow*>& rows) {
  std::set<std::string> values;
  for (const SeenRow* row : rows) {
    const bool known = at.second < At(highest_next_, at.first) && values.insert(row->value).second;
    bool was_bad = false;
    for (std::size_t topic = 0; topic < truths_.size(); ++topic) {
      const Message* message = MessageAt(topic, at);
      was_bad = was_bad || (message != nullptr && message->value == row->value &&
                            (message->kind == Kind::kBad || message->kind == Kind::kEither));
    }
    if (!known || !was_bad)
      return Find(
          fmt::format("the errors table holds {}/{}, which no commit brought there", at.first, at.second));
  }
}

void Oracle::CheckRetained() {
  for (const auto* table : {target_ ? &*target_ : nullptr, errors_ ? &*errors_ : nullptr}) {
    if (table == nullptr) continue;
    for (const auto& snapshot : table->snapshots) {
      const auto manifests = reader_.Manifests(snapshot);
      if (!manifests)
        return Find(fmt::format("retained snapshot {}: {}", snapshot.id, manifests.error().ToString()));
      for (const auto& manifest : *manifests) {
        const auto files = reader_.LiveFiles(manifest);
        if (!files)
          return Find(fmt::format("retained snapshot {}: {}", snapshot.id, files.error().ToString()));
        for (const auto& file : *files) {
          if (!reader_.Exists(file))
            return Find(fmt::format("retained snapshot {}: data file {} is gone", snapshot.id, file));
        }
      }
    }
  }
}

}  // namespace frazil::sim
