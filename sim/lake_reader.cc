#include "sim/lake_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>

#include "parquet/data_file_reader.h"

namespace frazil::sim {
namespace {

using nlohmann::json;

tl::unexpected<Error> Bad(const std::string& what) {
  return Fail(ErrorKind::kCorrupt, "ORACLE", what);
}

// Avro's binary encoding (specification 1.11). Past the end everything is zero and `ok` is false.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t Long() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(Take(1).empty() ? 0 : bytes_[at_ - 1]);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::string_view Take(std::int64_t count) {
    if (count < 0 || static_cast<std::size_t>(count) > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    at_ += static_cast<std::size_t>(count);
    return bytes_.substr(at_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
  }
  std::string_view Bytes() { return Take(Long()); }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

class AvroReader {
 public:
  json Value(const json& schema, Cursor& in) {
    if (schema.is_array()) {
      const std::int64_t branch = in.Long();
      if (branch < 0 || static_cast<std::size_t>(branch) >= schema.size()) return {};
      return Value(schema[static_cast<std::size_t>(branch)], in);
    }
    if (schema.is_object()) return Complex(schema, in);
    const auto type = schema.get<std::string>();
    const auto named = named_.find(type);
    if (named != named_.end()) return Value(json(named->second), in);
    if (type == "boolean") return in.Take(1) == std::string_view("\1", 1);
    if (type == "int" || type == "long") return in.Long();
    if (type == "float") return Real<float>(in);
    if (type == "double") return Real<double>(in);
    if (type == "string" || type == "bytes") return std::string(in.Bytes());
    return {};
  }

 private:
  template <typename T>
  json Real(Cursor& in) {
    T value{};
    const auto bytes = in.Take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  json Complex(const json& schema, Cursor& in) {
    const json& type = schema.at("type");
    if (!type.is_string()) return Value(type, in);
    const auto name = type.get<std::string>();
    if (schema.contains("name")) named_.try_emplace(schema.at("name").get<std::string>(), schema);
    if (name == "record") {
      json object = json::object();
      for (const auto& field : schema.at("fields"))
        object[field.at("name").get<std::string>()] = Value(field.at("type"), in);
      return object;
    }
    if (name == "fixed") return std::string(in.Take(schema.at("size").get<std::int64_t>()));
    if (name == "array" || name == "map") {
      json items = json::array();
      while (in.ok()) {
        std::int64_t count = in.Long();
        if (count == 0) break;
        if (count < 0) {
          count = -count;
          in.Long();
        }
        for (; count > 0 && in.ok(); --count) {
          if (name == "map") in.Bytes();
          items.push_back(Value(schema.at(name == "map" ? "values" : "items"), in));
        }
      }
      return items;
    }
    return Value(type, in);
  }

  std::map<std::string, json> named_;
};

Result<std::string> Inflate(std::string_view block) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) return Bad("zlib");
  std::string out;
  std::string buffer(64 << 10, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return Bad("a block that does not inflate");
  return out;
}

std::map<std::string, std::string> Texts(const json& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object.items()) texts[key] = value.get<std::string>();
  return texts;
}

Field Column(const SeenTable& table, const char* name, TypeId type) {
  Field field;
  const auto id = table.field_ids.find(name);
  field.id = id == table.field_ids.end() ? 9999 : id->second;
  field.name = name;
  field.type = Type::Primitive(type);
  return field;
}

void TakeRows(const ColumnBatch& batch, std::vector<SeenRow>& rows) {
  for (std::int64_t i = 0; i < batch.rows(); ++i) {
    SeenRow& row = rows.emplace_back();
    if (!batch.column(0).is_null(i)) row.partition = batch.column(0).value<std::int32_t>(i);
    if (!batch.column(1).is_null(i)) row.offset = batch.column(1).value<std::int64_t>(i);
    if (!batch.column(2).is_null(i)) row.id = batch.column(2).value<std::int64_t>(i);
    if (!batch.column(3).is_null(i)) row.value = batch.column(3).bytes(i);
    if (!batch.column(4).is_null(i)) row.error_code = batch.column(4).bytes(i);
  }
}

}  // namespace

Result<std::vector<json>> ReadAvroFile(const std::string& bytes) {
  Cursor in(bytes);
  if (in.Take(4) != "Obj\1") return Bad("not an Avro file");
  std::map<std::string, std::string> header;
  while (in.ok()) {
    std::int64_t count = in.Long();
    if (count == 0) break;
    if (count < 0) {
      count = -count;
      in.Long();
    }
    for (; count > 0 && in.ok(); --count) {
      std::string key(in.Bytes());
      header[key] = std::string(in.Bytes());
    }
  }
  const std::string sync(in.Take(16));
  const json schema = json::parse(header["avro.schema"], nullptr, false);
  if (!in.ok() || schema.is_discarded()) return Bad("the header is broken");
  std::vector<json> records;
  AvroReader reader;
  while (!in.at_end()) {
    const std::int64_t count = in.Long();
    std::string block(in.Bytes());
    if (in.Take(16) != sync || !in.ok()) return Bad("a block is broken");
    if (header["avro.codec"] == "deflate") {
      FRAZIL_ASSIGN(block, Inflate(block));
    }
    Cursor values(block);
    for (std::int64_t i = 0; i < count; ++i) records.push_back(reader.Value(schema, values));
    if (!values.ok() || !values.at_end()) return Bad("a block's records do not fill it");
  }
  return records;
}

Result<SeenTable> LakeReader::Table(const std::string& metadata_location) {
  FRAZIL_ASSIGN(const std::string bytes, store_.Get(metadata_location));
  const json metadata = json::parse(bytes, nullptr, false);
  if (!metadata.is_object()) return Bad(metadata_location + " is not JSON");
  SeenTable table;
  table.uuid = metadata.at("table-uuid").get<std::string>();
  table.properties = Texts(metadata.at("properties"));
  for (const auto& item : metadata.at("snapshots")) {
    SeenSnapshot& snapshot = table.snapshots.emplace_back();
    snapshot.id = item.at("snapshot-id").get<std::int64_t>();
    if (item.contains("parent-snapshot-id"))
      snapshot.parent = item.at("parent-snapshot-id").get<std::int64_t>();
    snapshot.sequence = item.at("sequence-number").get<std::int64_t>();
    snapshot.manifest_list = item.at("manifest-list").get<std::string>();
    snapshot.summary = Texts(item.at("summary"));
  }
  if (metadata.contains("refs") && metadata.at("refs").contains("main")) {
    table.head = metadata.at("refs").at("main").at("snapshot-id").get<std::int64_t>();
  }
  for (const auto& schema : metadata.at("schemas")) {
    if (schema.at("schema-id") != metadata.at("current-schema-id")) continue;
    for (const auto& field : schema.at("fields")) {
      table.field_ids[field.at("name").get<std::string>()] = field.at("id").get<std::int32_t>();
    }
  }
  return table;
}

Result<std::vector<std::string>> LakeReader::Manifests(const SeenSnapshot& snapshot) {
  if (!Exists(snapshot.manifest_list)) return Bad("manifest list " + snapshot.manifest_list + " is gone");
  const auto known = manifests_.find(snapshot.manifest_list);
  if (known != manifests_.end()) return known->second;
  FRAZIL_ASSIGN(const std::string bytes, store_.Get(snapshot.manifest_list));
  FRAZIL_ASSIGN(const auto records, ReadAvroFile(bytes));
  std::vector<std::string> manifests;
  for (const auto& record : records) manifests.push_back(record.at("manifest_path").get<std::string>());
  return manifests_[snapshot.manifest_list] = std::move(manifests);
}

Result<std::vector<std::string>> LakeReader::LiveFiles(const std::string& manifest) {
  constexpr int kDeleted = 2;
  if (!Exists(manifest)) return Bad("manifest " + manifest + " is gone");
  const auto known = files_.find(manifest);
  if (known != files_.end()) return known->second;
  FRAZIL_ASSIGN(const std::string bytes, store_.Get(manifest));
  FRAZIL_ASSIGN(const auto records, ReadAvroFile(bytes));
  std::vector<std::string> files;
  for (const auto& record : records) {
    if (record.at("status") != kDeleted)
      files.push_back(record.at("data_file").at("file_path").get<std::string>());
  }
  return files_[manifest] = std::move(files);
}

Result<const std::vector<SeenRow>*> LakeReader::Rows(const SeenTable& table, const std::string& file) {
  if (!Exists(file)) return Bad("data file " + file + " is gone");
  const auto known = rows_.find(file);
  if (known != rows_.end()) return &known->second;
  Schema schema;
  schema.fields = {Column(table, "kafka_partition", TypeId::kInt),
                   Column(table, "kafka_offset", TypeId::kLong), Column(table, "id", TypeId::kLong),
                   Column(table, "value", TypeId::kBinary), Column(table, "error_code", TypeId::kString)};
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].id == 9999) schema.fields[i].id = 9999 + static_cast<std::int32_t>(i);
  }
  std::vector<SeenRow> rows;
  FRAZIL_TRY(ReadParquet(store_, file, schema, [&](const ColumnBatch& batch) -> Status {
    TakeRows(batch, rows);
    return {};
  }));
  return &(rows_[file] = std::move(rows));
}

bool LakeReader::Exists(const std::string& location) const {
  return store_.Open(location).has_value();
}

}  // namespace frazil::sim
