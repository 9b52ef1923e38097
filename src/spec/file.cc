#include "spec/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace frazil {
namespace {

// nullopt with errno set when the file cannot be read.
std::optional<std::string> ReadWhole(const std::string& path) {
  errno = 0;
  const std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    // Nothing written is a failure of <<, but an empty file is none.
    if (in && errno == 0) return std::string();
    return std::nullopt;
  }
  return std::move(text).str();
}

Error SecretError(const SecretSpec& secret, std::string detail, std::string fix) {
  return Error{ErrorKind::kInvalid, "CONFIG_SECRET", std::move(detail), std::move(fix), secret.place};
}

}  // namespace

SpecResult LoadSpecFile(const std::string& path) {
  const auto text = ReadWhole(path);
  if (!text) {
    const Error error{ErrorKind::kInvalid, "CONFIG_FILE",
                      fmt::format("{} cannot be read: {}", path, std::strerror(errno)),
                      "name the file with -f FILE", path};
    return tl::unexpected(std::vector{error});
  }
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  if (failed) {
    const Error error{ErrorKind::kInvalid, "CONFIG_FILE",
                      fmt::format("the folder of {} cannot be found: {}", path, failed.message()), "", path};
    return tl::unexpected(std::vector{error});
  }
  return ParseSpec(*text, path, absolute.parent_path().lexically_normal().string());
}

Result<std::string> ResolveSecret(const SecretSpec& secret) {
  std::string value;
  if (!secret.from_env.empty()) {
    const char* found = std::getenv(secret.from_env.c_str());
    if (found == nullptr) {
      return Fail(SecretError(secret, fmt::format("the environment variable {} is not set", secret.from_env),
                              fmt::format("export {}=…", secret.from_env)));
    }
    value = found;
  } else {
    auto text = ReadWhole(secret.from_file);
    if (!text) {
      return Fail(SecretError(
          secret, fmt::format("{} cannot be read: {}", secret.from_file, std::strerror(errno)), ""));
    }
    value = std::move(*text);
    if (!value.empty() && value.back() == '\n') value.pop_back();
    if (!value.empty() && value.back() == '\r') value.pop_back();
  }
  if (value.empty()) {
    return Fail(SecretError(secret, fmt::format("{}{} is empty", secret.from_env, secret.from_file),
                            "put the secret there"));
  }
  return value;
}

}  // namespace frazil
