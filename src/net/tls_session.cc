#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "net/tls_session_internal.h"

namespace frazil {

// OpenSSL's way to the socket.
struct SocketBio {
  static int Write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
    TlsSession& session = Session(bio);
    return Finish(bio, session, session.socket_.Write({bytes, size}), written);
  }

  static int Read(BIO* bio, char* to, std::size_t size, std::size_t* read) {
    TlsSession& session = Session(bio);
    return Finish(bio, session, session.socket_.Read(to, size), read);
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "frazil socket");
      FRAZIL_CHECK(made != nullptr);
      BIO_meth_set_write_ex(made, &SocketBio::Write);
      BIO_meth_set_read_ex(made, &SocketBio::Read);
      BIO_meth_set_ctrl(made, &SocketBio::Control);
      return made;
    }();
    return method;
  }

 private:
  static TlsSession& Session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int Finish(BIO* bio, TlsSession& session, Result<SocketStep> step, std::size_t* bytes) {
    BIO_clear_retry_flags(bio);
    *bytes = 0;
    if (!step) {
      session.socket_failure_ = std::move(step).error();
      return 0;
    }
    *bytes = step->bytes;
    if (step->bytes > 0) return 1;
    if (step->wait_for == SocketWait::kWritable) {
      BIO_set_retry_write(bio);
    } else {
      BIO_set_retry_read(bio);
    }
    return 0;
  }
};

std::string TakeOpenSslReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("OpenSSL error {:x}", code);
}

TlsSession::TlsSession(Socket& socket, const TlsContext& context, const std::string& host)
    : socket_(socket), host_(host), session_(SSL_new(context.handle())) {
  BIO* bio = BIO_new(SocketBio::Method());
  FRAZIL_CHECK(session_ != nullptr && bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_, bio, bio);
  SSL_set_connect_state(session_);

  std::string name = host;  // certificates know no dot at the end
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  FRAZIL_CHECK(!name.empty(), "OpenSSL would check no name");
  SSL_set_hostflags(session_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  FRAZIL_CHECK(SSL_set1_host(session_, name.c_str()) == 1);
  if (IpAddress::Parse(name)) return;  // RFC 6066: addresses are not sent
  FRAZIL_CHECK(SSL_ctrl(session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

Result<SocketStep> TlsSession::Handshake() {
  ERR_clear_error();
  return Judge(SSL_do_handshake(session_), 0);
}

Result<SocketStep> TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(session_, bytes.data(), bytes.size(), &written);
  return Judge(result, written);
}

Result<SocketStep> TlsSession::Read(char* to, std::size_t most) {
  ERR_clear_error();
  std::size_t read = 0;
  const int result = SSL_read_ex(session_, to, most, &read);
  return Judge(result, read);
}

Result<SocketStep> TlsSession::Judge(int result, std::size_t bytes) {
  if (result == 1) return SocketStep{bytes, SocketWait::kNothing};
  const int error = SSL_get_error(session_, result);
  if (error == SSL_ERROR_WANT_READ) return SocketStep{0, SocketWait::kReadable};
  if (error == SSL_ERROR_WANT_WRITE) return SocketStep{0, SocketWait::kWritable};
  if (socket_failure_) return Fail(*socket_failure_);
  if (error == SSL_ERROR_ZERO_RETURN) return Fail(ClosedError("the other side ended the TLS connection"));
  return Fail(TlsFailure());
}

Error TlsSession::TlsFailure() const {
  const long verified = SSL_get_verify_result(session_);
  const int reason_code = ERR_GET_REASON(ERR_peek_last_error());
  std::string reason = TakeOpenSslReason();
  if (reason_code == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
    reason += fmt::format(": {}", X509_verify_cert_error_string(verified));
    if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      reason += fmt::format(" (it does not name {})", host_);
    }
  } else if (reason_code == SSL_R_WRONG_VERSION_NUMBER) {
    reason = "the port does not speak TLS";
  }
  return {ErrorKind::kDenied, "NET_TLS", std::move(reason), "", ""};
}

}  // namespace frazil
