#include "net/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace frazil {
namespace {

// The longest name of the DNS.
constexpr std::size_t kMostHostBytes = 253;

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

bool IsHost(std::string_view text, bool in_brackets) {
  return !text.empty() && text.size() <= kMostHostBytes && std::all_of(text.begin(), text.end(), [&](char c) {
    return c > ' ' && c < 127 && c != '/' && c != '@' && c != '[' && c != ']' && (c != ':' || in_brackets);
  });
}

}  // namespace

std::string Endpoint::ToString() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Endpoint> ParseEndpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    const auto port = ParsePort(text.substr(colon + 1));
    if (port && IsHost(host, in_brackets)) return Endpoint{std::string(host), *port};
  }
  return Fail(ErrorKind::kInvalid, "NET_ADDRESS",
              fmt::format("\"{}\" is no address of a server", text.substr(0, kMostHostBytes)),
              "write host:port, such as kafka.example.com:9092 or [2001:db8::1]:9092");
}

}  // namespace frazil
