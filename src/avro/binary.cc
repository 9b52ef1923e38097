#include "avro/binary.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

namespace frazil {

static_assert(std::endian::native == std::endian::little,
              "floating point numbers are copied as they lie in memory");

void AvroEncoder::WriteLong(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  while (zigzag >= 0x80) {
    out_.push_back(static_cast<char>(zigzag | 0x80));
    zigzag >>= 7;
  }
  out_.push_back(static_cast<char>(zigzag));
}

void AvroEncoder::WriteFloat(float value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out_.append(raw, sizeof raw);
}

void AvroEncoder::WriteDouble(double value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out_.append(raw, sizeof raw);
}

void AvroEncoder::WriteBytes(std::string_view bytes) {
  WriteLong(static_cast<std::int64_t>(bytes.size()));
  out_.append(bytes);
}

tl::unexpected<Error> AvroDecoder::Corrupt(std::string_view what) const {
  return Fail(ErrorKind::kCorrupt, "AVRO_CORRUPT", fmt::format("{} at byte {}", what, position_));
}

Result<bool> AvroDecoder::ReadBoolean() {
  if (remaining() < 1) return Corrupt("a boolean is cut off");
  const char byte = bytes_[position_];
  if (byte != 0 && byte != 1) return Corrupt("a boolean is neither 0 nor 1");
  ++position_;
  return byte == 1;
}

Result<std::int64_t> AvroDecoder::ReadLong() {
  std::uint64_t zigzag = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (remaining() < 1) return Corrupt("a number is cut off");
    const auto byte = static_cast<std::uint8_t>(bytes_[position_++]);
    if (shift == 63 && byte > 1) return Corrupt("a number does not fit 64 bits");
    zigzag |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
  }
  return Corrupt("a number does not end");
}

Result<std::int32_t> AvroDecoder::ReadInt() {
  FRAZIL_ASSIGN(const std::int64_t value, ReadLong());
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()) {
    return Corrupt("an int does not fit 32 bits");
  }
  return static_cast<std::int32_t>(value);
}

Result<float> AvroDecoder::ReadFloat() {
  FRAZIL_ASSIGN(const std::string_view raw, ReadFixed(sizeof(float)));
  float value = 0;
  std::memcpy(&value, raw.data(), sizeof value);
  return value;
}

Result<double> AvroDecoder::ReadDouble() {
  FRAZIL_ASSIGN(const std::string_view raw, ReadFixed(sizeof(double)));
  double value = 0;
  std::memcpy(&value, raw.data(), sizeof value);
  return value;
}

Result<std::string_view> AvroDecoder::ReadBytes() {
  FRAZIL_ASSIGN(const std::int64_t size, ReadLong());
  return ReadFixed(size);
}

Result<std::string_view> AvroDecoder::ReadFixed(std::int64_t size) {
  if (size < 0 || static_cast<std::uint64_t>(size) > remaining())
    return Corrupt("a value is longer than what is left");
  const std::string_view view = bytes_.substr(position_, static_cast<std::size_t>(size));
  position_ += view.size();
  return view;
}

Result<std::int64_t> AvroDecoder::ReadBlockCount() {
  FRAZIL_ASSIGN(std::int64_t count, ReadLong());
  if (count < 0) {  // a negative count is followed by the block's size, for those who skip it
    if (count == std::numeric_limits<std::int64_t>::min()) return Corrupt("a block has an impossible count");
    count = -count;
    FRAZIL_ASSIGN(const std::int64_t size, ReadLong());
    if (size < 0 || static_cast<std::uint64_t>(size) > remaining())
      return Corrupt("a block is longer than what is left");
  }
  if (static_cast<std::uint64_t>(count) > remaining() + free_values_left_) {
    return Corrupt("a block counts more items than there can be");
  }
  return count;
}

Status AvroDecoder::CountFreeValue() {
  if (free_values_left_ == 0) return Corrupt("too many values that take no bytes");
  --free_values_left_;
  return {};
}

}  // namespace frazil
