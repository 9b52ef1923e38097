// Deflate (RFC 1951): bare, as Avro's blocks have it, and as gzip (RFC 1952), as table metadata has it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace frazil {

enum class DeflateFrame { kNone, kGzip };

std::string Deflate(std::string_view raw, DeflateFrame frame);

// nullopt when the bytes are no such stream, or either side of it is more than `limit` bytes.
std::optional<std::string> Inflate(std::string_view packed, DeflateFrame frame, std::size_t limit);

// Whether the bytes begin as gzip does.
bool IsGzip(std::string_view bytes);

}  // namespace frazil
