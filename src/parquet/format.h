// Numbers of the Parquet format (parquet-format's parquet.thrift) that the encoder writes. For this folder's
// sources only.
#pragma once

#include <cstdint>

namespace frazil::encoder {

enum class PhysicalType : std::int32_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
  kFixedLenByteArray = 7,
};

enum class Encoding : std::int32_t { kPlain = 0, kRle = 3, kDeltaBinaryPacked = 5, kRleDictionary = 8 };

enum class CompressionCodec : std::int32_t {
  kUncompressed = 0,
  kSnappy = 1,
  kGzip = 2,
  kZstd = 6,
  kLz4Raw = 7
};

enum class PageType : std::int32_t { kData = 0, kDictionary = 2 };

enum class Repetition : std::int32_t { kRequired = 0, kOptional = 1, kRepeated = 2 };

enum class BoundaryOrder : std::int32_t { kUnordered = 0, kAscending = 1, kDescending = 2 };

}  // namespace frazil::encoder
