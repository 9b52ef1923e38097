// Avro's binary encoding of single values (specification 1.11, "Binary Encoding").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace frazil {

// Appends encoded values to a buffer of its own.
class AvroEncoder {
 public:
  void WriteBoolean(bool value) { out_.push_back(value ? '\1' : '\0'); }
  void WriteLong(std::int64_t value);  // ints are encoded alike
  void WriteFloat(float value);
  void WriteDouble(double value);
  void WriteBytes(std::string_view bytes);  // bytes and strings: length, then the bytes
  void WriteFixed(std::string_view bytes) { out_.append(bytes); }

  const std::string& bytes() const { return out_; }
  void Clear() { out_.clear(); }
  std::string Take() && { return std::move(out_); }

 private:
  std::string out_;
};

// Takes encoded values from bytes that it does not own. Every failure is kCorrupt (AVRO_CORRUPT) with the
// position. No length or count is believed before it is compared with what is left.
class AvroDecoder {
 public:
  explicit AvroDecoder(std::string_view bytes) : bytes_(bytes), free_values_left_(bytes.size() + 1024) {}

  Result<bool> ReadBoolean();
  Result<std::int32_t> ReadInt();
  Result<std::int64_t> ReadLong();
  Result<float> ReadFloat();
  Result<double> ReadDouble();
  // The view is into the bytes that are decoded.
  Result<std::string_view> ReadBytes();
  Result<std::string_view> ReadFixed(std::int64_t size);
  // Items in the next block of an array or map; 0 at the end. At most as many as bytes are left, plus the
  // allowance for values that take no bytes.
  Result<std::int64_t> ReadBlockCount();
  // Counts a value that takes no bytes: few bytes could stand for any number of them.
  Status CountFreeValue();

  std::size_t remaining() const { return bytes_.size() - position_; }
  std::size_t position() const { return position_; }
  tl::unexpected<Error> Corrupt(std::string_view what) const;

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
  std::size_t free_values_left_;
};

}  // namespace frazil
