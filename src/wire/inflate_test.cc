#include "wire/inflate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "wire/record_batch_testing.h"

namespace frazil {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

std::string Noise(std::size_t size, std::uint64_t seed, int letters = 16) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  std::ranges::generate(text,
                        [&] { return static_cast<char>('a' + random() % static_cast<unsigned>(letters)); });
  return text;
}

struct Form {
  const char* name;
  Codec codec;
  std::string bytes;
};

// What different producers make of the same bytes.
std::vector<Form> FormsOf(std::string_view plain) {
  const std::string half(plain.substr(0, plain.size() / 2));
  const std::string rest(plain.substr(plain.size() / 2));
  return {{"gzip", Codec::kGzip, Compress(Codec::kGzip, plain)},
          {"gzip, two members", Codec::kGzip, Compress(Codec::kGzip, half) + Compress(Codec::kGzip, rest)},
          {"snappy, raw", Codec::kSnappy, Compress(Codec::kSnappy, plain)},
          {"snappy, blocks", Codec::kSnappy, CompressXerial(plain, 32 << 10)},
          {"lz4, independent blocks", Codec::kLz4, CompressLz4(plain, false, false)},
          {"lz4, linked blocks", Codec::kLz4, CompressLz4(plain, true, false)},
          {"lz4, linked blocks of 4 MiB, with size", Codec::kLz4, CompressLz4(plain, true, true, 7)},
          {"lz4, two frames", Codec::kLz4, CompressLz4(half, false, true) + CompressLz4(rest, true, false)},
          {"zstd, with size", Codec::kZstd, CompressZstd(plain, true)},
          {"zstd, without size", Codec::kZstd, CompressZstd(plain, false)},
          {"zstd, level 19 without size", Codec::kZstd, CompressZstd(plain, false, 19)},
          {"zstd, two frames", Codec::kZstd, CompressZstd(half, true) + CompressZstd(rest, false)}};
}

TEST(InflateTest, EveryFormGivesTheBytesBackWhateverTheirSize) {
  Inflater inflater;
  for (const std::size_t size : {1UL, 100UL, 65'536UL, 400'000UL}) {
    for (const int letters : {1, 16}) {
      const std::string plain = Noise(size, size, letters);
      for (const Form& form : FormsOf(plain)) {
        std::string_view inflated;
        ASSERT_EQ(inflater.Inflate(form.codec, form.bytes, size, inflated), InflateOutcome::kDone)
            << form.name << ", " << size << " bytes of " << letters;
        EXPECT_EQ(inflated, plain) << form.name;
        EXPECT_GE(InflatedBound(form.codec, form.bytes), size) << form.name;
        inflater.Clear();
      }
    }
  }
}

TEST(InflateTest, OneByteAboveTheLimitIsTooLarge) {
  Inflater inflater;
  const std::string plain = Noise(200'000, 1);
  for (const Form& form : FormsOf(plain)) {
    std::string_view inflated;
    EXPECT_EQ(inflater.Inflate(form.codec, form.bytes, plain.size() - 1, inflated), InflateOutcome::kTooLarge)
        << form.name;
  }
}

TEST(InflateTest, WhatWasInflatedStaysInPlaceAndTheSteadyStateTakesNoMoreMemory) {
  std::vector<std::pair<std::string, Form>> written;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string plain = Noise(1000 + 20'000 * i, i);
    const auto codec = static_cast<Codec>(1 + i % 4);
    written.emplace_back(plain, Form{"", codec, Compress(codec, plain)});
  }
  Inflater inflater;
  std::size_t capacity = 0;
  for (int round = 0; round < 3; ++round) {
    inflater.Clear();
    std::vector<std::string_view> inflated(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      const Form& form = written[i].second;
      ASSERT_EQ(inflater.Inflate(form.codec, form.bytes, kNoLimit, inflated[i]), InflateOutcome::kDone);
    }
    for (std::size_t i = 0; i < written.size(); ++i) EXPECT_EQ(inflated[i], written[i].first);
    if (round == 1) capacity = inflater.capacity();
  }
  EXPECT_EQ(inflater.capacity(), capacity);
}

TEST(InflateTest, BytesCutOffAnywhereOrFollowedByMoreAreCorrupt) {
  Inflater inflater;
  const std::string plain = Noise(700, 3);
  for (const Form& form : FormsOf(plain)) {
    std::string_view inflated;
    for (std::size_t size = 0; size < form.bytes.size(); ++size) {
      const auto outcome =
          inflater.Inflate(form.codec, std::string_view(form.bytes).substr(0, size), kNoLimit, inflated);
      // Where a whole frame or member ends, what is left is a sound beginning.
      const bool whole = outcome == InflateOutcome::kDone && inflated.size() < plain.size();
      EXPECT_TRUE(whole || outcome == InflateOutcome::kCorrupt) << form.name << " cut to " << size;
    }
    EXPECT_EQ(inflater.Inflate(form.codec, form.bytes + "more", kNoLimit, inflated), InflateOutcome::kCorrupt)
        << form.name;
    EXPECT_EQ(inflater.Inflate(form.codec, form.bytes, kNoLimit, inflated), InflateOutcome::kDone)
        << "the context is spoilt";
    EXPECT_EQ(inflated, plain);
  }
}

TEST(InflateTest, ChangedBytesNeverGiveMoreThanTheLimit) {
  Inflater inflater;
  std::mt19937_64 random(20260105);
  for (const Form& form : FormsOf(Noise(5000, 4))) {
    for (int i = 0; i < 400; ++i) {
      std::string bytes = form.bytes;
      for (std::uint64_t n = random() % 4; n < 4; ++n)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      std::string_view inflated;
      inflater.Inflate(form.codec, bytes, 6000, inflated);
      EXPECT_LE(inflated.size(), 6000U);
      inflater.Clear();
    }
  }
}

// 16 MiB of zeros in each codec's shortest form, against a limit of 1 MiB.
TEST(InflateTest, ABombIsTooLargeAndTakesNoMemoryBeyondTheLimit) {
  const std::string zeros(std::size_t{16} << 20, '\0');
  for (const Form& form : FormsOf(zeros)) {
    Inflater inflater;
    std::string_view inflated;
    EXPECT_EQ(inflater.Inflate(form.codec, form.bytes, 1 << 20, inflated), InflateOutcome::kTooLarge)
        << form.name;
    EXPECT_LE(inflater.capacity(), 3U << 20) << form.name;
  }
}

std::string ZstdFrame(std::uint64_t declared, std::string_view blocks) {
  std::string frame("\x28\xb5\x2f\xfd\xe0", 5);  // single segment, size in eight bytes
  for (int i = 0; i < 8; ++i) frame += static_cast<char>(declared >> (8 * i));
  return frame.append(blocks);
}

TEST(InflateTest, ASizeThatIsClaimedIsNotBelieved) {
  std::string snappy;
  AppendUnsignedVarint(snappy, 900'000'000);
  snappy += "\x01xy";
  const std::string zstd = ZstdFrame(std::uint64_t{1} << 40, std::string("\x19\0\0abc", 6));
  for (const Form& form :
       {Form{"snappy", Codec::kSnappy, snappy}, Form{"zstd", Codec::kZstd, zstd},
        Form{"zstd", Codec::kZstd, ZstdFrame(900'000'000, std::string("\x19\0\0abc", 6))}}) {
    Inflater inflater;
    std::string_view inflated;
    EXPECT_EQ(inflater.Inflate(form.codec, form.bytes, kNoLimit, inflated), InflateOutcome::kCorrupt)
        << form.name;
    EXPECT_LE(inflater.capacity(), 1U << 20) << form.name;
  }
}

// Blocks of four bytes that stand for 128 KiB each: the bound of a few KiB is hundreds of MiB, and what comes
// out is believed step by step.
TEST(InflateTest, AnExpansionBeyondAllReasonIsBelievedOnlyAsFarAsItComes) {
  std::string frame("\x28\xb5\x2f\xfd\0\x88", 6);  // window of 128 MiB
  const std::string block("\x02\0\x10", 3);        // repeats one byte 131072 times
  for (int i = 0; i < 500; ++i) frame += block + "z";
  frame += block[0] | 1;
  frame += std::string("\0\x10z", 3);
  EXPECT_EQ(InflatedBound(Codec::kZstd, frame), 501U * 131072);
  Inflater inflater;
  std::string_view inflated;
  ASSERT_EQ(inflater.Inflate(Codec::kZstd, frame, kNoLimit, inflated), InflateOutcome::kDone);
  EXPECT_EQ(inflated, std::string(501 * 131072, 'z'));

  frame.resize(frame.size() - 4);
  Inflater other;
  EXPECT_EQ(other.Inflate(Codec::kZstd, frame, kNoLimit, inflated), InflateOutcome::kCorrupt);
}

}  // namespace
}  // namespace frazil
