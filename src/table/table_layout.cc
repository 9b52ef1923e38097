#include "table/table_layout.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "iceberg/folders.h"
#include "iceberg/partition_path.h"

namespace frazil {
namespace {

// nullopt for an order that has a key which cannot be computed from rows of this schema.
std::optional<std::vector<SortKey>> SortKeysOf(const SortOrder& order, const Schema& table) {
  std::vector<SortKey> keys;
  for (const SortField& field : order.fields) {
    const auto transform = ParseTransform(field.transform);
    const Field* source = table.FindById(field.source_id);
    if (!transform || source == nullptr || source->type.is_nested() ||
        !ResultType(*transform, source->type)) {
      return std::nullopt;
    }
    keys.push_back({.source_id = field.source_id,
                    .transform = *transform,
                    .descending = field.direction == "desc",
                    .nulls_first = field.null_order == "nulls-first"});
  }
  return keys;
}

}  // namespace

const SortOrder* DefaultSortOrder(const TableMetadata& table) {
  const auto found = std::ranges::find(table.sort_orders, table.default_sort_order_id, &SortOrder::order_id);
  return found == table.sort_orders.end() ? nullptr : &*found;
}

Result<TableLayout> LayoutOf(const TableMetadata& table, const Schema& schema) {
  TableLayout layout;
  layout.schema = schema;
  layout.spec = table.DefaultSpec();
  FRAZIL_ASSIGN(layout.partition_types, PartitionTypes(table.CurrentSchema(), layout.spec));
  if (const SortOrder* order = DefaultSortOrder(table); order != nullptr && !order->fields.empty()) {
    if (auto keys = SortKeysOf(*order, table.CurrentSchema())) {
      layout.sort_keys = std::move(*keys);
      layout.sort_order_id = order->order_id;
    }
  }
  layout.folder = DataFolder(table);
  return layout;
}

}  // namespace frazil
