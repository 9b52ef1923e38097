// What a topic's settings say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "record/batch_source.h"

namespace frazil {

// By name, as the brokers have them.
using TopicSettings = std::map<std::string, std::string>;

// Those that RetentionOf reads.
const std::vector<std::string>& RetentionSettings();
// A setting that is missing, or no number, limits nothing.
TopicRetention RetentionOf(const TopicSettings& settings);

}  // namespace frazil
