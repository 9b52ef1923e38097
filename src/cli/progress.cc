#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace frazil {
namespace {

constexpr std::size_t kBarWidth = 20;
constexpr std::string_view kClearLine = "\x1b[K";

std::int64_t Messages(const std::vector<StreamStatus>& streams) {
  std::int64_t total = 0;
  for (const StreamStatus& status : streams) total += status.totals.total();
  return total;
}

// nullopt when a stream's lag is not known.
std::optional<std::int64_t> Lag(const std::vector<StreamStatus>& streams) {
  std::int64_t total = 0;
  for (const StreamStatus& status : streams) {
    if (!status.lag) return std::nullopt;
    total += *status.lag;
  }
  return total;
}

}  // namespace

std::string ProgressText(const std::vector<StreamStatus>& streams, std::int64_t per_second) {
  const std::int64_t done = Messages(streams);
  const auto lag = Lag(streams);
  const bool at_risk =
      std::ranges::any_of(streams, [](const StreamStatus& status) { return status.retention.has_value(); });
  std::string text;
  if (at_risk) text += "RETENTION  ";
  if (lag && done + *lag > 0) {
    const double share = static_cast<double>(done) / static_cast<double>(done + *lag);
    const auto full = static_cast<std::size_t>(share * kBarWidth);
    text += fmt::format("[{}{}] {:3}%  ", std::string(full, '#'), std::string(kBarWidth - full, '-'),
                        static_cast<int>(share * 100));
  }
  text += fmt::format("{} messages", WithThousands(done));
  if (per_second >= 0) text += fmt::format("  {}/s", WithThousands(per_second));
  if (lag) text += fmt::format("  lag {}", WithThousands(*lag));
  return text.substr(0, 78);
}

Progress::Progress(Runtime& runtime, const Output& output, std::function<std::vector<StreamStatus>()> read)
    : runtime_(runtime), output_(output), read_(std::move(read)), stop_(runtime) {
  if (!output.json() && output.interactive()) task_ = runtime.Spawn("progress", [this] { Run(); });
}

Progress::~Progress() {
  stop_.Stop();
  if (task_ == nullptr) return;
  task_->Join();
  output_.Status(kClearLine);
}

void Progress::Run() {
  MonotonicTime before = runtime_.Now();
  std::int64_t messages_before = -1;
  while (!stop_.WaitFor(std::chrono::seconds(1))) {
    const auto streams = read_();
    const MonotonicTime now = runtime_.Now();
    const double seconds = std::max(std::chrono::duration<double>(now - before).count(), 0.001);
    const std::int64_t messages = Messages(streams);
    const std::int64_t per_second =
        messages_before < 0
            ? -1
            : static_cast<std::int64_t>(static_cast<double>(messages - messages_before) / seconds);
    before = now;
    messages_before = messages;
    // The cursor goes back to the start of the line, so that the next line of log replaces this one.
    output_.Status(fmt::format("{}{}\r", ProgressText(streams, per_second), kClearLine));
  }
}

}  // namespace frazil
