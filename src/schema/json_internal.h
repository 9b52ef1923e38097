// Reading JSON documents without exceptions; for this folder's sources only.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/text.h"

namespace frazil::schema_json {

using Json = nlohmann::ordered_json;

inline tl::unexpected<Error> Wrong(std::string detail) {
  return Fail(ErrorKind::kInvalid, "SCHEMA_JSON", std::move(detail));
}

// Never throws: bytes that are no UTF-8 become U+FFFD.
inline std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline Result<Json> ParseObject(std::string_view text) {
  if (JsonDepth(text) > kMaxJsonDocumentDepth) return Wrong("the text is nested too deep");
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Wrong("the text is no JSON object");
  return json;
}

inline Result<std::string> GetString(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return Wrong(fmt::format("\"{}\" is not there or no text", key));
  return found->get<std::string>();
}

// An id: from 0.
inline Result<std::int32_t> ToId(const Json& json, const char* key) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
    return Wrong(fmt::format("\"{}\" is {}, which is no whole number from 0 to 2147483647", key, Dump(json)));
  }
  return json.get<std::int32_t>();
}

inline Result<std::int32_t> GetInt32(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return Wrong(fmt::format("\"{}\" is not there", key));
  return ToId(*found, key);
}

inline Result<bool> GetBool(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_boolean()) {
    return Wrong(fmt::format("\"{}\" is not there or neither true nor false", key));
  }
  return found->get<bool>();
}

// The array under `key`; every element of it is an object.
inline Result<Json> GetObjects(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array())
    return Wrong(fmt::format("\"{}\" is not there or no array", key));
  for (const Json& element : *found) {
    if (!element.is_object()) return Wrong(fmt::format("\"{}\" holds something that is no object", key));
  }
  return *found;
}

}  // namespace frazil::schema_json
