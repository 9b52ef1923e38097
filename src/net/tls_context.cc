#include "net/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "net/tls_session_internal.h"

namespace frazil {
namespace {

constexpr Duration kReadAgainAfter = std::chrono::minutes(1);

tl::unexpected<Error> BadFile(const char* what, const std::string& file, std::string_view reason) {
  return Fail(ErrorKind::kInvalid, "NET_TLS_FILES", fmt::format("tls: {} {}: {}", what, file, reason),
              "check the path, who may read the file, and that it is in PEM form");
}

// `used`: what OpenSSL said to the file.
Status CheckFile(const char* what, const std::string& file, bool used) {
  if (used) return {};
  const std::string reason = TakeOpenSslReason();
  if (access(file.c_str(), R_OK) != 0) return BadFile(what, file, std::system_category().message(errno));
  return BadFile(what, file, reason);
}

Status UseAuthorities(SSL_CTX* context, const std::string& ca_file) {
  if (!ca_file.empty()) {
    return CheckFile("ca_file", ca_file, SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1);
  }
  FRAZIL_CHECK(SSL_CTX_set_default_verify_paths(context) == 1);
  return {};
}

Status UseOwnCertificate(SSL_CTX* context, const TlsSettings& settings) {
  const std::string& cert_file = settings.cert_file;
  if (cert_file.empty()) return {};
  FRAZIL_TRY(
      CheckFile("cert_file", cert_file, SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) == 1));
  const std::string& key_file = settings.key_file.empty() ? cert_file : settings.key_file;
  // Also fails when the key is not the certificate's.
  return CheckFile("key_file", key_file,
                   SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1);
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::Make(const TlsSettings& settings) {
  ERR_clear_error();
  Handle handle(SSL_CTX_new(TLS_client_method()));
  FRAZIL_CHECK(handle != nullptr);
  SSL_CTX_set_min_proto_version(handle.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(handle.get(), SSL_VERIFY_PEER, nullptr);
  // A write is tried again from wherever the caller's bytes then are; memory for records is held only while
  // used.
  SSL_CTX_set_mode(handle.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
  // One call of the socket for a record, not two.
  SSL_CTX_set_read_ahead(handle.get(), 1);
  // Without a passphrase callback OpenSSL would ask at the terminal for that of an encrypted key.
  SSL_CTX_set_default_passwd_cb(handle.get(), [](char*, int, int, void*) { return -1; });
  FRAZIL_TRY(UseAuthorities(handle.get(), settings.ca_file));
  FRAZIL_TRY(UseOwnCertificate(handle.get(), settings));
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(handle)));
}

TlsContexts::TlsContexts(Runtime& runtime, TlsSettings settings)
    : runtime_(runtime), settings_(std::move(settings)), monitor_(runtime.NewMonitor()) {}

Result<std::shared_ptr<const TlsContext>> TlsContexts::Get() {
  const MonitorLock lock(*monitor_);
  const MonotonicTime now = runtime_.Now();
  if (!context_ || now - read_at_ >= kReadAgainAfter) {
    FRAZIL_ASSIGN(context_, TlsContext::Make(settings_));
    read_at_ = now;
  }
  return context_;
}

}  // namespace frazil
