// A schema as Parquet has it: leaf columns, each with its place in the tree. For this folder's sources only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parquet/format.h"
#include "parquet/thrift_writer.h"
#include "schema/types.h"

namespace frazil::encoder {

// How values of a primitive type are stored ("Parquet" in the table specification's appendix A).
struct Storage {
  PhysicalType physical = PhysicalType::kBoolean;
  std::int32_t length = 0;  // of kFixedLenByteArray, bytes
};

// REQUIRES: the type is primitive.
Storage StorageOf(const Type& type);

struct Leaf {
  const Field* field = nullptr;  // of the schema
  Storage storage;
  std::vector<std::string> path;   // with the groups inside lists and maps
  std::vector<std::size_t> steps;  // the top-level field's index, then of a child each
  std::uint8_t max_definition = 0;
  std::uint8_t max_repetition = 0;
};

// The leaves in the file's order. The schema outlives them.
std::vector<Leaf> LeavesOf(const Schema& schema);

// Field `id`, a list: the footer's SchemaElements, the root first.
void WriteSchemaElements(ThriftWriter& out, int id, const Schema& schema);

}  // namespace frazil::encoder
