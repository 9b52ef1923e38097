// A TCP socket that never blocks, and waiting for it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/address_policy.h"
#include "runtime/stop_signal.h"

namespace frazil {

enum class SocketWait { kNothing, kReadable, kWritable };

// One try at something that may have to wait first.
struct SocketStep {
  std::size_t bytes = 0;  // that it moved
  SocketWait wait_for =
      SocketWait::kNothing;  // before the next try; kNothing: it is done, or has got further
};

class Socket {
 public:
  // kUnavailable (NET_CONNECT, NET_TIMEOUT), kStopping.
  static Result<std::unique_ptr<Socket>> Connect(Runtime& runtime, const IpAddress& address,
                                                 std::uint16_t port, MonotonicTime deadline,
                                                 StopSignal& stop);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // kUnavailable (NET_CLOSED) when the other side is gone.
  Result<SocketStep> Write(std::string_view bytes);
  Result<SocketStep> Read(char* to, std::size_t most);

  // kUnavailable (NET_TIMEOUT), kStopping.
  Status Wait(SocketWait what, MonotonicTime deadline, StopSignal& stop);

  int descriptor() const { return descriptor_; }

 private:
  Socket(Runtime& runtime, std::string peer) : runtime_(runtime), peer_(std::move(peer)) {}
  Status Open(const IpAddress& address, std::uint16_t port, MonotonicTime deadline, StopSignal& stop);
  Error Failure(std::string_view code, int error) const;

  Runtime& runtime_;
  const std::string peer_;  // "10.0.0.1:9092"
  int descriptor_ = -1;
  int wake_ = -1;  // an eventfd that a stop signal makes readable
};

Error ClosedError(std::string_view said);

}  // namespace frazil
