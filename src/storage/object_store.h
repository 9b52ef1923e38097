// The object store seam: whole objects under absolute locations ("file:/lake/t/data/x.parquet").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace frazil {

// One object being written. Nothing can be read under its location before Finish succeeds; an object that is
// not finished leaves nothing behind under that location.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;  // abandons what is not finished

  virtual Status Append(std::string_view bytes) = 0;
  // Success proves that the object and its name are durable: they survive a power cut.
  virtual Status Finish() = 0;
  // Bytes appended so far.
  virtual std::int64_t size() const = 0;
};

// Random reads of one object, which is immutable.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  // Exactly `length` bytes from `position`; kCorrupt when the object is shorter.
  virtual Status ReadAt(std::int64_t position, std::int64_t length, void* out) = 0;
  virtual std::int64_t size() const = 0;
};

// Any thread may call. Failures: kNotFound for a missing object; kUnavailable for what may pass (disk full,
// network); kDenied for missing rights.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Objects are never overwritten by Frazil: every name holds a UUID.
  virtual Result<std::unique_ptr<ObjectWriter>> Create(const std::string& location) = 0;
  virtual Result<std::unique_ptr<ObjectReader>> Open(const std::string& location) = 0;
  // Deleting what is not there succeeds.
  virtual Status Delete(const std::string& location) = 0;
  // Locations of all objects whose location starts with `prefix`, sorted.
  virtual Result<std::vector<std::string>> List(const std::string& prefix) = 0;

  // Whole objects, in terms of the above.
  Status Put(const std::string& location, std::string_view bytes);
  Result<std::string> Get(const std::string& location);
};

}  // namespace frazil
