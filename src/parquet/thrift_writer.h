// Thrift's compact protocol, as much of it as Parquet's headers and footer need. For this folder's sources
// only.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace frazil::encoder {

inline void AppendVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
}

inline std::uint64_t ZigZag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63U);
}

// Appends structs field by field. Field ids ascend within a struct; what is opened is closed.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}

  // The outermost struct.
  void Begin() { last_id_ = 0; }
  void End() { out_.push_back(0); }

  void Bool(int id, bool value) { Header(id, value ? 1 : 2); }
  void Short(int id, std::int16_t value) { Header(id, 4), Zig(value); }
  void Int(int id, std::int32_t value) { Header(id, 5), Zig(value); }
  void Long(int id, std::int64_t value) { Header(id, 6), Zig(value); }
  template <typename Enum>
    requires std::is_enum_v<Enum>
  void Enum32(int id, Enum value) {
    Int(id, static_cast<std::int32_t>(value));
  }
  void Binary(int id, std::string_view value) { Header(id, 8), Element(value); }

  // fill() writes the fields.
  template <std::invocable Fill>
  void Struct(int id, Fill&& fill) {
    Header(id, 12);
    ElementStruct(fill);
  }
  void EmptyStruct(int id) {
    Struct(id, [] {});
  }

  // A list whose elements are appended next, by as many calls of one of the functions below.
  void ListOfBools(int id, std::size_t size) { List(id, 1, size); }
  void ListOfInts(int id, std::size_t size) { List(id, 5, size); }
  void ListOfLongs(int id, std::size_t size) { List(id, 6, size); }
  void ListOfBinaries(int id, std::size_t size) { List(id, 8, size); }
  void ListOfStructs(int id, std::size_t size) { List(id, 12, size); }
  void Element(bool value) { out_.push_back(value ? 1 : 2); }
  void Element(std::int32_t value) { Zig(value); }
  void Element(std::int64_t value) { Zig(value); }
  void Element(std::string_view value) {
    AppendVarint(out_, value.size());
    out_.append(value);
  }
  template <std::invocable Fill>
  void ElementStruct(Fill&& fill) {
    const int outer = last_id_;
    Begin();
    fill();
    End();
    last_id_ = outer;
  }

 private:
  void Header(int id, unsigned type) {
    FRAZIL_CHECK(id > last_id_ && id - last_id_ <= 15, "Thrift field ids ascend");
    out_.push_back(static_cast<char>(static_cast<unsigned>(id - last_id_) << 4U | type));
    last_id_ = id;
  }
  void List(int id, unsigned type, std::size_t size) {
    Header(id, 9);
    out_.push_back(static_cast<char>((size < 15 ? size : 15) << 4U | type));
    if (size >= 15) AppendVarint(out_, size);
  }
  void Zig(std::int64_t value) { AppendVarint(out_, ZigZag(value)); }

  std::string& out_;
  int last_id_ = 0;
};

}  // namespace frazil::encoder
