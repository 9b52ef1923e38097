// `mapping` of a stream.
#pragma once

#include "mapping/mapping.h"
#include "spec/view_internal.h"

namespace frazil {

// Adds a problem for what the field table cannot say: long forms that do not fit their type, and what no
// mapping may have. Of a document that has problems already the result may be anything.
Mapping BindMapping(const View& mapping, Problems& problems);

}  // namespace frazil
