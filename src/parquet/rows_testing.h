// Schemas and random rows for tests of data files.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "columns/column.h"

namespace frazil {

// Random numbers of 44 bits; the same seed gives the same rows.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() { return engine_() >> 20U; }
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }

 private:
  std::mt19937_64 engine_;
};

Field MakeField(std::string name, const char* type, bool required = false);
// With ids.
Schema MakeSchema(std::vector<Field> fields);
// Every type, nested ones to some depth, optional and required.
Schema EveryType();
// One to six fields of any types and depths, drawn from the numbers.
Schema RandomSchema(Numbers& numbers);

// Appends rows. Each column has a habit that `salt` and its id choose: all values different, few, one,
// ascending; nulls now and then, never, nearly always, in stretches.
void FillRows(ColumnBatch& batch, std::int64_t rows, Numbers& numbers, std::uint32_t salt = 0);

// EXPECTs the same values, nulls and lengths at every depth.
void ExpectEqualColumns(const Column& got, const Column& wanted);

}  // namespace frazil
