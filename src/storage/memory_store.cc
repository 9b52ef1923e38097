#include "storage/memory_store.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace frazil {

class MemoryWriter final : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string location) : store_(store), location_(std::move(location)) {}

  Status Append(std::string_view bytes) override {
    bytes_.append(bytes);
    return {};
  }
  Status Finish() override {
    auto object = std::make_shared<const std::string>(bytes_);
    const MonitorLock lock(*store_.monitor_);
    if (!store_.objects_.emplace(location_, std::move(object)).second) {
      return Fail(ErrorKind::kConflict, "STORAGE_EXISTS", fmt::format("{} is there already", location_));
    }
    return {};
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }

 private:
  MemoryStore& store_;
  const std::string location_;
  std::string bytes_;
};

namespace {

class MemoryReader final : public ObjectReader {
 public:
  MemoryReader(std::string location, std::shared_ptr<const std::string> object)
      : location_(std::move(location)), object_(std::move(object)) {}

  Status ReadAt(std::int64_t position, std::int64_t length, void* out) override {
    FRAZIL_CHECK(position >= 0 && length >= 0);
    if (position > size() || length > size() - position) {
      return Fail(ErrorKind::kCorrupt, "STORAGE_SHORT",
                  fmt::format("{} has {} bytes, not {} from {}", location_, size(), length, position));
    }
    if (length > 0) std::memcpy(out, object_->data() + position, static_cast<std::size_t>(length));
    return {};
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(object_->size()); }

 private:
  const std::string location_;
  const std::shared_ptr<const std::string> object_;
};

}  // namespace

Result<std::unique_ptr<ObjectWriter>> MemoryStore::Create(const std::string& location) {
  return std::make_unique<MemoryWriter>(*this, location);
}

Result<std::unique_ptr<ObjectReader>> MemoryStore::Open(const std::string& location) {
  const MonitorLock lock(*monitor_);
  const auto found = objects_.find(location);
  if (found == objects_.end()) {
    return Fail(ErrorKind::kNotFound, "STORAGE_NOT_FOUND", fmt::format("there is no {}", location));
  }
  return std::make_unique<MemoryReader>(location, found->second);
}

Status MemoryStore::Delete(const std::string& location) {
  const MonitorLock lock(*monitor_);
  objects_.erase(location);
  return {};
}

Result<std::vector<std::string>> MemoryStore::List(const std::string& prefix) {
  const MonitorLock lock(*monitor_);
  std::vector<std::string> found;
  for (auto object = objects_.lower_bound(prefix);
       object != objects_.end() && object->first.starts_with(prefix); ++object) {
    found.push_back(object->first);
  }
  return found;
}

}  // namespace frazil
