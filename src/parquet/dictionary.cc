#include "parquet/dictionary.h"

#include <cstring>

namespace frazil::encoder {
namespace {

constexpr std::size_t kFirstSlots = 64;
// Longer searches end the dictionary: only values that were made to collide need them.
constexpr std::size_t kMostProbes = 128;

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;

std::uint64_t Load64(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

std::uint64_t Load32(const char* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a ^ kMultiplier) * (b ^ 0xD6E8FEB86659FD93U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Reads words that overlap rather than single bytes.
std::uint32_t HashBytes(std::string_view bytes) {
  const char* data = bytes.data();
  const std::size_t size = bytes.size();
  std::uint64_t hash = size * kMultiplier;
  if (size >= 8) {
    for (std::size_t i = 0; i + 16 < size; i += 8) hash = Mix(hash, Load64(data + i));
    if (size > 8) hash = Mix(hash, Load64(data + (size >= 16 ? size - 16 : 0)));
    hash = Mix(hash, Load64(data + size - 8));
  } else if (size >= 4) {
    hash = Mix(hash, Load32(data) << 32U | Load32(data + size - 4));
  } else if (size > 0) {
    const auto byte = [data](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(data[i])}; };
    hash = Mix(hash, byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1));
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 32U);
}

bool SameBytes(const char* a, const char* b, std::size_t size) {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return Load64(a) == Load64(b) && Load64(a + size - 8) == Load64(b + size - 8);
  if (size >= 4) return Load32(a) == Load32(b) && Load32(a + size - 4) == Load32(b + size - 4);
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// How the table sees values: keys of four or eight bytes, or byte arrays with their length in front or
// without.
template <typename T>
struct NumberKey {
  const char* values;

  T Load(const char* at) const {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }
  std::uint32_t Hash(std::size_t i) const {
    return static_cast<std::uint32_t>(Load(values + i * sizeof(T)) * kMultiplier >> 32U);
  }
  bool Same(std::size_t i, const std::string& plain, const std::vector<std::uint32_t>&,
            std::uint32_t index) const {
    return Load(values + i * sizeof(T)) == Load(plain.data() + index * sizeof(T));
  }
  std::size_t size(std::size_t) const { return sizeof(T); }
  void Append(std::size_t i, std::string& plain, std::vector<std::uint32_t>&) const {
    plain.append(values + i * sizeof(T), sizeof(T));
  }
};

template <std::size_t prefix>
struct BytesKey {
  const std::string_view* values;

  std::uint32_t Hash(std::size_t i) const { return HashBytes(values[i]); }
  bool Same(std::size_t i, const std::string& plain, const std::vector<std::uint32_t>& ends,
            std::uint32_t index) const {
    const std::size_t start = (index == 0 ? 0 : ends[index - 1]) + prefix;
    return ends[index] - start == values[i].size() &&
           SameBytes(plain.data() + start, values[i].data(), values[i].size());
  }
  std::size_t size(std::size_t i) const { return prefix + values[i].size(); }
  void Append(std::size_t i, std::string& plain, std::vector<std::uint32_t>& ends) const {
    const auto length = static_cast<std::uint32_t>(values[i].size());
    plain.append(reinterpret_cast<const char*>(&length), prefix);
    plain.append(values[i]);
    ends.push_back(static_cast<std::uint32_t>(plain.size()));
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
  return prefix_ > 0 ? AddKeys(values.count, BytesKey<sizeof(std::uint32_t)>{values.views}, indices)
                     : AddKeys(values.count, BytesKey<0>{values.views}, indices);
}

template <typename Key>
std::size_t Dictionary::AddKeys(std::size_t count, const Key& key, std::vector<std::uint32_t>& indices) {
  const std::size_t start = indices.size();
  indices.resize(start + count);
  std::uint32_t* out = indices.data() + start;
  std::size_t i = 0;
  for (; i < count; ++i) {
    const std::uint32_t tag = key.Hash(i);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = tag & mask;
    std::size_t probes = 0;
    while (slots_[at].number != 0 &&
           (slots_[at].tag != tag || !key.Same(i, plain_, ends_, slots_[at].number - 1))) {
      at = (at + 1) & mask;
      if (++probes == kMostProbes) break;
    }
    if (probes == kMostProbes || (slots_[at].number == 0 && !Insert(key, i, at, tag))) break;
    // Insert may have moved the slots; then the value is the newest.
    out[i] = mask == slots_.size() - 1 ? slots_[at].number - 1 : static_cast<std::uint32_t>(size_ - 1);
  }
  indices.resize(start + i);
  return i;
}

template <typename Key>
bool Dictionary::Insert(const Key& key, std::size_t i, std::size_t slot, std::uint32_t tag) {
  if (plain_.size() + key.size(i) > max_bytes_) return false;
  key.Append(i, plain_, ends_);
  slots_[slot] = {tag, static_cast<std::uint32_t>(++size_)};
  if (2 * size_ > slots_.size()) Grow();
  return true;
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

std::string_view Dictionary::entry(std::uint32_t index) const {
  const std::string_view plain = plain_;
  if (ends_.empty()) {
    const std::size_t width = plain_.size() / size_;
    return plain.substr(index * width, width);
  }
  const std::size_t start = index == 0 ? 0 : ends_[index - 1];
  return plain.substr(start, ends_[index] - start);
}

void Dictionary::Clear() {
  size_ = 0;
  plain_ = std::string();
  ends_ = std::vector<std::uint32_t>();
  slots_ = std::vector<Slot>();
}

std::int64_t Dictionary::byte_size() const {
  return static_cast<std::int64_t>(plain_.capacity() + ends_.capacity() * sizeof(std::uint32_t) +
                                   slots_.capacity() * sizeof(Slot));
}

}  // namespace frazil::encoder
