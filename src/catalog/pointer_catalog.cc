#include "catalog/pointer_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "iceberg/folders.h"
#include "iceberg/metadata_file.h"

namespace frazil {
namespace {

std::string WithoutTrailingSlash(std::string location) {
  while (location.size() > 1 && location.ends_with('/')) location.pop_back();
  return location;
}

// 7 of ".../00007-UUID.metadata.json"; -1 where the name does not begin so (another way of naming).
int VersionOf(const std::string& metadata_location) {
  const std::size_t name = metadata_location.rfind('/') + 1;
  const std::size_t hyphen = metadata_location.find('-', name);
  if (hyphen == std::string::npos) return -1;
  int version = -1;
  const char* end = metadata_location.data() + hyphen;
  const auto parsed = std::from_chars(metadata_location.data() + name, end, version);
  return parsed.ec == std::errc() && parsed.ptr == end ? version : -1;
}

CommitOutcome Failed(Error error) {
  // A ref that has come to hold a snapshot to be removed moves no branch: no requirement tells of it.
  const bool held = error.code == "TABLE_REF_HOLDS";
  if (error.kind == ErrorKind::kConflict || held) return Conflict{std::move(error.detail)};
  if (error.kind == ErrorKind::kUnknownOutcome) return UnknownOutcome{std::move(error)};
  return Refused{std::move(error)};
}

}  // namespace

PointerCatalog::PointerCatalog(Runtime& runtime, ObjectStore& store, std::string warehouse)
    : runtime_(runtime), store_(store), warehouse_(WithoutTrailingSlash(std::move(warehouse))) {}

Result<LoadedTable> PointerCatalog::Load(const TableName& name) {
  FRAZIL_ASSIGN(std::string location, FindPointer(name));
  for (;;) {
    auto metadata = ReadMetadata(location);
    if (metadata) return LoadedTable{std::move(*metadata), std::move(location)};
    if (metadata.error().kind != ErrorKind::kNotFound) return Fail(std::move(metadata).error());
    // It may have been replaced, and deleted, since the pointer was read.
    FRAZIL_ASSIGN(std::string now, FindPointer(name));
    if (now == location) {
      return Fail(ErrorKind::kCorrupt, "TABLE_METADATA_MISSING",
                  fmt::format("the catalog says that {} is described by {}, which is not there",
                              name.ToString(), location),
                  "restore the file, or drop the table from the catalog");
    }
    location = std::move(now);
  }
}

Result<LoadedTable> PointerCatalog::Create(const TableName& name, NewTable table) {
  const auto found = FindPointer(name);
  if (found) {
    return Fail(ErrorKind::kConflict, "TABLE_EXISTS",
                fmt::format("{} is in the catalog already", name.ToString()));
  }
  if (found.error().kind != ErrorKind::kNotFound) return Fail(found.error());
  if (table.location.empty()) {
    table.location = fmt::format("{}/{}/{}", warehouse_, fmt::join(name.space, "/"), name.name);
  }
  table.location = WithoutTrailingSlash(std::move(table.location));
  TableMetadata metadata = MakeTableMetadata(std::move(table));
  FRAZIL_ASSIGN(std::string location, WriteMetadata(metadata, 0));
  if (auto added = AddPointer(name, location); !added) {
    if (added.error().kind != ErrorKind::kUnknownOutcome) DeleteFile(location);
    return Fail(std::move(added).error());
  }
  return LoadedTable{std::move(metadata), std::move(location)};
}

CommitOutcome PointerCatalog::Commit(const TableName& name, const TableChange& change) {
  auto base = Load(name);
  if (!base) return Refused{std::move(base).error()};
  if (auto held = CheckRequirements(base->metadata, change.requirements); !held)
    return Failed(std::move(held).error());
  auto next = ApplyChange(base->metadata, change, runtime_.UnixMillis());
  if (!next) return Failed(std::move(next).error());
  const std::vector<std::string> outdated =
      AdvanceMetadataLog(*next, base->metadata_location, base->metadata.last_updated_ms);

  auto location = WriteMetadata(*next, VersionOf(base->metadata_location) + 1);
  if (!location) return Refused{std::move(location).error()};
  auto swapped = SwapPointer(name, base->metadata_location, *location);
  if (!swapped) {
    if (swapped.error().kind != ErrorKind::kUnknownOutcome) DeleteFile(*location);
    return Failed(std::move(swapped).error());
  }
  if (!*swapped) {
    DeleteFile(*location);
    return Conflict{fmt::format("{} is no longer described by {}", name.ToString(), base->metadata_location)};
  }
  if (next->Property("write.metadata.delete-after-commit.enabled", "false") == "true") {
    for (const std::string& file : outdated) DeleteFile(file);
  }
  return Committed{{std::move(*next), std::move(*location)}};
}

Result<TableMetadata> PointerCatalog::ReadMetadata(const std::string& location) {
  FRAZIL_ASSIGN(const std::string bytes, store_.Get(location));
  auto metadata = DecodeMetadataFile(bytes);
  if (!metadata) return Fail(WithContext(std::move(metadata).error(), location));
  return metadata;
}

Result<std::string> PointerCatalog::WriteMetadata(const TableMetadata& metadata, int version) {
  const MetadataFile file = EncodeMetadataFile(metadata);
  std::string location = fmt::format("{}/{:05}-{}{}", MetadataFolder(metadata), version,
                                     runtime_.NewUuid().ToString(), file.suffix);
  if (auto written = store_.Put(location, file.bytes); !written) {
    DeleteFile(location);  // the failure may have come after the effect
    return Fail(std::move(written).error());
  }
  return location;
}

void PointerCatalog::DeleteFile(const std::string& location) {
  if (const auto deleted = store_.Delete(location); !deleted) {
    LogWarning("{} is left behind: {}", location, deleted.error().ToString());
  }
}

}  // namespace frazil
