// A mapping as the text that a stream's document has it in, and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mapping/mapping.h"

namespace frazil {

// The value of the key `mapping`: JSON on one line. What has its default is left out.
std::string MappingToJson(const Mapping& mapping);
std::string ColumnToJson(const ColumnMapping& column);
// The same as YAML, from the key `mapping:` on: a column a line, each line indented by so many blanks. Every
// line ends with a line break. `comments`: one a column, behind its line; "" = none.
std::string MappingToYaml(const Mapping& mapping, int indent, const std::vector<std::string>& comments = {});

// One of its columns: {name: id, type: long}.
std::string ColumnToYaml(const ColumnMapping& column);

// The inverse of both (of YAML: of the key's value). kInvalid as ParseSpec has it for a document with this
// mapping.
Result<Mapping> ParseMapping(std::string_view text);

}  // namespace frazil
