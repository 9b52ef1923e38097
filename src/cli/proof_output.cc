#include "cli/proof_output.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "cli/text_table.h"

namespace frazil {
namespace {

using nlohmann::ordered_json;

std::string Dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string StartText(const PartitionAudit& audit) {
  return audit.start ? fmt::format("{}", *audit.start) : "?";
}

std::string PartitionTable(const AuditReport& report) {
  std::vector<std::vector<std::string>> rows = {{"partition", "start", "next"}};
  if (report.rows_read) {
    rows.front().insert(rows.front().end(),
                        {"rows", "errors", "pending", "nulls", "filtered", "absent", "accounted", "lost",
                         "doubled", "outside", "unproven", "accepted", "again"});
  }
  for (const auto& [partition, audit] : report.partitions) {
    rows.push_back({fmt::format("{}", partition), StartText(audit), fmt::format("{}", audit.next)});
    if (!report.rows_read) continue;
    for (const std::int64_t count :
         {audit.rows, audit.errors, audit.pending, audit.nulls, audit.filtered, audit.absent, audit.accounted,
          audit.lost.count, audit.doubled.count, audit.outside.count, audit.unproven.count,
          audit.accepted.count, audit.again}) {
      rows.back().push_back(fmt::format("{}", count));
    }
  }
  return TextTable(rows, Align::kRight);
}

ordered_json TallyJson(const OffsetTally& tally) {
  ordered_json offsets = ordered_json::array();
  for (const OffsetRange& range : tally.first) {
    for (Offset at = range.first; at < range.next; at = at + 1) offsets.push_back(at.value());
  }
  return {{"count", tally.count}, {"offsets", std::move(offsets)}};
}

ordered_json PartitionJson(Partition partition, const PartitionAudit& audit, bool rows_read) {
  ordered_json json = {{"partition", partition.value()}};
  json["start"] = audit.start ? ordered_json(audit.start->value()) : ordered_json(nullptr);
  json["next"] = audit.next.value();
  if (!rows_read) return json;
  json["rows"] = audit.rows;
  json["errors"] = audit.errors;
  json["pending"] = audit.pending;
  json["nulls"] = audit.nulls;
  json["filtered"] = audit.filtered;
  json["absent"] = audit.absent;
  json["accounted"] = audit.accounted;
  json["lost"] = TallyJson(audit.lost);
  json["doubled"] = TallyJson(audit.doubled);
  json["outside"] = TallyJson(audit.outside);
  json["unproven"] = TallyJson(audit.unproven);
  json["accepted"] = TallyJson(audit.accepted);
  json["again"] = audit.again;
  return json;
}

std::string RangesText(const std::map<Partition, OffsetRange>& ranges) {
  std::string text;
  for (const auto& [partition, range] : ranges) {
    text += fmt::format("{}partition {} offsets {} to {} ({})", text.empty() ? "" : ", ", partition,
                        range.first, range.next.value() - 1, range.size());
  }
  return text;
}

ordered_json RangesJson(const std::map<Partition, OffsetRange>& ranges) {
  ordered_json json = ordered_json::array();
  for (const auto& [partition, range] : ranges) {
    json.push_back(
        {{"partition", partition.value()}, {"first", range.first.value()}, {"next", range.next.value()}});
  }
  return json;
}

ordered_json AcceptedStopJson(const AcceptedStop& stop) {
  ordered_json json = {{"code", stop.code}, {"n", stop.n}, {"time", FormatUnixMillis(stop.at_ms)}};
  json["passed_over"] = RangesJson(stop.gaps);
  json["again"] = RangesJson(stop.again);
  if (!stop.follower.empty()) json["errors_table"] = stop.follower;
  if (!stop.stream.empty()) json["taken_over_from"] = stop.stream;
  return json;
}

ordered_json PlaceJson(const MessagePlace& place) {
  ordered_json json = {{"table", place.table}, {"file", place.file}, {"row", place.row}};
  if (place.snapshot) json["snapshot"] = place.snapshot->value();
  if (place.timestamp_ms) json["time"] = FormatUnixMillis(*place.timestamp_ms);
  if (!place.error_code.empty()) {
    json["error_code"] = place.error_code;
    json["error_path"] = place.error_path;
    json["error_message"] = place.error_message;
  }
  return json;
}

std::string PlaceText(const MessagePlace& place) {
  std::string text = fmt::format("\n  {} row {} of {}", place.table, place.row, place.file);
  if (place.snapshot) text += fmt::format("\n    added by snapshot {}", *place.snapshot);
  if (place.timestamp_ms) text += fmt::format(" at {}", FormatUnixMillis(*place.timestamp_ms));
  if (!place.error_code.empty()) {
    text += fmt::format("\n    {} at \"{}\": {}", place.error_code, place.error_path, place.error_message);
  }
  return text;
}

ordered_json UnreadJson(const UnreadMessages& unread) {
  ordered_json json = {{"next", unread.next.value()},
                       {"log_start", unread.held.log_start.value()},
                       {"end", unread.held.end.value()}};
  if (unread.retention && unread.retention->age) json["retention_ms"] = unread.retention->age->count();
  if (unread.risk) {
    json["code"] = kRetentionNear;
    json["left_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(unread.risk->left).count();
  }
  return json;
}

}  // namespace

std::string AcceptedText(const AcceptedStop& stop) {
  std::string text =
      fmt::format("accepted {} at {} by commit n={}", stop.code, FormatUnixMillis(stop.at_ms), stop.n);
  if (!stop.gaps.empty()) text += "; passed over: " + RangesText(stop.gaps);
  if (!stop.again.empty()) text += "; may be there twice: " + RangesText(stop.again);
  if (!stop.follower.empty()) text += fmt::format("; {} taken as it was", stop.follower);
  if (!stop.stream.empty()) text += fmt::format("; position taken over from stream {}", stop.stream);
  return text;
}

std::string AcceptedJson(const AcceptReport& report) {
  ordered_json json = AcceptedStopJson(report.stop);
  ordered_json next = ordered_json::array();
  for (const auto& [partition, offset] : report.next) {
    next.push_back({{"partition", partition.value()}, {"next", offset.value()}});
  }
  json["next"] = std::move(next);
  return Dump(json);
}

std::string AuditText(const AuditReport& report) {
  std::string text = fmt::format("stream {}: {} at snapshot {}, commit n={}\n", report.stream, report.target,
                                 report.snapshot, report.n);
  text +=
      fmt::format("{} {} commits: {} rows, {} errors, {} nulls, {} filtered, {} absent\n",
                  report.whole ? "all" : "the last", report.commits, report.counts.rows, report.counts.errors,
                  report.counts.nulls, report.counts.filtered, report.counts.absent);
  text += PartitionTable(report);
  if (report.rows_without_offset > 0) {
    text += fmt::format("note: {} rows of other writers have no offset\n", report.rows_without_offset);
  }
  for (const AcceptedStop& stop : report.accepted) text += AcceptedText(stop) + "\n";
  for (const std::string& note : report.notes) text += fmt::format("note: {}\n", note);
  for (const Finding& finding : report.findings) text += fmt::format("{}: {}\n", finding.kind, finding.text);
  return text + (report.clean() ? "clean" : fmt::format("not clean: {} findings", report.findings.size()));
}

std::string AuditJson(const AuditReport& report) {
  ordered_json partitions = ordered_json::array();
  for (const auto& [partition, audit] : report.partitions) {
    partitions.push_back(PartitionJson(partition, audit, report.rows_read));
  }
  ordered_json accepted = ordered_json::array();
  for (const AcceptedStop& stop : report.accepted) accepted.push_back(AcceptedStopJson(stop));
  ordered_json findings = ordered_json::array();
  for (const Finding& finding : report.findings) {
    ordered_json json = {{"kind", finding.kind}, {"text", finding.text}};
    if (finding.partition) json["partition"] = finding.partition->value();
    if (finding.snapshot) json["snapshot"] = finding.snapshot->value();
    findings.push_back(std::move(json));
  }
  return Dump({{"stream", report.stream},
               {"target", report.target},
               {"snapshot", report.snapshot.value()},
               {"n", report.n},
               {"clean", report.clean()},
               {"commits", report.commits},
               {"whole", report.whole},
               {"rows_read", report.rows_read},
               {"topic_asked", report.topic_asked},
               {"counts",
                {{"rows", report.counts.rows},
                 {"errors", report.counts.errors},
                 {"nulls", report.counts.nulls},
                 {"filtered", report.counts.filtered},
                 {"absent", report.counts.absent}}},
               {"rows_without_offset", report.rows_without_offset},
               {"deleted_rows", report.deleted_rows},
               {"partitions", std::move(partitions)},
               {"accepted", std::move(accepted)},
               {"notes", report.notes},
               {"findings", std::move(findings)}});
}

std::string WhereText(const WhereOptions& question, const WhereAnswer& answer) {
  std::string text =
      fmt::format("partition {} offset {}: {}", question.partition, question.offset, ToString(answer.state));
  if (answer.places.size() != 1) text += fmt::format(", {}", answer.detail);
  for (const MessagePlace& place : answer.places) text += PlaceText(place);
  if (answer.commit) {
    text += fmt::format("\n  decided by snapshot {} (n={}) at {}", *answer.commit, answer.n,
                        FormatUnixMillis(*answer.commit_ms));
  }
  return text;
}

std::string WhereJson(const WhereOptions& question, const WhereAnswer& answer) {
  ordered_json places = ordered_json::array();
  for (const MessagePlace& place : answer.places) places.push_back(PlaceJson(place));
  ordered_json json = {{"stream", question.stream},         {"partition", question.partition.value()},
                       {"offset", question.offset.value()}, {"state", ToString(answer.state)},
                       {"detail", answer.detail},           {"places", std::move(places)}};
  if (answer.commit) {
    json["commit"] = {
        {"snapshot", answer.commit->value()}, {"n", answer.n}, {"time", FormatUnixMillis(*answer.commit_ms)}};
  }
  if (answer.unread) json["unread"] = UnreadJson(*answer.unread);
  return Dump(json);
}

}  // namespace frazil
