#include "parquet/dictionary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace frazil::encoder {
namespace {

constexpr std::size_t kFirstSlots = 64;
// Longer searches end the dictionary: only values that were made to collide need them.
constexpr std::size_t kMostProbes = 128;

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;

// What is called for each value is inlined, which the compiler would not do by itself.
#define FRAZIL_INLINE [[gnu::always_inline]] inline

FRAZIL_INLINE std::uint64_t Load64(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

FRAZIL_INLINE std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a ^ kMultiplier) * (b ^ 0xD6E8FEB86659FD93U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

FRAZIL_INLINE std::uint32_t Fold(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash ^ hash >> 32U);
}

// The lowest `bytes` bytes of a word.
constexpr std::array<std::uint64_t, 9> kMasks = {0,
                                                 0xFF,
                                                 0xFFFF,
                                                 0xFF'FFFF,
                                                 0xFFFF'FFFF,
                                                 0xFF'FFFF'FFFF,
                                                 0xFFFF'FFFF'FFFF,
                                                 0xFF'FFFF'FFFF'FFFF,
                                                 ~std::uint64_t{0}};

// How the table sees values: numbers of four or eight bytes, or byte arrays. `Value` is what is loaded of
// one.
template <typename T>
struct NumberKey {
  using Value = T;
  const char* values;

  FRAZIL_INLINE static T At(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }
  FRAZIL_INLINE T Load(std::size_t i) const { return At(values + i * sizeof(T)); }
  FRAZIL_INLINE std::uint32_t Hash(T value) const { return Fold(Mix(value, 0)); }
  FRAZIL_INLINE bool Same(T value, const DictionaryEntries& entries, std::uint32_t index) const {
    return value == At(entries.plain.data() + index * sizeof(T));
  }
  std::size_t size(T) const { return sizeof(T); }
  void Append(T value, DictionaryEntries& entries) const {
    entries.plain.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
};

// Sixteen bytes or fewer are two words, which are compared with those of the entry: most text is no longer.
// Of longer ones the words are the first and the last bytes.
struct BytesValue {
  std::string_view bytes;
  std::uint64_t low;
  std::uint64_t high;
};

struct BytesKey {
  using Value = BytesValue;
  const LeafValues& values;
  std::size_t prefix;  // bytes of the length in front of an entry

  FRAZIL_INLINE BytesValue Load(std::size_t i) const {
    const std::string_view bytes = values.views[i];
    const char* data = bytes.data();
    if (bytes.size() > 16) return {bytes, Load64(data), Load64(data + bytes.size() - 8)};
    const std::size_t low = bytes.size() < 8 ? bytes.size() : 8;
    // Bytes of the next values may be read, but none behind them all.
    if (values.readable_end - data >= 16) {
      return {bytes, Load64(data) & kMasks[low], Load64(data + 8) & kMasks[bytes.size() - low]};
    }
    std::uint64_t words[2] = {0, 0};
    if (!bytes.empty()) std::memcpy(words, data, bytes.size());
    return {bytes, words[0], words[1]};
  }
  FRAZIL_INLINE std::uint32_t Hash(const BytesValue& value) const {
    std::uint64_t hash = Mix(value.low ^ value.bytes.size(), value.high);
    if (value.bytes.size() > 16) hash = HashMiddle(value.bytes, hash);
    return Fold(hash);
  }
  static std::uint64_t HashMiddle(std::string_view bytes, std::uint64_t hash) {
    for (std::size_t i = 8; i + 8 < bytes.size(); i += 8) hash = Mix(hash, Load64(bytes.data() + i));
    return hash;
  }
  FRAZIL_INLINE bool Same(const BytesValue& value, const DictionaryEntries& entries,
                          std::uint32_t index) const {
    const DictionaryEntries::Words& words = entries.words[index];
    if (words.low != value.low || words.high != value.high || words.size != value.bytes.size()) return false;
    return value.bytes.size() <= 16 ||
           std::memcmp(entries.plain.data() + words.start, value.bytes.data(), value.bytes.size()) == 0;
  }
  std::size_t size(const BytesValue& value) const { return prefix + value.bytes.size(); }
  void Append(const BytesValue& value, DictionaryEntries& entries) const {
    const auto length = static_cast<std::uint32_t>(value.bytes.size());
    entries.plain.append(reinterpret_cast<const char*>(&length), prefix);
    entries.words.push_back(
        {value.low, value.high, length, static_cast<std::uint32_t>(entries.plain.size())});
    entries.plain.append(value.bytes);
  }
};

std::size_t PrefixOf(PhysicalType physical) {
  return physical == PhysicalType::kByteArray ? sizeof(std::uint32_t) : 0;
}

}  // namespace

Dictionary::Dictionary(PhysicalType physical, std::int64_t max_bytes)
    : max_bytes_(static_cast<std::size_t>(max_bytes)), prefix_(PrefixOf(physical)) {}

std::size_t Dictionary::Add(const LeafValues& values, std::vector<std::uint32_t>& indices) {
  if (slots_.empty()) slots_.resize(kFirstSlots);
  if (!values.is_bytes()) {
    return values.width == 4 ? AddKeys(values.count, NumberKey<std::uint32_t>{values.fixed}, indices)
                             : AddKeys(values.count, NumberKey<std::uint64_t>{values.fixed}, indices);
  }
  return AddKeys(values.count, BytesKey{values, prefix_}, indices);
}

template <typename Key>
std::size_t Dictionary::AddKeys(std::size_t count, const Key& key, std::vector<std::uint32_t>& indices) {
  const std::size_t start = indices.size();
  indices.resize(start + count);
  std::uint32_t* out = indices.data() + start;
  std::size_t i = 0;
  for (; i < count; ++i) {
    const auto value = key.Load(i);
    const std::uint32_t tag = key.Hash(value);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = tag & mask;
    std::size_t probes = 0;
    while (slots_[at].number != 0 &&
           (slots_[at].tag != tag || !key.Same(value, entries_, slots_[at].number - 1))) {
      at = (at + 1) & mask;
      if (++probes == kMostProbes) break;
    }
    if (probes == kMostProbes) break;
    if (slots_[at].number != 0) {
      out[i] = slots_[at].number - 1;
      continue;
    }
    if (entries_.plain.size() + key.size(value) > max_bytes_) break;
    out[i] = static_cast<std::uint32_t>(size_);
    key.Append(value, entries_);
    slots_[at] = {tag, static_cast<std::uint32_t>(++size_)};
    if (2 * size_ > slots_.size()) Grow();
  }
  indices.resize(start + i);
  return i;
}

void Dictionary::Grow() {
  std::vector<Slot> old(slots_.size() * 4);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.number == 0) continue;
    std::size_t at = slot.tag & mask;
    while (slots_[at].number != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::string_view Dictionary::value(std::uint32_t index) const {
  const std::string_view plain = entries_.plain;
  if (entries_.words.empty()) {
    const std::size_t width = plain.size() / size_;
    return plain.substr(index * width, width);
  }
  return plain.substr(entries_.words[index].start, entries_.words[index].size);
}

std::string_view Dictionary::entry(std::uint32_t index) const {
  const std::string_view bytes = value(index);
  return {bytes.data() - prefix_, bytes.size() + prefix_};
}

// Only so many slots stay as were in use, since each of them is cleared here.
void Dictionary::Clear() {
  if (!slots_.empty()) slots_.assign(std::max(kFirstSlots, std::bit_ceil(2 * size_)), Slot{});
  size_ = 0;
  entries_.plain.clear();
  entries_.words.clear();
}

void Dictionary::Release() {
  size_ = 0;
  entries_ = DictionaryEntries();
  slots_ = std::vector<Slot>();
}

std::int64_t Dictionary::byte_size() const {
  return static_cast<std::int64_t>(entries_.plain.capacity() + slots_.capacity() * sizeof(Slot) +
                                   entries_.words.capacity() * sizeof(DictionaryEntries::Words));
}

}  // namespace frazil::encoder
