#include "net/address_policy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace frazil {
namespace {

struct Refused {
  const char* prefix;
  int bits;
  std::string_view what;
};

constexpr std::string_view kMetadataService = "a cloud's metadata service";

constexpr std::array kRefused = {
    Refused{"::", 128, "the unspecified address"}, Refused{"0.0.0.0", 96 + 8, "the unspecified address"},
    Refused{"ff00::", 8, "a multicast address"}, Refused{"224.0.0.0", 96 + 4, "a multicast address"},
    Refused{"255.255.255.255", 128, "the broadcast address"}, Refused{"fe80::", 10, "a link-local address"},
    Refused{"169.254.0.0", 96 + 16, "a link-local address"},
    // Those that are not link-local, by the clouds' own documents.
    Refused{"fd00:ec2::", 32, kMetadataService},        // Amazon
    Refused{"fd20:ce::254", 128, kMetadataService},     // Google
    Refused{"168.63.129.16", 128, kMetadataService},    // Microsoft
    Refused{"100.100.100.200", 128, kMetadataService},  // Alibaba
    Refused{"192.0.0.192", 128, kMetadataService},      // Oracle
};

bool IsIn(const IpAddress& address, const IpAddress& prefix, int bits) {
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int mask = bits >= 8 ? 0xff : 0xff << (8 - bits) & 0xff;
    if ((address.bytes[i] & mask) != (prefix.bytes[i] & mask)) return false;
  }
  return true;
}

// The IPv4 address that packets to this IPv6 address end at: NAT64 (RFC 6052), IPv4-compatible (RFC 4291).
std::optional<IpAddress> V4Within(const IpAddress& address) {
  const bool translated = IsIn(address, *IpAddress::Parse("64:ff9b::"), 96);
  const bool compatible = IsIn(address, *IpAddress::Parse("::"), 96) && address != *IpAddress::Parse("::1");
  if (!translated && !compatible) return std::nullopt;
  const auto& b = address.bytes;
  return IpAddress::FromV4({b[12], b[13], b[14], b[15]});
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(const std::string& text) {
  IpAddress address;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return FromV4(v4);
  return std::nullopt;
}

IpAddress IpAddress::FromV4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin() + 12);
  return address;
}

bool IpAddress::is_v4() const {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  const bool v4 = is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0), text, sizeof text);
  return text;
}

Status AddressPolicy::Check(const Endpoint& asked, const IpAddress& address) const {
  const IpAddress reached = V4Within(address).value_or(address);
  const auto refused = std::find_if(kRefused.begin(), kRefused.end(), [&](const Refused& rule) {
    return IsIn(reached, *IpAddress::Parse(rule.prefix), rule.bits);
  });
  if (refused == kRefused.end()) return {};
  return Fail(ErrorKind::kDenied, "NET_ADDRESS_REFUSED",
              fmt::format("{} is {}, which is {}: Frazil does not connect there", asked.ToString(),
                          address.ToString(), refused->what),
              "correct the address; if a server advertised it, correct it there");
}

}  // namespace frazil
