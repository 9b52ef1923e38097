// TLS over a socket. OpenSSL reads and writes through the socket, whose writes raise no SIGPIPE.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/socket_internal.h"
#include "net/tls_context.h"

// OpenSSL's SSL.
struct ssl_st;

namespace frazil {

class TlsSession {
 public:
  // The certificate must name `host`. The socket and the context must outlive the session.
  TlsSession(Socket& socket, const TlsContext& context, const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // As Socket's, and kDenied (NET_TLS) when TLS itself fails.
  Result<SocketStep> Handshake();  // done when there is nothing to wait for
  Result<SocketStep> Write(std::string_view bytes);
  Result<SocketStep> Read(char* to, std::size_t most);

 private:
  friend struct SocketBio;

  Result<SocketStep> Judge(int result, std::size_t bytes);
  Error TlsFailure() const;

  Socket& socket_;
  const std::string host_;
  ssl_st* session_;
  std::optional<Error> socket_failure_;
};

// What OpenSSL says of the failure that it met last, in words; forgets it.
std::string TakeOpenSslReason();

}  // namespace frazil
