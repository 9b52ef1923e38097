// Which encoding suits a column. For this folder's sources only.
#pragma once

#include "parquet/dictionary.h"
#include "parquet/leaf_values.h"
#include "parquet/page_compressor.h"

namespace frazil::encoder {

// Values that are looked at, at most.
inline constexpr std::size_t kSampleValues = 2048;

// Where so many of the values differ, a dictionary costs more than it saves.
bool TooDistinct(std::size_t distinct, std::size_t values);

// The encoding that makes the first values smallest, compressed as `codec` says. The dictionary is empty
// before; it holds the sample afterwards. REQUIRES: there is a value.
Result<Encoding> ChooseEncoding(const Leaf& leaf, const LeafValues& values, CompressionCodec codec, int level,
                                PageCompressor& compressor, Dictionary& dictionary);

}  // namespace frazil::encoder
