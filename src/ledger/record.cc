#include "ledger/record.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace frazil {
namespace {

using nlohmann::json;

constexpr int kRecordVersion = 1;

json PositionsToJson(const Positions& positions) {
  json object = json::object();
  for (const auto& [partition, offset] : positions) object[fmt::format("{}", partition)] = offset.value();
  return object;
}

json RangesToJson(const std::map<Partition, OffsetRange>& ranges) {
  json object = json::object();
  for (const auto& [partition, range] : ranges) {
    object[fmt::format("{}", partition)] = {range.first.value(), range.next.value()};
  }
  return object;
}

json AcceptedToJson(const AcceptedStop& stop) {
  json object = {{"code", stop.code}, {"n", stop.n}, {"at_ms", stop.at_ms}};
  if (!stop.gaps.empty()) object["gaps"] = RangesToJson(stop.gaps);
  if (!stop.again.empty()) object["again"] = RangesToJson(stop.again);
  if (!stop.follower.empty()) object["follower"] = stop.follower;
  if (!stop.stream.empty()) object["stream"] = stop.stream;
  return object;
}

json CountsToJson(const EpochCounts& counts) {
  return {{"rows", counts.rows},
          {"errors", counts.errors},
          {"nulls", counts.nulls},
          {"filtered", counts.filtered},
          {"absent", counts.absent}};
}

json RecordToJson(const PositionRecord& record) {
  json object = {{"v", kRecordVersion},
                 {"n", record.n},
                 {"branch", record.branch},
                 {"cluster", record.cluster},
                 {"topic", record.topic},
                 {"topic_id", record.topic_id},
                 {"next", PositionsToJson(record.next)}};
  json pending = json::array();
  for (const auto& entry : record.pending) {
    json item = {{"table", entry.table},
                 {"uuid", entry.uuid.ToString()},
                 {"manifest", entry.manifest},
                 {"bytes", entry.bytes},
                 {"rows", entry.rows},
                 {"files", entry.files},
                 {"n", entry.n},
                 {"id", entry.id.ToString()}};
    if (entry.after) item["after"] = entry.after->ToString();
    pending.push_back(std::move(item));
  }
  object["pending"] = std::move(pending);
  json followers = json::object();
  for (const auto& [table, follower] : record.followers) {
    json item = {{"uuid", follower.uuid.ToString()}};
    if (follower.applied) item["applied"] = follower.applied->ToString();
    followers[table] = std::move(item);
  }
  object["followers"] = std::move(followers);
  if (!record.leader_epochs.empty()) {
    json epochs = json::object();
    for (const auto& [partition, epoch] : record.leader_epochs) epochs[fmt::format("{}", partition)] = epoch;
    object["leader_epochs"] = std::move(epochs);
  }
  if (record.fence) object["fence"] = record.fence->ToString();
  if (!record.until.empty()) object["until"] = PositionsToJson(record.until);
  if (record.counts) object["counts"] = CountsToJson(*record.counts);
  if (!record.accepted.empty()) {
    json accepted = json::array();
    for (const auto& stop : record.accepted) accepted.push_back(AcceptedToJson(stop));
    object["accepted"] = std::move(accepted);
  }
  return object;
}

// What a broker says of itself need not be UTF-8.
std::string Dump(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

tl::unexpected<Error> Unreadable(std::string_view what) {
  return Fail(ErrorKind::kBlocked, "POSITION_UNREADABLE",
              fmt::format("the position in the table cannot be read: {}", what),
              "was it written by a newer Frazil, or edited? run that version, or put back what was edited");
}

// Reads members of one JSON object, keeping the first failure.
class ObjectReader {
 public:
  explicit ObjectReader(const json& object) : object_(object) {
    if (!object.is_object()) Broken("not an object");
  }

  std::int64_t Int(const char* key) {
    const json* member = Find(key);
    if (member == nullptr || !IsCount(*member)) return Broken(key), 0;
    return member->get<std::int64_t>();
  }
  std::string Text(const char* key) {
    const json* member = Find(key);
    if (member == nullptr || !member->is_string()) return Broken(key), "";
    return member->get<std::string>();
  }
  std::string OptionalText(const char* key) { return Find(key) == nullptr ? "" : Text(key); }
  Uuid Id(const char* key) {
    auto id = Uuid::Parse(Text(key));
    if (!id) return Broken(key), Uuid{};
    return *id;
  }
  std::optional<Uuid> OptionalId(const char* key) {
    if (Find(key) == nullptr) return std::nullopt;
    return Id(key);
  }
  Positions Offsets(const char* key) {
    Positions positions;
    ForEachPartition(key, [&](Partition partition, const json& value) {
      if (!IsCount(value)) return Broken(key);
      positions[partition] = Offset(value.get<std::int64_t>());
    });
    return positions;
  }
  // Empty where the key is not there.
  LeaderEpochs Epochs(const char* key) {
    LeaderEpochs epochs;
    if (Find(key) == nullptr) return epochs;
    ForEachPartition(key, [&](Partition partition, const json& value) {
      if (!IsCount(value) || value.get<std::int64_t>() > std::numeric_limits<std::int32_t>::max())
        return Broken(key);
      epochs[partition] = value.get<std::int32_t>();
    });
    return epochs;
  }
  // Empty where the key is not there.
  std::map<Partition, OffsetRange> Ranges(const char* key) {
    std::map<Partition, OffsetRange> ranges;
    if (Find(key) == nullptr) return ranges;
    ForEachPartition(key, [&](Partition partition, const json& value) {
      if (!value.is_array() || value.size() != 2 || !IsCount(value[0]) || !IsCount(value[1]))
        return Broken(key);
      const OffsetRange range{Offset(value[0].get<std::int64_t>()), Offset(value[1].get<std::int64_t>())};
      if (range.empty()) return Broken(key);
      ranges[partition] = range;
    });
    return ranges;
  }
  const json* Find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto member = object_.find(key);
    return member == object_.end() ? nullptr : &*member;
  }
  void Broken(const char* what) {
    if (broken_.empty()) broken_ = what;
  }
  const std::string& broken() const { return broken_; }

 private:
  // A whole number from 0 that a signed 64-bit integer holds: every number in a record is one.
  static bool IsCount(const json& value) {
    return value.is_number_unsigned() &&
           value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  }

  // The members of an object whose keys are partitions.
  template <typename Take>
  void ForEachPartition(const char* key, const Take& take) {
    const json* member = Find(key);
    if (member == nullptr || !member->is_object()) return Broken(key);
    for (const auto& [name, value] : member->items()) {
      std::int32_t partition = -1;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), partition);
      if (parsed.ec != std::errc() || fmt::format("{}", partition) != name || partition < 0)
        return Broken(key);
      take(Partition(partition), value);
    }
  }

  const json& object_;
  std::string broken_;
};

Result<AcceptedStop> AcceptedFromJson(const json& object) {
  ObjectReader reader(object);
  AcceptedStop stop{.code = reader.Text("code"),
                    .n = reader.Int("n"),
                    .at_ms = reader.Int("at_ms"),
                    .gaps = reader.Ranges("gaps"),
                    .again = reader.Ranges("again"),
                    .follower = reader.OptionalText("follower"),
                    .stream = reader.OptionalText("stream")};
  if (!reader.broken().empty()) return Unreadable("accepted " + reader.broken());
  return stop;
}

Result<PositionRecord> RecordFromJson(const json& object) {
  ObjectReader reader(object);
  if (const std::int64_t version = reader.Int("v"); reader.broken().empty() && version != kRecordVersion) {
    return Unreadable(
        fmt::format("its version is {}, this program knows version {}", version, kRecordVersion));
  }
  PositionRecord record{.n = reader.Int("n"),
                        .branch = reader.Text("branch"),
                        .cluster = reader.Text("cluster"),
                        .topic = reader.Text("topic"),
                        .topic_id = reader.Text("topic_id"),
                        .next = reader.Offsets("next"),
                        .leader_epochs = reader.Epochs("leader_epochs"),
                        .pending = {},
                        .followers = {},
                        .fence = reader.OptionalId("fence"),
                        .until = {},
                        .counts = {},
                        .accepted = {}};
  if (reader.Find("until") != nullptr) record.until = reader.Offsets("until");
  const json* pending = reader.Find("pending");
  const json* followers = reader.Find("followers");
  if (pending == nullptr || !pending->is_array()) return Unreadable("pending");
  if (followers == nullptr || !followers->is_object()) return Unreadable("followers");
  for (const auto& item : *pending) {
    ObjectReader entry(item);
    record.pending.push_back(PendingEntry{.table = entry.Text("table"),
                                          .uuid = entry.Id("uuid"),
                                          .manifest = entry.Text("manifest"),
                                          .bytes = entry.Int("bytes"),
                                          .rows = entry.Int("rows"),
                                          .files = entry.Int("files"),
                                          .n = entry.Int("n"),
                                          .id = entry.Id("id"),
                                          .after = entry.OptionalId("after")});
    if (!entry.broken().empty()) return Unreadable("pending " + entry.broken());
  }
  for (const auto& [table, item] : followers->items()) {
    ObjectReader entry(item);
    record.followers[table] =
        FollowerRecord{.uuid = entry.Id("uuid"), .applied = entry.OptionalId("applied")};
    if (!entry.broken().empty()) return Unreadable("followers " + entry.broken());
  }
  if (const json* counts = reader.Find("counts")) {
    ObjectReader sums(*counts);
    record.counts = EpochCounts{.rows = sums.Int("rows"),
                                .errors = sums.Int("errors"),
                                .nulls = sums.Int("nulls"),
                                .filtered = sums.Int("filtered"),
                                .absent = sums.Int("absent")};
    if (!sums.broken().empty()) return Unreadable("counts " + sums.broken());
  }
  if (const json* accepted = reader.Find("accepted")) {
    if (!accepted->is_array()) return Unreadable("accepted");
    for (const auto& item : *accepted) {
      FRAZIL_ASSIGN(auto stop, AcceptedFromJson(item));
      record.accepted.push_back(std::move(stop));
    }
  }
  if (!reader.broken().empty()) return Unreadable(reader.broken());
  return record;
}

Result<json> ParseJson(std::string_view text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return Unreadable("it is not JSON");
  return parsed;
}

}  // namespace

std::string OffsetsKey(std::string_view stream) {
  return fmt::format("{}{}", kOffsetsPrefix, stream);
}
std::string FromKey(std::string_view stream) {
  return fmt::format("frazil.from.{}", stream);
}
std::string CountsKey(std::string_view stream) {
  return fmt::format("frazil.counts.{}", stream);
}
std::string ValidThroughKey(std::string_view stream) {
  return fmt::format("frazil.valid-through-ms.{}", stream);
}
std::string PositionKey(std::string_view stream) {
  return fmt::format("{}{}", kPositionPrefix, stream);
}
std::string AppliedKey(std::string_view stream) {
  return fmt::format("frazil.applied.{}", stream);
}

std::string ToJson(const PositionRecord& record) {
  return Dump(RecordToJson(record));
}

std::string ToJson(const PositionProperty& property) {
  return Dump({{"record", RecordToJson(property.record)},
               {"snapshot", property.snapshot.value()},
               {"sequence", property.sequence}});
}

std::string ToJson(const AppliedRecord& applied) {
  return json{{"n", applied.n}, {"id", applied.id.ToString()}}.dump();
}

std::string ToJson(const AppliedProperty& property) {
  return json{{"n", property.applied.n},
              {"id", property.applied.id.ToString()},
              {"snapshot", property.snapshot.value()}}
      .dump();
}

std::string ToJson(const EpochCounts& counts) {
  return CountsToJson(counts).dump();
}

std::string ToJson(const Positions& positions) {
  return PositionsToJson(positions).dump();
}

Result<PositionRecord> ParsePositionRecord(std::string_view text) {
  FRAZIL_ASSIGN(const json parsed, ParseJson(text));
  return RecordFromJson(parsed);
}

Result<PositionProperty> ParsePositionProperty(std::string_view text) {
  FRAZIL_ASSIGN(const json parsed, ParseJson(text));
  ObjectReader reader(parsed);
  const json* record = reader.Find("record");
  const std::int64_t snapshot = reader.Int("snapshot");
  const std::int64_t sequence = reader.Int("sequence");
  if (record == nullptr || !reader.broken().empty()) return Unreadable("the property " + reader.broken());
  FRAZIL_ASSIGN(auto position, RecordFromJson(*record));
  return PositionProperty{
      .record = std::move(position), .snapshot = SnapshotId(snapshot), .sequence = sequence};
}

Result<AppliedRecord> ParseAppliedRecord(std::string_view text) {
  FRAZIL_ASSIGN(const json parsed, ParseJson(text));
  ObjectReader reader(parsed);
  AppliedRecord applied{.n = reader.Int("n"), .id = reader.Id("id")};
  if (!reader.broken().empty()) return Unreadable("the follower's " + reader.broken());
  return applied;
}

Result<AppliedProperty> ParseAppliedProperty(std::string_view text) {
  FRAZIL_ASSIGN(const json parsed, ParseJson(text));
  ObjectReader reader(parsed);
  AppliedProperty property{.applied = {.n = reader.Int("n"), .id = reader.Id("id")},
                           .snapshot = SnapshotId(reader.Int("snapshot"))};
  if (!reader.broken().empty()) return Unreadable("the follower's property " + reader.broken());
  return property;
}

}  // namespace frazil
