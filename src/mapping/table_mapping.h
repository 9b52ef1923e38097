// The mapping of a stream whose document has none: each column of its table is read by name.
#pragma once

#include "mapping/mapping.h"

namespace frazil {

// By the table alone, so that every process and every start reads alike. A column that `stored` has, too (the
// mapping that the table was created with; null = none), is read from the same place and by the same rules as
// far as they still fit the column's type; any other from the member of its name, as its type's default says.
// The metadata columns are those that the table has. What the table says of types and of what is required
// goes before what is stored. It may be no valid mapping: of a table without columns that messages can fill.
Mapping MappingByName(const Schema& table, const Mapping* stored);

}  // namespace frazil
