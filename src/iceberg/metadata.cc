#include "iceberg/metadata.h"

#include <algorithm>
#include <charconv>

#include "iceberg/metadata_internal.h"

namespace frazil {
namespace {

// What became of each field's id, at every depth. Fields without an id before are not in it.
void CollectIds(const std::vector<Field>& before, const std::vector<Field>& after,
                std::map<std::int32_t, std::int32_t>& ids) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].id != 0) ids[before[i].id] = after[i].id;
    CollectIds(before[i].type.children, after[i].type.children, ids);
  }
}

void FollowField(std::int32_t& id, const std::map<std::int32_t, std::int32_t>& ids) {
  const auto found = ids.find(id);
  FRAZIL_CHECK(found != ids.end(), "a source id is no field of the schema");
  id = found->second;
}

}  // namespace

const Snapshot* TableMetadata::FindSnapshot(SnapshotId id) const {
  // Most often asked for the newest ones, which are last.
  const auto found = std::find_if(snapshots.rbegin(), snapshots.rend(),
                                  [id](const Snapshot& snapshot) { return snapshot.snapshot_id == id; });
  return found == snapshots.rend() ? nullptr : &*found;
}

const Snapshot* TableMetadata::BranchHead(const std::string& branch) const {
  const auto ref = refs.find(branch);
  return ref == refs.end() ? nullptr : FindSnapshot(ref->second.snapshot_id);
}

const Schema& TableMetadata::CurrentSchema() const {
  const auto found = std::find_if(schemas.begin(), schemas.end(), [this](const Schema& schema) {
    return schema.schema_id == current_schema_id;
  });
  FRAZIL_CHECK(found != schemas.end(), "the current schema is not in the metadata");
  return *found;
}

const PartitionSpec& TableMetadata::DefaultSpec() const {
  const auto found =
      std::find_if(partition_specs.begin(), partition_specs.end(),
                   [this](const PartitionSpec& spec) { return spec.spec_id == default_spec_id; });
  FRAZIL_CHECK(found != partition_specs.end(), "the default partition spec is not in the metadata");
  return *found;
}

std::int64_t TableMetadata::PropertyInt(const std::string& key, std::int64_t otherwise) const {
  const auto found = properties.find(key);
  if (found == properties.end()) return otherwise;
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

std::string TableMetadata::Property(const std::string& key, const std::string& otherwise) const {
  const auto found = properties.find(key);
  return found == properties.end() ? otherwise : found->second;
}

TableMetadata MakeTableMetadata(NewTable table) {
  const std::vector<Field> given = table.schema.fields;
  TableMetadata metadata;
  metadata.last_column_id = AssignFieldIds(table.schema);
  std::map<std::int32_t, std::int32_t> ids;
  CollectIds(given, table.schema.fields, ids);
  for (std::int32_t& id : table.schema.identifier_field_ids) FollowField(id, ids);
  table.schema.schema_id = 0;

  metadata.last_partition_id = kFirstPartitionFieldId - 1;
  table.spec.spec_id = 0;
  for (PartitionField& field : table.spec.fields) {
    FollowField(field.source_id, ids);
    field.field_id = ++metadata.last_partition_id;
  }
  for (SortField& field : table.sort_order.fields) FollowField(field.source_id, ids);
  table.sort_order.order_id = table.sort_order.fields.empty() ? 0 : 1;

  metadata.format_version = table.format_version;
  if (metadata.format_version >= kRowLineageVersion) metadata.next_row_id = 0;
  metadata.table_uuid = table.uuid;
  metadata.location = std::move(table.location);
  metadata.last_updated_ms = table.now_ms;
  metadata.schemas.push_back(std::move(table.schema));
  metadata.partition_specs.push_back(std::move(table.spec));
  metadata.default_sort_order_id = table.sort_order.order_id;
  metadata.sort_orders.push_back(std::move(table.sort_order));
  metadata.properties = std::move(table.properties);
  return metadata;
}

}  // namespace frazil
