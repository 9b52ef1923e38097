// Inferred mappings and sampled messages, as people and programs read them.
#pragma once

#include <string>
#include <string_view>

#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

// A row a place: what was seen, what it becomes, and why.
std::string InferenceText(const Sample& sample, const Inference& inference);
// The mapping as it is pasted into a stream's document, comments where a person should look.
std::string InferenceYaml(const Inference& inference);
// One line of JSON with all of it.
std::string InferenceJson(std::string_view stream, const Sample& sample, const Inference& inference);

// A few lines: where the message stands, its key and headers, its value, cut.
std::string MessageText(const SampledMessage& message);
// One line of JSON; bytes that are no text as {"hex": …}.
std::string MessageJson(const SampledMessage& message);

}  // namespace frazil
