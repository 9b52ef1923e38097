// Whether rows of one schema fit a table of another, and under which ids.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/letter_case.h"
#include "schema/types.h"

namespace frazil {
namespace {

const Field* Find(const std::vector<Field>& fields, const std::string& name) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// Engines that take names in any case refuse a second column beside it.
const Field* FindInAnyCase(const std::vector<Field>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return LowerCase(field.name) == LowerCase(name);
  });
  return found == fields.end() ? nullptr : &*found;
}

std::string NotInTable(const Field& mine, const std::string& path, const std::vector<Field>& theirs) {
  if (const Field* other = FindInAnyCase(theirs, mine.name)) {
    return fmt::format("column '{}' is called '{}' in the table: map it by that name", path, other->name);
  }
  return fmt::format(
      "column '{}' ({}) is not in the table: add it to the table or take it out of the mapping", path,
      ToString(mine.type));
}

bool SameIgnoringChildren(const Type& a, const Type& b) {
  return a.id == b.id && a.precision == b.precision && a.scale == b.scale && a.length == b.length;
}

void CompareFields(const std::vector<Field>& ours, const std::vector<Field>& theirs,
                   const std::string& prefix, std::vector<std::string>& differences) {
  for (const Field& mine : ours) {
    const std::string path = prefix + mine.name;
    const Field* other = Find(theirs, mine.name);
    if (other == nullptr) {
      differences.push_back(NotInTable(mine, path, theirs));
      continue;
    }
    if (!SameIgnoringChildren(mine.type, other->type)) {
      differences.push_back(fmt::format("column '{}' is {} in the table and {} in the mapping: map it as {}",
                                        path, ToString(other->type), ToString(mine.type),
                                        ToString(other->type)));
      continue;
    }
    if (other->required && !mine.required) {
      differences.push_back(
          fmt::format("column '{}' is required in the table and optional in the mapping: map it as "
                      "required or make the table's column optional",
                      path));
    }
    CompareFields(mine.type.children, other->type.children, path + ".", differences);
  }
  for (const Field& other : theirs) {
    if (other.required && Find(ours, other.name) == nullptr) {
      differences.push_back(
          fmt::format("column '{}' ({}) is required in the table and not in the mapping: map it or "
                      "make the table's column optional",
                      prefix + other.name, ToString(other.type)));
    }
  }
}

void CopyIds(std::vector<Field>& ours, const std::vector<Field>& theirs) {
  for (Field& mine : ours) {
    const Field* other = Find(theirs, mine.name);
    FRAZIL_CHECK(other != nullptr, mine.name);
    mine.id = other->id;
    CopyIds(mine.type.children, other->type.children);
  }
}

}  // namespace

std::vector<std::string> Incompatibilities(const Schema& ours, const Schema& theirs) {
  std::vector<std::string> differences;
  CompareFields(ours.fields, theirs.fields, "", differences);
  return differences;
}

Schema ResolveIds(const Schema& ours, const Schema& theirs) {
  Schema resolved = ours;
  resolved.schema_id = theirs.schema_id;
  CopyIds(resolved.fields, theirs.fields);
  return resolved;
}

}  // namespace frazil
