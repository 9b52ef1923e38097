#include "iceberg/manifest_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "iceberg/manifest_internal.h"

namespace frazil {
namespace {

using Bin = std::vector<PlannedManifest>;

// From the end, so that it is the newest bin that is not full and grows the next time.
std::vector<Bin> PackEnd(std::vector<PlannedManifest> manifests, std::int64_t target_bytes) {
  std::vector<Bin> bins;
  std::int64_t bytes = 0;
  for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
    if (bins.empty() || bytes + manifest->file.manifest_length > target_bytes) {
      bins.emplace_back();
      bytes = 0;
    }
    bytes += manifest->file.manifest_length;
    bins.back().push_back(std::move(*manifest));
  }
  std::reverse(bins.begin(), bins.end());
  for (Bin& bin : bins) std::reverse(bin.begin(), bin.end());
  return bins;
}

const PartitionSpec* FindSpec(const TableMetadata& table, std::int32_t spec_id) {
  for (const PartitionSpec& spec : table.partition_specs) {
    if (spec.spec_id == spec_id) return &spec;
  }
  return nullptr;
}

// The current schema, or the newest that still has the columns that the spec is made of; nullptr when none
// has.
const Schema* SchemaFor(const TableMetadata& table, const PartitionSpec& spec) {
  const auto has_sources = [&spec](const Schema& schema) {
    return std::all_of(spec.fields.begin(), spec.fields.end(), [&](const PartitionField& field) {
      return schema.FindById(field.source_id) != nullptr;
    });
  };
  if (has_sources(table.CurrentSchema())) return &table.CurrentSchema();
  const auto found = std::find_if(table.schemas.rbegin(), table.schemas.rend(), has_sources);
  return found == table.schemas.rend() ? nullptr : &*found;
}

// One manifest's entries, as they stand in the merged one.
Status CopyEntries(const ManifestMerge& merge, const PlannedManifest& manifest, ManifestEncoder& encoder) {
  FRAZIL_ASSIGN(auto decoder, manifest.bytes.empty() ? ManifestDecoder::Open(merge.store, manifest.file)
                                                     : ManifestDecoder::Open(manifest.bytes, manifest.file));
  while (true) {
    FRAZIL_ASSIGN(auto entry, decoder.Next());
    if (!entry) return {};
    if (entry->status == EntryStatus::kDeleted) continue;  // an older snapshot's: this one deletes nothing
    if (entry->snapshot_id == merge.snapshot_id) {
      entry->sequence_number.reset();  // this snapshot's own go on inheriting
      entry->file_sequence_number.reset();
    } else {
      if (!entry->sequence_number) {
        return Fail(ErrorKind::kCorrupt, "TABLE_MANIFEST",
                    fmt::format("{} in {} has no sequence number", entry->data_file.file_path,
                                manifest.file.manifest_path));
      }
      entry->status = EntryStatus::kExisting;
    }
    FRAZIL_TRY(encoder.Add(*entry));
  }
}

// The manifests of `bin` as one, or none when nothing in them lives.
Result<std::vector<PlannedManifest>> MergeInto(const ManifestMerge& merge, const Bin& bin,
                                               const PartitionSpec& spec, const Schema& schema) {
  FRAZIL_ASSIGN(auto encoder,
                ManifestEncoder::Make(merge.next_location(), schema, spec, ManifestContent::kData,
                                      merge.snapshot_id, merge.table.format_version));
  for (const PlannedManifest& manifest : bin) FRAZIL_TRY(CopyEntries(merge, manifest, encoder));
  if (encoder.size() == 0) return std::vector<PlannedManifest>();
  EncodedManifest encoded = std::move(encoder).Finish();
  std::vector<PlannedManifest> merged(1);
  merged[0] = {.file = std::move(encoded.file), .bytes = std::move(encoded.bytes), .is_new = true};
  return merged;
}

Result<std::vector<PlannedManifest>> MergeBin(const ManifestMerge& merge, Bin bin, std::int64_t min_count) {
  const bool has_new = std::any_of(bin.begin(), bin.end(), [](const PlannedManifest& m) { return m.is_new; });
  if (has_new && static_cast<std::int64_t>(bin.size()) < min_count) return bin;

  const auto first_free =
      std::stable_partition(bin.begin(), bin.end(), [](const PlannedManifest& m) { return m.must_stay; });
  const Bin free(std::make_move_iterator(first_free), std::make_move_iterator(bin.end()));
  bin.erase(first_free, bin.end());
  const PartitionSpec* spec =
      free.size() < 2 ? nullptr : FindSpec(merge.table, free[0].file.partition_spec_id);
  const Schema* schema = spec == nullptr ? nullptr : SchemaFor(merge.table, *spec);
  if (schema == nullptr) {
    bin.insert(bin.end(), free.begin(), free.end());
    return bin;
  }
  auto merged = MergeInto(merge, free, *spec, *schema);
  if (!merged && merged.error().code != "AVRO_CODEC") return merged;
  const std::vector<PlannedManifest>& rest = merged ? *merged : free;
  bin.insert(bin.end(), rest.begin(), rest.end());
  return bin;
}

}  // namespace

Result<std::vector<PlannedManifest>> MergeManifests(const ManifestMerge& merge,
                                                    std::vector<PlannedManifest> manifests) {
  if (merge.table.Property("commit.manifest-merge.enabled", "true") != "true") return manifests;
  const std::int64_t target_bytes =
      merge.table.PropertyInt("commit.manifest.target-size-bytes", std::int64_t{8} << 20);
  const std::int64_t min_count = merge.table.PropertyInt("commit.manifest.min-count-to-merge", 100);

  std::map<std::int32_t, std::vector<PlannedManifest>, std::greater<>>
      by_spec;  // the newest spec first, as Java
  for (PlannedManifest& manifest : manifests)
    by_spec[manifest.file.partition_spec_id].push_back(std::move(manifest));
  std::vector<PlannedManifest> out;
  for (auto& [spec_id, group] : by_spec) {
    for (Bin& bin : PackEnd(std::move(group), target_bytes)) {
      FRAZIL_ASSIGN(std::vector<PlannedManifest> kept, MergeBin(merge, std::move(bin), min_count));
      out.insert(out.end(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
    }
  }
  return out;
}

}  // namespace frazil
