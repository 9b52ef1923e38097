#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "net/socket_internal.h"

namespace frazil {
namespace {

// Makes the eventfd readable while it lives, if stopped or as soon as that happens.
class WakeOnStop {
 public:
  WakeOnStop(StopSignal& stop, int wake)
      : stop_(stop), wake_(wake), registration_(stop.OnStop([wake] { eventfd_write(wake, 1); })) {}
  ~WakeOnStop() {
    stop_.Remove(registration_);
    eventfd_t count = 0;
    eventfd_read(wake_, &count);
  }
  WakeOnStop(const WakeOnStop&) = delete;
  WakeOnStop& operator=(const WakeOnStop&) = delete;

 private:
  StopSignal& stop_;
  const int wake_;
  const std::uint64_t registration_;
};

// For poll: rounded up, so that it does not return a little before the deadline, again and again.
int PollMillis(Duration left) {
  constexpr std::chrono::milliseconds kMost = std::chrono::minutes(1);  // then it is computed anew
  return static_cast<int>(std::min(kMost, std::chrono::ceil<std::chrono::milliseconds>(left)).count());
}

// A peer that vanished without a word is noticed after a minute, also where nothing is being sent. A system
// that lacks one of the options does without.
void SetOptions(int descriptor) {
  const auto set = [descriptor](int level, int name, int value) {
    setsockopt(descriptor, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

int StartConnect(int descriptor, const IpAddress& address, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.is_v4()) {
    auto& to = reinterpret_cast<sockaddr_in&>(storage);
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.bytes.data() + 12, 4);
    size = sizeof to;
  } else {
    auto& to = reinterpret_cast<sockaddr_in6&>(storage);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    std::memcpy(&to.sin6_addr, address.bytes.data(), address.bytes.size());
    size = sizeof to;
  }
  return connect(descriptor, reinterpret_cast<const sockaddr*>(&storage), size) == 0 ? 0 : errno;
}

bool MustWait(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Error ClosedError(std::string_view said) {
  return {ErrorKind::kUnavailable, "NET_CLOSED", std::string(said), "", ""};
}

Result<std::unique_ptr<Socket>> Socket::Connect(Runtime& runtime, const IpAddress& address,
                                                std::uint16_t port, MonotonicTime deadline,
                                                StopSignal& stop) {
  std::unique_ptr<Socket> socket(new Socket(runtime, Endpoint{address.ToString(), port}.ToString()));
  FRAZIL_TRY(socket->Open(address, port, deadline, stop));
  return socket;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
  if (wake_ >= 0) close(wake_);
}

Error Socket::Failure(std::string_view code, int error) const {
  return {ErrorKind::kUnavailable, std::string(code),
          fmt::format("{}: {}", peer_, std::system_category().message(error)), "", ""};
}

Status Socket::Open(const IpAddress& address, std::uint16_t port, MonotonicTime deadline, StopSignal& stop) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  descriptor_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor_ < 0) return Fail(Failure("NET_CONNECT", errno));
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) return Fail(Failure("NET_CONNECT", errno));
  SetOptions(descriptor_);

  int error = StartConnect(descriptor_, address, port);
  if (error == EINPROGRESS) {
    FRAZIL_TRY(Wait(SocketWait::kWritable, deadline, stop));
    socklen_t size = sizeof error;
    FRAZIL_CHECK(getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  }
  if (error != 0) return Fail(Failure("NET_CONNECT", error));
  return {};
}

Result<SocketStep> Socket::Write(std::string_view bytes) {
  const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return SocketStep{static_cast<std::size_t>(sent), SocketWait::kNothing};
  if (errno == EINTR) return SocketStep{};
  if (MustWait(errno)) return SocketStep{0, SocketWait::kWritable};
  return Fail(Failure("NET_CLOSED", errno));
}

Result<SocketStep> Socket::Read(char* to, std::size_t most) {
  const ssize_t received = recv(descriptor_, to, most, 0);
  if (received > 0) return SocketStep{static_cast<std::size_t>(received), SocketWait::kNothing};
  if (received == 0) return Fail(ClosedError(fmt::format("{} closed the connection", peer_)));
  if (errno == EINTR) return SocketStep{};
  if (MustWait(errno)) return SocketStep{0, SocketWait::kReadable};
  return Fail(Failure("NET_CLOSED", errno));
}

Status Socket::Wait(SocketWait what, MonotonicTime deadline, StopSignal& stop) {
  if (what == SocketWait::kNothing) return {};
  const WakeOnStop wake_on_stop(stop, wake_);
  while (true) {
    FRAZIL_TRY(stop.Check());
    const Duration left = deadline - runtime_.Now();
    if (left <= Duration::zero()) {
      return Fail(ErrorKind::kUnavailable, "NET_TIMEOUT", fmt::format("{} gives no answer in time", peer_));
    }
    pollfd waited[] = {{descriptor_, static_cast<short>(what == SocketWait::kReadable ? POLLIN : POLLOUT), 0},
                       {wake_, POLLIN, 0}};
    const int ready = poll(waited, 2, PollMillis(left));
    FRAZIL_CHECK(ready >= 0 || errno == EINTR);
    if (ready > 0 && waited[1].revents == 0) return {};
  }
}

}  // namespace frazil
