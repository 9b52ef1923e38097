// What other engines do to the tables of a StreamWorld: rows put in, taken out, rewritten, deleted by delete
// files.
#pragma once

#include <map>
#include <vector>

#include "ingest/stream_testing.h"

namespace frazil {

// Each is one commit by another writer to `table`.
void AppendRows(StreamWorld& world, const TableName& table, const std::vector<MessageAt>& rows);
// All rows in one new file, changed by `edit`, as a copy-on-write engine does it.
void RewriteRows(StreamWorld& world, const TableName& table,
                 const std::function<void(std::map<MessageAt, int>&)>& edit);
// A position delete file that takes the first row of the first data file away.
void DeleteByPosition(StreamWorld& world, const TableName& table);
// An equality delete file on kafka_partition and kafka_offset.
void DeleteByEquality(StreamWorld& world, const TableName& table, const MessageAt& row);

}  // namespace frazil
