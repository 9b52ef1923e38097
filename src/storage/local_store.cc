#include "storage/local_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace frazil {
namespace {

constexpr std::size_t kBufferBytes = 65'536;

tl::unexpected<Error> FailErrno(int number, std::string_view doing, const std::string& path) {
  const std::string detail =
      fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Fail(ErrorKind::kNotFound, "STORAGE_NOT_FOUND", detail);
    case EACCES:
    case EPERM:
    case EROFS:
      return Fail(ErrorKind::kDenied, "STORAGE_DENIED", detail,
                  "give the user that runs Frazil the right to do this");
    case ENOSPC:
    case EDQUOT:
      return Fail(ErrorKind::kUnavailable, "STORAGE_FULL", detail, "make room on the disk");
    case EEXIST:
      return Fail(ErrorKind::kConflict, "STORAGE_EXISTS", detail);
    default:
      return Fail(ErrorKind::kUnavailable, "STORAGE_FAILED", detail);
  }
}

// A file descriptor with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> OpenFile(const std::string& path, int flags, std::string_view doing) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return FailErrno(errno, doing, path);
  return Descriptor(number);
}

// "file:" or "file://" or "", as the location has it, and the absolute path after it.
struct LocalPath {
  std::string scheme;
  std::string path;
};

Result<LocalPath> ParseLocation(const std::string& location) {
  LocalPath result;
  if (location.starts_with("file:///")) {
    result.scheme = "file://";
  } else if (location.starts_with("file:/") && !location.starts_with("file://")) {
    result.scheme = "file:";
  }
  result.path = location.substr(result.scheme.size());
  if (!result.path.starts_with('/') || result.path.find('\0') != std::string::npos) {
    return Fail(ErrorKind::kInvalid, "STORAGE_LOCATION",
                fmt::format("'{}' is not the location of a local file", location),
                "write an absolute path, as file:///lake/table");
  }
  return result;
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool IsTemporary(const std::string& name) {
  return name.starts_with('.') && name.ends_with(".tmp");
}

Status RenameNew(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return FailErrno(errno, "create", to);
  // A file system that cannot rename without overwriting: a second name for the file does not overwrite
  // either.
  if (::link(from.c_str(), to.c_str()) != 0) return FailErrno(errno, "create", to);
  ::unlink(from.c_str());
  return {};
}

class LocalReader final : public ObjectReader {
 public:
  LocalReader(Descriptor file, std::string path, std::int64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  Status ReadAt(std::int64_t position, std::int64_t length, void* out) override {
    FRAZIL_CHECK(position >= 0 && length >= 0);
    auto* next = static_cast<char*>(out);
    while (length > 0) {
      const ssize_t count = ::pread(file_.number(), next, static_cast<std::size_t>(length), position);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return FailErrno(errno, "read", path_);
      if (count == 0) {
        return Fail(ErrorKind::kCorrupt, "STORAGE_SHORT",
                    fmt::format("{} ends at byte {}, {} more were expected", path_, position, length));
      }
      next += count;
      position += count;
      length -= count;
    }
    return {};
  }
  std::int64_t size() const override { return size_; }

 private:
  Descriptor file_;
  const std::string path_;
  const std::int64_t size_;
};

}  // namespace

class LocalWriter final : public ObjectWriter {
 public:
  LocalWriter(LocalStore& store, Descriptor file, std::string temporary, std::string path)
      : store_(store), file_(std::move(file)), temporary_(std::move(temporary)), path_(std::move(path)) {}
  ~LocalWriter() override {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  Status Append(std::string_view bytes) override {
    size_ += static_cast<std::int64_t>(bytes.size());
    if (buffer_.size() + bytes.size() > kBufferBytes) {
      FRAZIL_TRY(WriteOut(buffer_));
      buffer_.clear();
      if (bytes.size() > kBufferBytes) return WriteOut(bytes);
    }
    buffer_.append(bytes);
    return {};
  }

  Status Finish() override {
    FRAZIL_CHECK(!temporary_.empty(), "an object is finished once");
    FRAZIL_TRY(WriteOut(buffer_));
    if (::fsync(file_.number()) != 0) return FailErrno(errno, "write", path_);
    FRAZIL_TRY(RenameNew(temporary_, path_));
    temporary_.clear();
    if (auto synced = store_.SyncFolder(FolderOf(path_)); !synced) {
      ::unlink(path_.c_str());  // what is not durable must not be found either
      return synced;
    }
    return {};
  }

  std::int64_t size() const override { return size_; }

 private:
  // After a failure the file may hold a torn piece: every later call fails in the same way.
  Status WriteOut(std::string_view bytes) {
    while (failure_ && !bytes.empty()) {
      const ssize_t count = ::write(file_.number(), bytes.data(), bytes.size());
      if (count >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno != EINTR) {
        failure_ = FailErrno(errno, "write", path_);
      }
    }
    return failure_;
  }

  LocalStore& store_;
  Descriptor file_;
  std::string temporary_;  // empty once renamed
  const std::string path_;
  std::string buffer_;
  std::int64_t size_ = 0;
  Status failure_;
};

LocalStore::LocalStore(Runtime& runtime) : runtime_(runtime), monitor_(runtime.NewMonitor()) {}

Result<std::unique_ptr<ObjectWriter>> LocalStore::Create(const std::string& location) {
  FRAZIL_ASSIGN(const LocalPath local, ParseLocation(location));
  const std::string folder = FolderOf(local.path);
  FRAZIL_TRY(MakeFolders(folder));
  const std::string temporary = fmt::format("{}/.{}.{}.tmp", folder == "/" ? "" : folder, NameOf(local.path),
                                            runtime_.NewUuid().ToString());
  FRAZIL_ASSIGN(auto file, OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, "create"));
  return std::make_unique<LocalWriter>(*this, std::move(file), temporary, local.path);
}

Result<std::unique_ptr<ObjectReader>> LocalStore::Open(const std::string& location) {
  FRAZIL_ASSIGN(LocalPath local, ParseLocation(location));
  FRAZIL_ASSIGN(auto file, OpenFile(local.path, O_RDONLY, "open"));
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) return FailErrno(errno, "open", local.path);
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorKind::kNotFound, "STORAGE_NOT_FOUND", fmt::format("{} is not a file", local.path));
  }
  return std::make_unique<LocalReader>(std::move(file), std::move(local.path), status.st_size);
}

Status LocalStore::Delete(const std::string& location) {
  FRAZIL_ASSIGN(const LocalPath local, ParseLocation(location));
  if (::unlink(local.path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
  return FailErrno(errno, "delete", local.path);
}

Result<std::vector<std::string>> LocalStore::List(const std::string& prefix) {
  namespace fs = std::filesystem;
  FRAZIL_ASSIGN(const LocalPath local, ParseLocation(prefix));
  const std::string folder = FolderOf(local.path);
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return found;
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().string();
    std::error_code gone;  // deleted while we look: not there
    if (path.starts_with(local.path) && !IsTemporary(NameOf(path)) && entry->is_regular_file(gone)) {
      found.push_back(local.scheme + path);
    }
  }
  if (error) return FailErrno(error.value(), "list", folder);
  std::sort(found.begin(), found.end());
  return found;
}

Status LocalStore::MakeFolders(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0) {
    if (errno == EEXIST) return {};
    if (errno != ENOENT || folder == "/") return FailErrno(errno, "create folder", folder);
    FRAZIL_TRY(MakeFolders(FolderOf(folder)));
    if (::mkdir(folder.c_str(), 0777) != 0) {
      if (errno == EEXIST) return {};
      return FailErrno(errno, "create folder", folder);
    }
  }
  const MonitorLock lock(*monitor_);
  durable_folders_.erase(folder);  // it may have been there before, and been removed
  return {};
}

// Not only the folders that this store made: one that another process has just made may not be durable yet.
// So each folder's name is made durable once, up to the root.
Status LocalStore::SyncFolder(const std::string& folder) {
  std::vector<std::string> synced;
  for (std::string current = folder;; current = FolderOf(current)) {
    auto file = OpenFile(current, O_RDONLY | O_DIRECTORY, "open folder");
    if (!file && current != folder && file.error().kind == ErrorKind::kDenied)
      break;  // not ours, made long ago
    if (!file) return tl::unexpected<Error>(file.error());
    // EINVAL and EROFS: a file system on which a folder cannot be synced, or need not be.
    if (::fsync(file->number()) != 0 && errno != EINVAL && errno != EROFS) {
      return FailErrno(errno, "write folder", current);
    }
    const MonitorLock lock(*monitor_);
    if (current == "/" || durable_folders_.contains(current)) break;
    synced.push_back(current);
  }
  const MonitorLock lock(*monitor_);
  durable_folders_.insert(synced.begin(), synced.end());
  return {};
}

}  // namespace frazil
