// Which addresses Frazil connects to. What is checked is what a name resolves to, so that a server that names
// others (a Kafka cluster its brokers, a catalog its store) cannot send us where no server of its kind is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "net/endpoint.h"

namespace frazil {

// An IPv4 address as IPv6 writes it: ::ffff:a.b.c.d. Bytes in network order.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<IpAddress> Parse(const std::string& text);  // "10.0.0.1", "2001:db8::1"
  static IpAddress FromV4(const std::array<std::uint8_t, 4>& bytes);

  bool is_v4() const;
  std::string ToString() const;
  bool operator==(const IpAddress&) const = default;
};

class AddressPolicy {
 public:
  // Ok for addresses of the internet, private ones and loopback. kDenied (NET_ADDRESS_REFUSED), which names
  // `asked`, for those that are no single server's (unspecified, multicast, broadcast), link-local ones, and
  // those under which clouds give credentials to whoever asks; also where one of these is written as an IPv6
  // address.
  Status Check(const Endpoint& asked, const IpAddress& address) const;
};

}  // namespace frazil
