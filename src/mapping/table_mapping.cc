#include "mapping/table_mapping.h"

#include <algorithm>

namespace frazil {
namespace {

bool IsNumber(TypeId id) {
  return id == TypeId::kInt || id == TypeId::kLong || id == TypeId::kFloat || id == TypeId::kDouble ||
         id == TypeId::kDecimal;
}

// Ids and comments are the table's own business.
Type PlainType(Type type) {
  for (Field& child : type.children) {
    child.id = 0;
    child.doc.clear();
    child.type = PlainType(std::move(child.type));
  }
  return type;
}

// The stored rules of a nested value's part.
const ValueMapping* PartOf(const ValueMapping* stored, const Type& type, std::size_t i) {
  if (stored == nullptr || stored->type.id != type.id) return nullptr;
  if (type.id != TypeId::kStruct) return &stored->children[i];
  const auto& members = stored->type.children;
  const auto found = std::ranges::find(members, type.children[i].name, &Field::name);
  return found == members.end() ? nullptr
                                : &stored->children[static_cast<std::size_t>(found - members.begin())];
}

// REQUIRES: `type` is plain.
ValueMapping ReadAs(const Type& type, bool required, const ValueMapping* stored) {
  ValueMapping value{.type = type, .required = required};
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const Field& child = type.children[i];
    value.children.push_back(ReadAs(child.type, child.required, PartOf(stored, type, i)));
  }
  if (stored == nullptr) return value;
  if (stored->type.id == type.id || (IsNumber(stored->type.id) && IsNumber(type.id))) {
    value.parse = stored->parse;
    value.pattern = stored->pattern;
  }
  return value;
}

// Whether it is one of the metadata columns, which is then on.
bool TakeMetadata(std::string_view name, MetadataColumns& metadata) {
  for (const auto& [column, on] : {std::pair{kPartitionColumn, &metadata.partition},
                                   {kOffsetColumn, &metadata.offset},
                                   {kTimestampColumn, &metadata.timestamp},
                                   {kKeyColumn, &metadata.key},
                                   {kHeadersColumn, &metadata.headers}}) {
    if (column != name) continue;
    *on = true;
    return true;
  }
  return false;
}

}  // namespace

Mapping MappingByName(const Schema& table, const Mapping* stored) {
  Mapping mapping;
  mapping.metadata = {
      .partition = false, .offset = false, .timestamp = false, .key = false, .headers = false};
  for (const Field& field : table.fields) {
    if (TakeMetadata(field.name, mapping.metadata)) continue;
    ColumnMapping column{.name = field.name, .path = {field.name}, .value = {}};
    const ValueMapping* rules = nullptr;
    if (stored != nullptr) {
      const auto found = std::ranges::find(stored->columns, field.name, &ColumnMapping::name);
      if (found != stored->columns.end()) {
        column = *found;
        rules = &found->value;
      }
    }
    column.value = ReadAs(PlainType(field.type), field.required, rules);
    mapping.columns.push_back(std::move(column));
  }
  return mapping;
}

}  // namespace frazil
