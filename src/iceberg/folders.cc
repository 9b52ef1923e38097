#include "iceberg/folders.h"

#include <utility>

namespace frazil {
namespace {

std::string WithoutTrailingSlash(std::string location) {
  while (location.ends_with('/')) location.pop_back();
  return location;
}

// An empty property is none.
std::string FolderOf(const TableMetadata& table, const std::string& property, const char* below) {
  std::string folder = WithoutTrailingSlash(table.Property(property));
  return folder.empty() ? WithoutTrailingSlash(table.location) + below : std::move(folder);
}

}  // namespace

std::string MetadataFolder(const TableMetadata& table) {
  return FolderOf(table, "write.metadata.path", "/metadata");
}

std::string DataFolder(const TableMetadata& table) {
  return FolderOf(table, "write.data.path", "/data");
}

}  // namespace frazil
