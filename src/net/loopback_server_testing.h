// A server of one script on a free port of 127.0.0.1, in TLS or not.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/endpoint.h"
#include "runtime/stop_signal.h"

namespace frazil {

// One who has connected. What fails is told by false; the script then ends.
class LoopbackPeer {
 public:
  LoopbackPeer(int descriptor, SSL* tls, StopSignal& stop)
      : descriptor_(descriptor), tls_(tls), stop_(stop) {}

  bool Write(std::string_view bytes) {
    const int size = static_cast<int>(bytes.size());
    if (tls_ != nullptr) return SSL_write(tls_, bytes.data(), size) == size;
    return send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
  }
  bool Read(std::string& bytes, std::size_t size) {
    bytes.assign(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const auto got = tls_ != nullptr ? SSL_read(tls_, bytes.data() + at, static_cast<int>(size - at))
                                       : recv(descriptor_, bytes.data() + at, size - at, 0);
      if (got <= 0) return false;
      at += static_cast<std::size_t>(got);
    }
    return true;
  }
  // Whether something has come, or the other side has closed, within that time.
  bool Readable(Duration most) {
    pollfd wanted{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return poll(&wanted, 1,
                static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(most).count())) == 1;
  }
  // False when the server is to end.
  bool Wait(Duration duration) { return !stop_.WaitFor(duration); }
  // Until the other side closes, or the server is to end.
  void WaitForEnd() {
    std::string byte;
    while (Read(byte, 1)) continue;
  }

 private:
  const int descriptor_;
  SSL* const tls_;
  StopSignal& stop_;
};

class LoopbackServer {
 public:
  struct Tls {
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file;  // "": clients need no certificate
  };
  using Script = std::function<void(LoopbackPeer&)>;

  // Runs the script for one connection after the other; a connection is closed after its script.
  explicit LoopbackServer(Script script, std::optional<Tls> tls = std::nullopt)
      : script_(std::move(script)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        stop_(ThreadRuntime()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    FRAZIL_CHECK(bind(listener_, generic, size) == 0 && listen(listener_, 16) == 0);
    FRAZIL_CHECK(getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    if (tls) context_.reset(MakeContext(*tls));
    task_ = ThreadRuntime().Spawn("loopback", [this] { Serve(); });
  }
  ~LoopbackServer() {
    stop_.Stop();
    shutdown(listener_, SHUT_RDWR);
    shutdown(connected_, SHUT_RDWR);
    task_->Join();
    close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  Endpoint endpoint(std::string host = "127.0.0.1") const { return {std::move(host), port_}; }
  int connections() const { return connections_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  static SSL_CTX* MakeContext(const Tls& tls) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    FRAZIL_CHECK(SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str()) == 1);
    FRAZIL_CHECK(SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
    if (!tls.client_ca_file.empty()) {
      FRAZIL_CHECK(SSL_CTX_load_verify_file(context, tls.client_ca_file.c_str()) == 1);
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
  }

  void Serve() {
    sigset_t pipe;  // of this task: OpenSSL's own sockets raise it; a client under test must not
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &pipe, nullptr);
    while (!stop_.stopped()) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) continue;
      ++connections_;
      connected_ = descriptor;
      if (!stop_.stopped()) Talk(descriptor);
      connected_ = -1;
      close(descriptor);
    }
  }

  void Talk(int descriptor) {
    std::unique_ptr<SSL, Free> tls;
    if (context_) {
      tls.reset(SSL_new(context_.get()));
      SSL_set_fd(tls.get(), descriptor);
      if (SSL_accept(tls.get()) != 1) return;
    }
    LoopbackPeer peer(descriptor, tls.get(), stop_);
    script_(peer);
  }

  const Script script_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::unique_ptr<SSL_CTX, Free> context_;
  StopSignal stop_;
  std::atomic<int> connected_ = -1;
  std::atomic<int> connections_ = 0;
  std::unique_ptr<Task> task_;
};

}  // namespace frazil
