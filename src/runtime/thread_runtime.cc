#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "runtime/runtime.h"

namespace frazil {
namespace {

class ThreadMonitor final : public Monitor {
 public:
  void Lock() override { mutex_.lock(); }
  void Unlock() override { mutex_.unlock(); }
  void WaitUntil(MonotonicTime deadline) override {
    std::unique_lock lock(mutex_, std::adopt_lock);
    if (deadline == kForever) {
      condition_.wait(lock);
    } else {
      condition_.wait_until(lock, deadline);
    }
    lock.release();
  }
  void NotifyAll() override { condition_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
};

class ThreadTask final : public Task {
 public:
  ThreadTask(const std::string& name, std::function<void()> body) : thread_(std::move(body)) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  }
  ~ThreadTask() override { Join(); }
  void Join() override {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

class Threads final : public Runtime {
 public:
  std::unique_ptr<Monitor> NewMonitor() override { return std::make_unique<ThreadMonitor>(); }
  std::unique_ptr<Task> Spawn(std::string name, std::function<void()> body) override {
    return std::make_unique<ThreadTask>(name, std::move(body));
  }
  MonotonicTime Now() override { return std::chrono::steady_clock::now(); }
  std::int64_t UnixMillis() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::uint64_t Random() override {
    const std::lock_guard lock(random_mutex_);
    const std::uint64_t high = device_();
    return (high << 32) | device_();
  }

 private:
  std::mutex random_mutex_;
  std::random_device device_;
};

}  // namespace

Runtime& ThreadRuntime() {
  // Never destroyed: library threads may outlive main's statics.
  static Threads* runtime = new Threads;
  return *runtime;
}

}  // namespace frazil
