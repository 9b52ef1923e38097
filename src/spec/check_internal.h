// A document against the field table.
#pragma once

#include "spec/node_internal.h"
#include "spec/table_internal.h"

namespace frazil {

// Adds a problem for each place where the document is not as the table says. The rule of its kind, or nullptr
// when the kind is not known.
const ObjectRule* CheckDocument(const Node& document, Problems& problems);

// The same for one object of a document, whose rule is known.
void CheckObject(const Node& object, const ObjectRule& rule, Problems& problems);

}  // namespace frazil
