// What the field table says, for editors and for readers.
#pragma once

#include <string>

namespace frazil {

// JSON Schema (draft-07) of one document, as `frazil schema` prints it and docs/spec.schema.json holds it.
std::string SpecJsonSchema();

// The reference part of docs/spec.md: one table an object.
std::string SpecReference();

}  // namespace frazil
