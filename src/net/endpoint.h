// Where a server listens, as people write it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace frazil {

struct Endpoint {
  std::string host;  // a name, or an IP address without brackets
  std::uint16_t port = 0;

  std::string ToString() const;  // "kafka:9092", "[::1]:9092"
  auto operator<=>(const Endpoint&) const = default;
};

// "host:port" or "[IPv6 address]:port". kInvalid (NET_ADDRESS) otherwise.
Result<Endpoint> ParseEndpoint(std::string_view text);

}  // namespace frazil
