#include "net/connection.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "net/socket_internal.h"
#include "net/tls_session_internal.h"

namespace frazil {
namespace {

std::optional<IpAddress> AddressOf(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(info.ai_addr)->sin_addr, bytes.size());
    return IpAddress::FromV4(bytes);
  }
  if (info.ai_family != AF_INET6) return std::nullopt;
  IpAddress address;
  std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(info.ai_addr)->sin6_addr,
              address.bytes.size());
  return address;
}

Result<std::vector<IpAddress>> Resolve(const std::string& host) {
  if (host.empty()) return Fail(ErrorKind::kUnavailable, "NET_RESOLVE", "the host's name is empty");
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    const std::string reason =
        error == EAI_SYSTEM ? std::system_category().message(errno) : gai_strerror(error);
    return Fail(ErrorKind::kUnavailable, "NET_RESOLVE", fmt::format("{}: {}", host, reason));
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (const auto address = AddressOf(*info)) addresses.push_back(*address);
  }
  freeaddrinfo(list);
  return addresses;
}

Result<std::unique_ptr<Socket>> ConnectToAny(Runtime& runtime, const Endpoint& endpoint,
                                             const AddressPolicy& policy, MonotonicTime deadline,
                                             StopSignal& stop) {
  FRAZIL_ASSIGN(const std::vector<IpAddress> addresses, Resolve(endpoint.host));
  Error failure{ErrorKind::kUnavailable, "NET_RESOLVE", fmt::format("{} has no address", endpoint.host), "",
                ""};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (auto allowed = policy.Check(endpoint, addresses[i]); !allowed) {
      failure = std::move(allowed).error();
      continue;
    }
    const MonotonicTime now = runtime.Now();
    const auto left = static_cast<std::int64_t>(addresses.size() - i);
    auto socket = Socket::Connect(runtime, addresses[i], endpoint.port, now + (deadline - now) / left, stop);
    if (socket || socket.error().kind == ErrorKind::kStopping) return socket;
    failure = std::move(socket).error();
  }
  return Fail(std::move(failure));
}

}  // namespace

Connection::Connection(std::unique_ptr<Socket> socket, std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)), socket_(std::move(socket)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::Open(Runtime& runtime, const Endpoint& endpoint,
                                                     const AddressPolicy& policy,
                                                     std::shared_ptr<const TlsContext> tls,
                                                     MonotonicTime deadline, StopSignal& stop) {
  FRAZIL_TRY(stop.Check());
  FRAZIL_ASSIGN(auto socket, ConnectToAny(runtime, endpoint, policy, deadline, stop));
  std::unique_ptr<Connection> connection(new Connection(std::move(socket), std::move(tls)));
  if (connection->context_) FRAZIL_TRY(connection->StartTls(endpoint.host, deadline, stop));
  return connection;
}

Status Connection::StartTls(const std::string& host, MonotonicTime deadline, StopSignal& stop) {
  tls_ = std::make_unique<TlsSession>(*socket_, *context_, host);
  while (true) {
    auto step = tls_->Handshake();
    if (!step) {
      const bool closed = step.error().code == "NET_CLOSED";
      return Fail(closed ? WithContext(std::move(step).error(), "in the TLS handshake")
                         : std::move(step).error());
    }
    if (step->wait_for == SocketWait::kNothing) return {};
    FRAZIL_TRY(socket_->Wait(step->wait_for, deadline, stop));
  }
}

Status Connection::Write(std::string_view bytes, MonotonicTime deadline, StopSignal& stop) {
  while (!bytes.empty()) {
    FRAZIL_ASSIGN(const SocketStep step, tls_ ? tls_->Write(bytes) : socket_->Write(bytes));
    bytes.remove_prefix(step.bytes);
    FRAZIL_TRY(socket_->Wait(step.wait_for, deadline, stop));
  }
  return {};
}

Status Connection::Read(char* to, std::size_t bytes, MonotonicTime deadline, StopSignal& stop) {
  while (bytes > 0) {
    FRAZIL_ASSIGN(const SocketStep step, tls_ ? tls_->Read(to, bytes) : socket_->Read(to, bytes));
    to += step.bytes;
    bytes -= step.bytes;
    FRAZIL_TRY(socket_->Wait(step.wait_for, deadline, stop));
  }
  return {};
}

}  // namespace frazil
