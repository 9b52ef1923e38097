#include "parquet/encoding_choice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "parquet/rle_encoding.h"

namespace frazil::encoder {
namespace {

// Fewer tell nothing about whether a dictionary pays.
constexpr std::size_t kLeastSample = 64;
constexpr double kMostDistinct = 0.95;
// How much smaller than PLAIN another encoding must be.
constexpr double kWorthIt = 0.9;

Result<double> CompressedSize(std::string_view bytes, CompressionCodec codec, int level,
                              PageCompressor& compressor) {
  if (codec == CompressionCodec::kUncompressed) return static_cast<double>(bytes.size());
  FRAZIL_ASSIGN(const std::string_view compressed, compressor.Compress(codec, level, bytes));
  return static_cast<double>(std::min(bytes.size(), compressed.size()));
}

// More values come than the sample has, so that indices grow by some bits where it hardly repeats itself.
int ExpectedWidth(std::size_t distinct, std::size_t values) {
  const int width = BitWidth(static_cast<std::uint32_t>(distinct - 1));
  if (distinct * 10 > values * 9) return width + 3;
  return 2 * distinct > values ? width + 1 : width;
}

}  // namespace

bool TooDistinct(std::size_t distinct, std::size_t values) {
  return values >= kLeastSample &&
         static_cast<double>(distinct) >= kMostDistinct * static_cast<double>(values);
}

Result<Encoding> ChooseEncoding(const Leaf& leaf, const LeafValues& values, CompressionCodec codec, int level,
                                PageCompressor& compressor, Dictionary& dictionary) {
  const PhysicalType physical = leaf.storage.physical;
  if (physical == PhysicalType::kBoolean) return Encoding::kPlain;
  const std::size_t count = std::min(values.count, kSampleValues);
  std::vector<std::uint32_t> indices;
  const bool repeats =
      dictionary.Add(values.First(count), indices) == count && !TooDistinct(dictionary.size(), count);
  if (values.is_bytes()) return repeats ? Encoding::kRleDictionary : Encoding::kPlain;

  const std::string_view plain(values.fixed, count * values.width);
  std::string bytes;
  FRAZIL_ASSIGN(double least, CompressedSize(plain, codec, level, compressor));
  least *= kWorthIt;
  Encoding best = Encoding::kPlain;
  if (physical == PhysicalType::kInt32 || physical == PhysicalType::kInt64) {
    physical == PhysicalType::kInt32 ? AppendDelta<std::int32_t>(plain.data(), count, bytes)
                                     : AppendDelta<std::int64_t>(plain.data(), count, bytes);
    FRAZIL_ASSIGN(const double size, CompressedSize(bytes, codec, level, compressor));
    if (size < least) {
      least = size;
      best = Encoding::kDeltaBinaryPacked;
    }
  }
  if (repeats) {
    const int width = BitWidth(static_cast<std::uint32_t>(dictionary.size() - 1));
    bytes.clear();
    AppendHybrid(indices, width, bytes);
    FRAZIL_ASSIGN(double size, CompressedSize(bytes, codec, level, compressor));
    size *= static_cast<double>(ExpectedWidth(dictionary.size(), count)) / width;
    if (size < least) best = Encoding::kRleDictionary;
  }
  return best;
}

}  // namespace frazil::encoder
