// Whom to trust and who we are, for any number of TLS connections.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/runtime.h"

// OpenSSL's SSL_CTX.
struct ssl_ctx_st;

namespace frazil {

// PEM files.
struct TlsSettings {
  std::string ca_file;    // "": the system's authorities
  std::string cert_file;  // with the chain up to the authority; "": no client certificate
  std::string key_file;   // not encrypted; "": in cert_file

  bool operator==(const TlsSettings&) const = default;
};

// Any task may use it.
class TlsContext {
 public:
  // Reads the files. kInvalid (NET_TLS_FILES), which names the file, when one cannot be read or used.
  static Result<std::shared_ptr<const TlsContext>> Make(const TlsSettings& settings);

  ssl_ctx_st* handle() const { return handle_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;

  explicit TlsContext(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
};

// One context for many connections, since it takes 10 to 30 ms to read the system's authorities. Any task may
// use it.
class TlsContexts {
 public:
  TlsContexts(Runtime& runtime, TlsSettings settings);

  // Reads the files again when that was a minute ago, so that renewed certificates are used. Fails as Make.
  Result<std::shared_ptr<const TlsContext>> Get();

 private:
  Runtime& runtime_;
  const TlsSettings settings_;
  std::unique_ptr<Monitor> monitor_;  // guards what follows
  std::shared_ptr<const TlsContext> context_;
  MonotonicTime read_at_{};
};

}  // namespace frazil
