#include "cli/commits.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace frazil {
namespace {

std::int64_t Millis(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

std::string BytesText(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  for (const std::string_view unit : {"KiB", "MiB"}) {
    if (amount < 1024) return fmt::format("{:.1f} {}", amount, unit);
    amount /= 1024;
  }
  return fmt::format("{:.1f} GiB", amount);
}

std::string CommitText(const CommitReport& report) {
  const EpochCounts& counts = report.counts;
  std::string text = fmt::format("{}: {} rows", report.stream, WithThousands(counts.rows));
  if (counts.errors > 0) text += fmt::format(", {} errors", WithThousands(counts.errors));
  if (counts.nulls > 0) text += fmt::format(", {} nulls", WithThousands(counts.nulls));
  if (counts.absent > 0) text += fmt::format(", {} absent offsets", WithThousands(counts.absent));
  text += fmt::format(" committed in snapshot {}, {} file{} of {}", report.snapshot, report.files,
                      report.files == 1 ? "" : "s", BytesText(report.bytes));
  if (report.lag) text += fmt::format(", lag {}", WithThousands(*report.lag));
  return text + fmt::format(", took {}ms", Millis(report.commit_took));
}

std::string CommitJson(const CommitReport& report) {
  nlohmann::ordered_json next = nlohmann::ordered_json::object();
  for (const auto& [partition, offset] : report.next) next[fmt::format("{}", partition)] = offset.value();
  nlohmann::ordered_json json = {{"stream", report.stream},
                                 {"snapshot", report.snapshot.value()},
                                 {"rows", report.counts.rows},
                                 {"errors", report.counts.errors},
                                 {"nulls", report.counts.nulls},
                                 {"filtered", report.counts.filtered},
                                 {"absent", report.counts.absent},
                                 {"files", report.files},
                                 {"bytes", report.bytes},
                                 {"next", std::move(next)},
                                 {"open_ms", Millis(report.open_for)},
                                 {"commit_ms", Millis(report.commit_took)}};
  if (report.lag) json["lag"] = *report.lag;
  return json.dump();
}

}  // namespace frazil
