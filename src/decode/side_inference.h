// What keys and headers of a sample could be as columns.
#pragma once

#include <vector>

#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

// A column of the key where messages have one, and of each header that more than half of the messages have;
// each reads all of the sample's. Bytes are taken for numbers, booleans, times and UUIDs when all are, else
// for JSON when all are objects or arrays, else for text. The same for any order of the messages.
std::vector<ProposedColumn> ProposeKeyAndHeaders(const Sample& sample, const Mapping& mapping);

}  // namespace frazil
