// The mapping of a stream: its document's, or where that has none, its table's.
//
// A table that a stream without mapping creates gets the mapping inferred from a sample of the topic, and
// that mapping is kept in the table, in the property kMappingProperty, from the very commit that creates it.
// From then on the table alone says how messages are read: every process and every start reads alike,
// whatever the topic holds by then.
#pragma once

#include "catalog/catalog.h"
#include "ingest/stream_config.h"
#include "mapping/inference.h"
#include "record/sample.h"

namespace frazil {

// JSON, as a document's `mapping`. Not of one stream: it is how the table's columns are filled, also by a
// stream that takes over from another.
inline constexpr std::string_view kMappingProperty = "frazil.mapping";

// The document's mapping, else the table's columns by name. kInvalid (TABLE_MAPPING) where the table has a
// property that cannot be read, or no columns that messages can fill; or where it has no property, and the
// stream's last commit, as far as its snapshot is there, read otherwise than names alone say: going on would
// fill columns from elsewhere, or with null.
Result<Mapping> MappingOf(const StreamConfig& config, const LoadedTable& table);

// What a sample of the topic gives. kNotFound (TOPIC_EMPTY), kInvalid (MAPPING_NOT_INFERRED; LAYOUT_TERM
// where the stream partitions or sorts by what is not among the columns).
Result<Inference> InferenceOf(const StreamConfig& config, const Sample& sample);
// The same of a sample that is read here; or as the source fails.
Result<Mapping> InferFromTopic(const StreamConfig& config, const StreamSeams& seams, BatchSource& source,
                               StopSignal& stop);

}  // namespace frazil
