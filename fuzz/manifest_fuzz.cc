// Manifests and manifest lists. The input is a whole file, which is read as both; or else its first byte
// picks one of the two, the second says of how many entries, and the rest are these entries' bytes: what is
// compressed changes badly.
#include "iceberg/manifest.h"

#include "iceberg/manifest_internal.h"
#include "iceberg/manifest_schema.h"

namespace frazil {
namespace {

constexpr std::size_t kMaxInput = 64'000;
const std::string kLocation = "memory:/manifest.avro";

// One object, so that no more of storage is needed.
class OneObject final : public ObjectStore, public ObjectReader, public ObjectWriter {
 public:
  explicit OneObject(std::string& bytes) : bytes_(bytes) {}

  Result<std::unique_ptr<ObjectWriter>> Create(const std::string&) override {
    return std::make_unique<OneObject>(bytes_);
  }
  Result<std::unique_ptr<ObjectReader>> Open(const std::string&) override {
    return std::make_unique<OneObject>(bytes_);
  }
  Status Delete(const std::string&) override { return {}; }
  Result<std::vector<std::string>> List(const std::string&) override { return std::vector<std::string>{}; }
  Status ReadAt(std::int64_t position, std::int64_t length, void* out) override {
    bytes_.copy(static_cast<char*>(out), static_cast<std::size_t>(length),
                static_cast<std::size_t>(position));
    return {};
  }
  Status Append(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  Status Finish() override { return {}; }
  std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }

 private:
  std::string& bytes_;
};

Schema PartitionedSchema() {
  const auto field = [](std::int32_t id, std::string name, Type type) {
    return Field{.id = id, .name = std::move(name), .type = std::move(type)};
  };
  return {.fields = {field(1, "id", Type::Primitive(TypeId::kLong)),
                     field(2, "day", Type::Primitive(TypeId::kDate)), field(3, "price", Type::Decimal(9, 2)),
                     field(4, "weight", Type::Primitive(TypeId::kDouble)),
                     field(5, "name", Type::Primitive(TypeId::kString)),
                     field(6, "good", Type::Primitive(TypeId::kBoolean))}};
}

PartitionSpec Partitions() {
  PartitionSpec spec;
  for (const Field& field : PartitionedSchema().fields) {
    spec.fields.push_back(
        {.source_id = field.id, .field_id = 999 + field.id, .name = field.name, .transform = "identity"});
  }
  spec.fields[0] = {.source_id = 1, .field_id = 1000, .name = "id_bucket", .transform = "bucket[16]"};
  return spec;
}

// A file of that many entries, given as bytes.
std::string File(std::string_view schema_json, std::string_view input) {
  if (input.empty()) return {};
  AvroEncoder file;
  file.WriteFixed("Obj\x01");
  file.WriteLong(2);
  file.WriteBytes("avro.schema");
  file.WriteBytes(schema_json);
  file.WriteBytes("avro.codec");
  file.WriteBytes("null");
  file.WriteLong(0);
  const std::string marker(16, 'm');
  file.WriteFixed(marker);
  file.WriteLong(static_cast<unsigned char>(input[0]) % 8);
  file.WriteBytes(input.substr(1));
  file.WriteFixed(marker);
  return std::move(file).Take();
}

Result<std::vector<ManifestEntry>> ReadEntries(std::string bytes) {
  OneObject store(bytes);
  return ReadManifest(
      store, {.manifest_path = kLocation, .sequence_number = 7, .added_snapshot_id = SnapshotId(77)});
}

bool HaveNaN(const std::vector<ManifestEntry>& entries) {
  return !(entries == entries);  // NOLINT(misc-redundant-expression): no NaN is equal to itself
}

// What was read can be written into a manifest of ours, unless it is of another spec, and reads the same.
void CheckEntries(const std::vector<ManifestEntry>& entries) {
  if (entries.empty()) return;
  const ManifestContent content =
      entries[0].data_file.content == FileContent::kData ? ManifestContent::kData : ManifestContent::kDeletes;
  std::string bytes;
  OneObject store(bytes);
  const PartitionSpec spec = entries[0].data_file.partition.empty() ? PartitionSpec() : Partitions();
  const auto written =
      WriteManifest(store, kLocation, PartitionedSchema(), spec, content, SnapshotId(77), entries);
  if (!written) {
    FRAZIL_CHECK(written.error().kind == ErrorKind::kInvalid, written.error().ToString());
    return;
  }
  FRAZIL_CHECK(written->manifest_length == static_cast<std::int64_t>(bytes.size()));
  FRAZIL_CHECK(!written->partitions || written->partitions->size() == spec.fields.size());
  const auto again = ReadEntries(bytes);
  FRAZIL_CHECK(again.has_value() && again->size() == entries.size(), "what is written can be read");
  if (!HaveNaN(entries)) FRAZIL_CHECK(*again == entries, "and is what was written");
}

void CheckManifest(std::string bytes) {
  const auto entries = ReadEntries(std::move(bytes));
  if (entries) {
    CheckEntries(*entries);
  } else {
    FRAZIL_CHECK(entries.error().kind == ErrorKind::kCorrupt || entries.error().kind == ErrorKind::kInvalid,
                 entries.error().ToString());
  }
}

void CheckList(std::string bytes) {
  OneObject store(bytes);
  const auto list = ReadManifestList(store, kLocation);
  if (!list) {
    FRAZIL_CHECK(list.error().kind == ErrorKind::kCorrupt || list.error().kind == ErrorKind::kInvalid,
                 list.error().ToString());
    return;
  }
  std::string written;
  OneObject written_store(written);
  FRAZIL_CHECK(WriteManifestList(
                   written_store, kLocation,
                   {.snapshot_id = SnapshotId(1), .sequence_number = kUnassignedSequence, .manifests = *list})
                   .has_value());
  FRAZIL_CHECK(ReadManifestList(written_store, kLocation) == list, "what is written is read as it was");
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  static const std::string kEntrySchema = ManifestEntryAvroSchema(PartitionedSchema(), Partitions()).value();
  static const std::string kListSchema = ManifestFileAvroSchema();
  if (size == 0 || size > kMaxInput) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("Obj\x01")) {
    CheckManifest(std::string(input));
    CheckList(std::string(input));
  } else if (data[0] % 2 == 0) {
    CheckManifest(File(kEntrySchema, input.substr(1)));
  } else {
    CheckList(File(kListSchema, input.substr(1)));
  }
  return 0;
}
