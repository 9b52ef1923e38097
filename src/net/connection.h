// A TCP connection, in TLS or not, whose every wait ends at a deadline or a stop.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/address_policy.h"
#include "net/endpoint.h"
#include "net/tls_context.h"
#include "runtime/stop_signal.h"

namespace frazil {

class Socket;
class TlsSession;

// For one task at a time. After a failure the connection is of no use any more.
//
// Failures: kUnavailable (NET_RESOLVE, NET_CONNECT, NET_CLOSED, NET_TIMEOUT), kDenied (NET_TLS,
// NET_ADDRESS_REFUSED), kStopping. Their details do not name the endpoint, but for the IP address that was
// tried.
class Connection {
 public:
  // Tries the addresses that the host's name stands for one after the other, each with an equal part of the
  // time left. `tls` null: plaintext. Else the server must prove that it is endpoint.host. The resolver's own
  // time is not bounded by the deadline.
  static Result<std::unique_ptr<Connection>> Open(Runtime& runtime, const Endpoint& endpoint,
                                                  const AddressPolicy& policy,
                                                  std::shared_ptr<const TlsContext> tls,
                                                  MonotonicTime deadline, StopSignal& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // All of the bytes.
  Status Write(std::string_view bytes, MonotonicTime deadline, StopSignal& stop);
  // Exactly as many bytes.
  Status Read(char* to, std::size_t bytes, MonotonicTime deadline, StopSignal& stop);

 private:
  Connection(std::unique_ptr<Socket> socket, std::shared_ptr<const TlsContext> context);
  Status StartTls(const std::string& host, MonotonicTime deadline, StopSignal& stop);

  const std::shared_ptr<const TlsContext> context_;
  const std::unique_ptr<Socket> socket_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace frazil
