// Data files of partitions, from their first rows to what the manifest says of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "columns/column.h"
#include "columns/sort.h"
#include "iceberg/data_file.h"
#include "parquet/data_file_writer.h"
#include "runtime/runtime.h"
#include "storage/object_store.h"
#include "storage/upload_pool.h"
#include "table/partitioner.h"
#include "table/table_layout.h"
#include "table/waiting_rows.h"

namespace frazil {

// By what files are written, and where.
struct FileSeams {
  DataFileFormat& format;
  ObjectStore& store;
  UploadPool& uploads;
  Runtime& runtime;
};

// Files that are written, though their last bytes may still be on their way.
struct SealedFiles {
  std::vector<DataFile> files;
  std::vector<std::unique_ptr<Upload>> uploads;

  // Nothing may name the files before this. Waits until all of them are durable, or have failed: then the
  // first failure. No upload is left.
  Status AwaitDurable();
};

// Files that nobody will name: best effort. REQUIRES: none of them is being uploaded.
void DeleteFiles(ObjectStore& store, const std::vector<DataFile>& files);

// One file at a time of each partition. Used by one task at a time.
class PartitionFiles {
 public:
  // Borrows the layout, and the tuples of the partitions that it is given.
  PartitionFiles(const TableLayout& layout, const PartitionTuples& tuples, FileSeams seams);
  // Deletes what was not taken.
  ~PartitionFiles();

  // Appends to the partition's file, which is closed when it has the target size. After a failure the file is
  // lost, and what is taken must not be committed.
  Status Write(std::int32_t partition, const ColumnBatch& rows);
  // The same with all waiting rows of the partition, sorted where the table is: `sorter` is of their sources.
  Status WriteWaiting(std::int32_t partition, const WaitingRows& rows, const RowSorter& sorter);
  // Nothing happens where none is open.
  Status Close(std::int32_t partition);
  // Those that are closed. Buffers are given back. REQUIRES: none is open, or a failure was told.
  SealedFiles Take();
  // Files that nobody will name: they are deleted with this. REQUIRES: none is finished.
  void TakeBack(SealedFiles files) { finished_ = std::move(files); }

  bool IsOpen(std::int32_t partition) const { return open_.contains(partition); }
  std::size_t open_count() const { return open_.size(); }
  // What open files and finished files' metrics hold in memory, about.
  std::int64_t held_bytes() const;

 private:
  struct OpenFile {
    std::unique_ptr<Upload> upload;
    std::unique_ptr<DataFileWriter> writer;  // appends to the upload
  };

  Result<OpenFile> Open(std::int32_t partition);
  Status WriteGathered(std::int32_t partition, bool all);

  const TableLayout& layout_;
  const PartitionTuples& tuples_;
  const FileSeams seams_;
  ColumnBatch gathered_;                   // waiting rows on their way into a file
  std::map<std::int32_t, OpenFile> open_;  // by partition
  std::unique_ptr<DataFileWriter> idle_;   // of the file closed last, for the next one
  SealedFiles finished_;
  std::int64_t finished_bytes_ = 0;
};

}  // namespace frazil
