#include "schema/spec.h"

#include "schema/json_internal.h"

namespace frazil {

using namespace schema_json;

std::string PartitionSpecToJson(const PartitionSpec& spec) {
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields) {
    fields.push_back({{"source-id", field.source_id},
                      {"field-id", field.field_id},
                      {"name", field.name},
                      {"transform", field.transform}});
  }
  return Dump({{"spec-id", spec.spec_id}, {"fields", std::move(fields)}});
}

Result<PartitionSpec> ParsePartitionSpec(std::string_view text) {
  FRAZIL_ASSIGN(const Json json, ParseObject(text));
  FRAZIL_ASSIGN(const Json fields, GetObjects(json, "fields"));
  PartitionSpec spec;
  FRAZIL_ASSIGN(spec.spec_id, GetInt32(json, "spec-id"));
  std::int32_t next_id = kFirstPartitionFieldId;
  for (const Json& element : fields) {
    PartitionField field;
    FRAZIL_ASSIGN(field.source_id, GetInt32(element, "source-id"));
    field.field_id = next_id++;  // format v1 leaves the ids out and counts
    if (element.contains("field-id")) {
      FRAZIL_ASSIGN(field.field_id, GetInt32(element, "field-id"));
    }
    FRAZIL_ASSIGN(field.name, GetString(element, "name"));
    FRAZIL_ASSIGN(field.transform, GetString(element, "transform"));
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

std::string SortOrderToJson(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    fields.push_back({{"transform", field.transform},
                      {"source-id", field.source_id},
                      {"direction", field.direction},
                      {"null-order", field.null_order}});
  }
  return Dump({{"order-id", order.order_id}, {"fields", std::move(fields)}});
}

Result<SortOrder> ParseSortOrder(std::string_view text) {
  FRAZIL_ASSIGN(const Json json, ParseObject(text));
  FRAZIL_ASSIGN(const Json fields, GetObjects(json, "fields"));
  SortOrder order;
  FRAZIL_ASSIGN(order.order_id, GetInt32(json, "order-id"));
  for (const Json& element : fields) {
    SortField field;
    FRAZIL_ASSIGN(field.source_id, GetInt32(element, "source-id"));
    FRAZIL_ASSIGN(field.transform, GetString(element, "transform"));
    FRAZIL_ASSIGN(field.direction, GetString(element, "direction"));
    FRAZIL_ASSIGN(field.null_order, GetString(element, "null-order"));
    order.fields.push_back(std::move(field));
  }
  return order;
}

}  // namespace frazil
