// The folder of a demo: its document, its catalog, its warehouse.
#pragma once

#include <string>

#include "base/result.h"
#include "kafka/kafka_source.h"

namespace frazil {

inline constexpr std::string_view kDemoTopic = "pizza_orders";
inline constexpr std::string_view kDemoStream = "pizza_orders";

// Makes the folder, or clears it of what an earlier demo left: the Kafka it read from is gone. A folder with
// anything else in it is refused (DEMO_FOLDER). Its absolute path.
Result<std::string> PrepareDemoFolder(const std::string& folder);

// The demo's documents, as demo.yaml holds them.
std::string DemoDocument(const KafkaConnection& connection);

// Writes demo.yaml; its path.
Result<std::string> WriteDemoDocument(const std::string& folder, const KafkaConnection& connection);

}  // namespace frazil
