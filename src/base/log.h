// The log: one line per decision on standard error, with the ids that made it; nothing per record.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace frazil {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Lines below the level are dropped. Any thread; the default is kInfo.
void SetLogLevel(LogLevel level);
// Writes one line "time LEVEL text". Any thread; lines are never mixed.
void WriteLog(LogLevel level, std::string_view text);
bool LogEnabled(LogLevel level);

template <typename... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kDebug))
    WriteLog(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kInfo))
    WriteLog(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kWarning))
    WriteLog(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kError))
    WriteLog(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace frazil
