// Writes record batches, sound ones and ones that lie. Shares nothing with the reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/inflate.h"

namespace frazil {

struct TestRecord {
  std::int32_t offset_delta = 0;
  std::int64_t timestamp_delta = 0;
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

struct TestBatch {
  std::int64_t base_offset = 0;
  Codec codec = Codec::kNone;
  std::int16_t attributes =
      0;  // beside the codec: 8 append time, 16 transactional, 32 control, 64 delete horizon
  std::optional<std::int32_t> last_offset_delta = {};  // else that of the last record
  std::int64_t base_timestamp = 1000;
  std::int64_t max_timestamp = 2000;
  std::int64_t producer_id = -1;
  std::vector<TestRecord> records = {};
  std::optional<std::int32_t> records_count = {};  // else the true one
  std::optional<std::string> records_bytes = {};   // in place of the records, before compression
  std::optional<std::string> payload = {};         // in place of the records, after compression
};

// The batch's bytes. Without padding behind them.
std::string Encode(const TestBatch& batch);
// A batch of one marker, as a broker writes it: `type` 0 aborts, 1 commits.
TestBatch Marker(std::int64_t offset, std::int64_t producer_id, std::int16_t type);

std::string EncodeRecord(const TestRecord& record);
void AppendVarint(std::string& out, std::int64_t value);
void AppendUnsignedVarint(std::string& out, std::uint64_t value);
void AppendBigEndian(std::string& out, std::uint64_t value, int bytes);

// Makes length and checksum right after the bytes of a batch were changed.
void Reseal(std::string& batch);

std::string Compress(Codec codec, std::string_view bytes);
std::string CompressXerial(std::string_view bytes, std::size_t block);
std::string CompressLz4(std::string_view bytes, bool linked_blocks, bool declares_size,
                        int block_size_id = 4);
std::string CompressZstd(std::string_view bytes, bool declares_size, int level = 3);

}  // namespace frazil
