// Single values of the documents: what their text means.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/node_internal.h"
#include "spec/table_internal.h"

namespace frazil {

// Whether the text fits the shape; the failure's code, detail and fix are for the document's author.
// REQUIRES: a shape of a single value other than kDefault, kEnum and kEnumOrObject.
Status CheckText(Shape shape, std::string_view text);

// Whether YAML takes a plain scalar for a number or a boolean.
bool IsNumberOrBoolean(std::string_view plain);

// The JSON of a value of kDefault; none when it is of another shape.
std::optional<std::string> DefaultJson(const Node& node);

// Milliseconds since 1970 of "2026-01-31T08:00:00.5+01:00" or of a whole number. kInvalid otherwise.
Result<std::int64_t> ParseStartTime(std::string_view text);

// The file of "sqlite:PATH" or "sqlite:///PATH" below `folder`. kInvalid otherwise.
Result<std::string> DatabasePath(std::string_view uri, const std::string& folder);
// "file:///absolute/path" of "file:PATH", "file:///PATH" or PATH below `folder`. kInvalid otherwise.
Result<std::string> FileLocation(std::string_view text, const std::string& folder);
// PATH below `folder`, without `.` and `..` where they can be left out.
std::string AbsolutePath(std::string_view path, const std::string& folder);

}  // namespace frazil
