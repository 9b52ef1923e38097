#include "kafka/topic_settings.h"

#include <charconv>
#include <chrono>
#include <optional>

namespace frazil {
namespace {

std::string TextOf(const TopicSettings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

// 0 and up; below is Kafka's word for no limit.
std::optional<std::int64_t> LimitOf(const TopicSettings& settings, const char* name) {
  const std::string text = TextOf(settings, name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

const std::vector<std::string>& RetentionSettings() {
  static const std::vector<std::string> names = {"cleanup.policy", "retention.ms", "retention.bytes"};
  return names;
}

TopicRetention RetentionOf(const TopicSettings& settings) {
  TopicRetention retention;
  if (TextOf(settings, "cleanup.policy").find("delete") == std::string::npos) return retention;
  if (const auto age = LimitOf(settings, "retention.ms")) retention.age = std::chrono::milliseconds(*age);
  retention.by_size = LimitOf(settings, "retention.bytes").has_value();
  return retention;
}

}  // namespace frazil
