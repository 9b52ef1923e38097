#include "schema/types.h"

#include <algorithm>
#include <utility>

namespace frazil {
namespace {

const Field* FindById(const std::vector<Field>& fields, std::int32_t id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
    if (const Field* found = FindById(field.type.children, id)) return found;
  }
  return nullptr;
}

std::int32_t HighestId(const std::vector<Field>& fields) {
  std::int32_t highest = 0;
  for (const Field& field : fields) highest = std::max({highest, field.id, HighestId(field.type.children)});
  return highest;
}

std::int32_t AssignIds(std::vector<Field>& fields, std::int32_t last_id) {
  for (Field& field : fields) field.id = ++last_id;
  for (Field& field : fields) last_id = AssignIds(field.type.children, last_id);
  return last_id;
}

}  // namespace

Type Type::Primitive(TypeId id) {
  Type type;
  type.id = id;
  return type;
}

Type Type::Decimal(std::int32_t precision, std::int32_t scale) {
  Type type = Primitive(TypeId::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

Type Type::Fixed(std::int32_t length) {
  Type type = Primitive(TypeId::kFixed);
  type.length = length;
  return type;
}

Type Type::Struct(std::vector<Field> members) {
  Type type = Primitive(TypeId::kStruct);
  type.children = std::move(members);
  return type;
}

Type Type::List(Field element) {
  Type type = Primitive(TypeId::kList);
  element.name = "element";
  type.children.push_back(std::move(element));
  return type;
}

Type Type::Map(Field key, Field value) {
  Type type = Primitive(TypeId::kMap);
  key.name = "key";
  key.required = true;
  value.name = "value";
  type.children.push_back(std::move(key));
  type.children.push_back(std::move(value));
  return type;
}

bool Type::operator==(const Type& other) const {
  return id == other.id && precision == other.precision && scale == other.scale && length == other.length &&
         children == other.children;
}

const Field* Schema::FindByName(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

const Field* Schema::FindById(std::int32_t id) const {
  return frazil::FindById(fields, id);
}

std::int32_t Schema::HighestFieldId() const {
  return HighestId(fields);
}

std::int32_t AssignFieldIds(Schema& schema, std::int32_t last_id) {
  return AssignIds(schema.fields, last_id);
}

}  // namespace frazil
