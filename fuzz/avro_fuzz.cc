// Avro: a container file; or else a schema as JSON, a zero byte, and the bytes of values.
#include "avro/container.h"

namespace frazil {
namespace {

// Whether a value says which branch of each union it is of: then what was read can be written.
bool Unambiguous(const AvroSchema& schema) {
  const auto alternative = [](AvroKind kind) {
    if (kind == AvroKind::kLong) return AvroKind::kInt;
    if (kind == AvroKind::kDouble) return AvroKind::kFloat;
    if (kind == AvroKind::kString || kind == AvroKind::kFixed) return AvroKind::kBytes;
    return kind == AvroKind::kArray ? AvroKind::kRecord : kind;
  };
  for (const AvroField& field : schema.fields) {
    if (!Unambiguous(*field.type)) return false;
  }
  for (std::size_t i = 0; i < schema.items.size(); ++i) {
    if (!Unambiguous(*schema.items[i])) return false;
    for (std::size_t j = 0; schema.kind == AvroKind::kUnion && j < i; ++j) {
      if (alternative(schema.items[i]->kind) == alternative(schema.items[j]->kind)) return false;
    }
  }
  return true;
}

std::string Encode(const AvroSchema& schema, const AvroValue& value) {
  AvroEncoder encoder;
  EncodeAvro(encoder, schema, value);
  return std::move(encoder).Take();
}

// By the bytes, since no NaN is equal to itself. How many nulls in a row are believed depends on how many
// bytes follow: as many as there were before, at least.
constexpr std::size_t kFollowing = 1 << 16;
void CheckRoundTrip(const AvroSchema& schema, const AvroValue& value) {
  const std::string bytes = Encode(schema, value);
  const std::string followed = bytes + std::string(kFollowing, '\0');
  AvroDecoder decoder(followed);
  const auto again = DecodeAvro(decoder, schema);
  FRAZIL_CHECK(again.has_value() && decoder.remaining() == kFollowing, "what is written can be read");
  FRAZIL_CHECK(Encode(schema, *again) == bytes, "and is what was written");
}

void CheckValue(std::string_view input) {
  const std::size_t end = input.find('\0');
  if (end == std::string_view::npos) return;
  const auto schema = ParseAvroSchema(input.substr(0, end));
  if (!schema) return;
  AvroDecoder decoder(input.substr(end + 1));
  while (decoder.remaining() > 0) {
    const std::size_t before = decoder.remaining();
    const auto value = DecodeAvro(decoder, **schema);
    if (!value) {
      FRAZIL_CHECK(value.error().kind == ErrorKind::kCorrupt, value.error().ToString());
      return;
    }
    if (Unambiguous(**schema)) CheckRoundTrip(**schema, *value);
    if (decoder.remaining() == before) return;  // a value of no bytes
  }
}

// The rows of a file, written again, are the same rows.
void CheckFile(std::string_view input) {
  auto reader = AvroFileReader::Open(std::string(input));
  if (!reader) {
    FRAZIL_CHECK(reader.error().kind == ErrorKind::kCorrupt || reader.error().kind == ErrorKind::kInvalid);
    return;
  }
  const auto schema_text = reader->metadata().find("avro.schema");
  FRAZIL_CHECK(schema_text != reader->metadata().end());
  const bool unambiguous = Unambiguous(reader->schema());
  AvroFileWriter writer({.schema_json = schema_text->second, .metadata = {}});
  std::string before;
  for (auto row = reader->Next();; row = reader->Next()) {
    if (!row) {
      FRAZIL_CHECK(row.error().kind == ErrorKind::kCorrupt, row.error().ToString());
      return;
    }
    if (!row->has_value()) break;
    if (!unambiguous) continue;
    before += Encode(reader->schema(), **row);
    writer.Append(**row);
  }
  auto again = AvroFileReader::Open(std::move(writer).Finish());
  FRAZIL_CHECK(again.has_value(), "what is written can be read");
  std::string after;
  for (auto row = again->Next(); row.value(); row = again->Next()) after += Encode(again->schema(), **row);
  FRAZIL_CHECK(after == before);
}

}  // namespace
}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace frazil;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("Obj\x01")) {
    CheckFile(input);
  } else {
    CheckValue(input);
  }
  return 0;
}
