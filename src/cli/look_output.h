// Inferred mappings and sampled messages, as people and programs read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

// Columns that keys and headers could be, a line each; "" without any.
std::string ProposalsText(const std::vector<ProposedColumn>& proposals);
// The same as an array in JSON: the columns as a document has them, and why.
std::string ProposalsJson(const std::vector<ProposedColumn>& proposals);

// A row a place: what was seen, what it becomes, and why.
std::string InferenceText(const Sample& sample, const Inference& inference);
// The mapping as it is pasted into a stream's document, comments where a person should look, proposals
// commented out.
std::string InferenceYaml(const Inference& inference);
// One line of JSON with all of it.
std::string InferenceJson(std::string_view stream, const Sample& sample, const Inference& inference);

// A few lines: where the message stands, its key and headers, its value, cut.
std::string MessageText(const SampledMessage& message);
// One line of JSON; bytes that are no text as {"hex": …}.
std::string MessageJson(const SampledMessage& message);

}  // namespace frazil
