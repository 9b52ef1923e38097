#include "proof/row_scan.h"

#include <fmt/format.h>

#include <utility>

#include "parquet/data_file_reader.h"
#include "runtime/stop_signal.h"

namespace frazil {
Result<RowScan> RowScan::Make(ObjectStore& store, const std::string& table, const Schema& schema,
                              std::optional<std::string> topic) {
  RowScan scan(store);
  std::vector<std::pair<std::string_view, TypeId>> wanted = {{"kafka_partition", TypeId::kInt},
                                                             {"kafka_offset", TypeId::kLong}};
  if (topic) wanted.emplace_back("kafka_topic", TypeId::kString);
  for (const auto& [name, type] : wanted) {
    const Field* field = schema.FindByName(name);
    if (field == nullptr || field->type.id != type) {
      return Fail(
          ErrorKind::kInvalid, "AUDIT_NO_OFFSETS",
          fmt::format("table {} has no column {} of type {}: its rows do not say which messages they are",
                      table, name, ToString(Type::Primitive(type))),
          "leave the metadata columns partition and offset on");
    }
    scan.fields_.push_back(*field);
    scan.fields_.back().required = false;
  }
  scan.topic_ = std::move(topic);
  return scan;
}

bool RowScan::MayHoldRange(const DataFile& file, Partition partition, const OffsetRange& range) const {
  return !range.empty() && MayHold(file, fields_[0].id, partition.value(), partition.value()) &&
         MayHold(file, fields_[1].id, range.first.value(), range.next.value() - 1);
}

Status RowScan::Scan(const LiveFile& file, const RowDeletes& deletes,
                     const std::function<void(const ScannedRow&)>& take) {
  RowDeletes::OfFile deleted = deletes.For(file);
  Schema schema;
  schema.fields = fields_;
  for (const Field& field : deleted.columns()) {
    if (schema.FindById(field.id) == nullptr) schema.fields.push_back(field);
  }
  std::int64_t position = 0;
  return ReadParquet(*store_, file.file.file_path, schema, [&](const ColumnBatch& batch) -> Status {
    const Column& partitions = batch.column(0);
    const Column& offsets = batch.column(1);
    for (std::int64_t row = 0; row < batch.rows(); ++row, ++position) {
      const bool is_deleted = deleted.Deletes(batch, row, position);
      if (partitions.is_null(row) || offsets.is_null(row)) {
        without_offset_ += is_deleted ? 0 : 1;
        continue;
      }
      if (topic_ && (batch.column(2).is_null(row) || batch.column(2).bytes(row) != *topic_)) continue;
      take({.partition = Partition(partitions.value<std::int32_t>(row)),
            .offset = Offset(offsets.value<std::int64_t>(row)),
            .position = position,
            .deleted = is_deleted});
    }
    return {};
  });
}

Result<std::vector<std::string>> ReadTexts(ObjectStore& store, const Schema& schema,
                                           const std::string& location, std::int64_t position,
                                           const std::vector<std::string_view>& names) {
  std::vector<std::string> texts(names.size());
  Schema projected;
  for (const std::string_view name : names) {
    const Field* field = schema.FindByName(name);
    if (field != nullptr && field->type.id == TypeId::kString) projected.fields.push_back(*field);
  }
  std::int64_t before = 0;
  bool found = false;
  const auto take = [&](const ColumnBatch& batch) -> Status {
    const std::int64_t row = position - before;
    before += batch.rows();
    if (row >= batch.rows()) return {};
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t column = 0; column < batch.column_count(); ++column) {
        const Column& values = batch.column(column);
        if (values.field().name == names[i] && !values.is_null(row)) texts[i] = values.bytes(row);
      }
    }
    found = true;
    return Fail(StoppingError());  // ends the read
  };
  if (const Status read = ReadParquet(store, location, projected, take); !read && !found)
    return Fail(read.error());
  return texts;
}

}  // namespace frazil
