// Rows of one table become data files: each of one partition, sorted where the table has a sort order.
//
//   the table is neither partitioned nor sorted: rows go to one file after the other
//   else: rows wait as columns, clustered by partition, until
//     Seal: the partitions are written one after the other, each through a file that is then closed;
//     many wait: those of the few largest partitions go to files that stay open (never where the table is
//     sorted).
//
// So thousands of partitions need no more open files than a few do, and a partition gets one file per seal,
// or more only beyond the target size.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "columns/column.h"
#include "columns/sort.h"
#include "iceberg/data_file.h"
#include "iceberg/metadata.h"
#include "parquet/data_file_writer.h"
#include "runtime/runtime.h"
#include "storage/object_store.h"
#include "storage/upload_pool.h"
#include "table/partitioner.h"

namespace frazil {

// How a table wants its files.
struct TableLayout {
  Schema schema;                      // of the rows, with the table's field ids
  PartitionSpec spec;                 // the table's default spec
  std::vector<Type> partition_types;  // of its fields' values
  std::vector<SortKey> sort_keys;
  std::int32_t sort_order_id = 0;  // 0: not sorted
  std::string folder;              // of data files, without a slash at the end
  DataFileOptions options;
  std::int64_t target_file_bytes = 0;
};

// nullptr when the metadata does not have it.
const SortOrder* DefaultSortOrder(const TableMetadata& table);

// The table's default spec and sort order for rows of this schema. A sort order that this version cannot
// follow is none. kInvalid (TABLE_SPEC) for a partition field that this version cannot compute. Options and
// target size are the caller's to set.
Result<TableLayout> LayoutOf(const TableMetadata& table, const Schema& schema);

// Files that are written, though their last bytes may still be on their way.
struct SealedFiles {
  std::vector<DataFile> files;
  std::vector<std::unique_ptr<Upload>> uploads;

  // Nothing may name the files before this. Waits until all of them are durable, or have failed: then the
  // first failure. No upload is left.
  Status AwaitDurable();
};

// Used by one task at a time.
class TableWriter {
 public:
  // Borrows everything. `wait_bytes`: from here on the largest partitions do not wait for the seal.
  TableWriter(const TableLayout& layout, DataFileFormat& format, ObjectStore& store, UploadPool& uploads,
              Runtime& runtime, std::int64_t wait_bytes);
  // Deletes what was not sealed.
  ~TableWriter();

  // Rows are appended here.
  ColumnBatch& batch() { return batch_; }
  // Takes the rows of the batch on once they are many.
  Status TakeIfFull();
  // All files of the rows since the last seal. Empty afterwards. After a failure, here or above, rows may be
  // missing: what comes afterwards must not be committed. The writer stays safe to use, since a lane goes on
  // until it hears of the failure.
  Result<SealedFiles> Seal();
  // Files of the last seal that nobody will name: they are deleted with the writer, which may wait for their
  // store.
  void TakeBack(SealedFiles files) { finished_ = std::move(files); }
  // What rows, open files and finished files' metrics hold in memory, about.
  std::int64_t held_bytes() const;

 private:
  // Rows of one partition in a waiting batch.
  struct Run {
    std::int32_t partition = 0;
    std::int32_t first = 0;
    std::int32_t count = 0;
  };
  struct Waiting {
    std::unique_ptr<ColumnBatch> rows;
    std::vector<Run> runs;  // by partition
    std::int64_t bytes = 0;
  };
  struct OpenFile {
    std::unique_ptr<Upload> upload;
    std::unique_ptr<DataFileWriter> writer;  // appends to the upload
  };

  Status Take();
  void Wait(std::span<const std::int32_t> partitions);
  void AddWaiting(const ColumnBatch& from, std::span<const RowRef> rows, std::vector<Run> runs);
  Status WriteLargest();
  std::vector<std::int32_t> LargestWaiting() const;
  void Forget(std::span<const std::int32_t> partitions);
  static const Run* FindRun(const Waiting& waiting, std::int32_t partition);
  Status WriteWaiting(std::int32_t partition);
  Status WriteSorted(std::int32_t partition, const RowSorter& sorter);
  Status WriteGathered(std::int32_t partition, bool all);
  Status Write(std::int32_t partition, const ColumnBatch& rows);
  Result<OpenFile> Open(std::int32_t partition);
  Status CloseFile(std::int32_t partition);
  std::vector<const ColumnBatch*> Sources() const;

  const TableLayout& layout_;
  DataFileFormat& format_;
  ObjectStore& store_;
  UploadPool& uploads_;
  Runtime& runtime_;
  const std::int64_t wait_bytes_;
  const bool direct_;
  ColumnBatch batch_;
  Partitioner partitioner_;
  std::vector<Waiting> waiting_;
  std::int64_t waiting_bytes_ = 0;
  std::int64_t look_at_bytes_;             // when to look for large partitions the next time
  ColumnBatch gathered_;                   // rows on their way into a file
  std::map<std::int32_t, OpenFile> open_;  // by partition
  std::unique_ptr<DataFileWriter> idle_;   // of the file closed last, for the next one
  SealedFiles finished_;
  std::int64_t finished_bytes_ = 0;
};

// Files that nobody will name: best effort. REQUIRES: none of them is being uploaded.
void DeleteFiles(ObjectStore& store, const std::vector<DataFile>& files);

}  // namespace frazil
