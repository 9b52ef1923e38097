// A Kafka topic as a batch source, read by ourselves.
#pragma once

#include <memory>
#include <string>

#include "kafka/fetch_pool.h"
#include "record/batch_source.h"

namespace frazil {

// Connects at the first call. `group_id`: under which committed positions are mirrored.
std::unique_ptr<BatchSource> MakeFetchSource(std::shared_ptr<FetchPool> pool, std::string topic,
                                             std::string group_id);

}  // namespace frazil
