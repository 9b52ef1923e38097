#include "avro/value.h"

namespace frazil {
namespace {

Result<AvroValue> DecodeRecord(AvroDecoder& decoder, const AvroSchema& schema) {
  if (schema.fields.empty()) FRAZIL_TRY(decoder.CountFreeValue());
  AvroList fields;
  fields.reserve(schema.fields.size());
  for (const AvroField& field : schema.fields) {
    FRAZIL_ASSIGN(AvroValue value, DecodeAvro(decoder, *field.type));
    fields.push_back(std::move(value));
  }
  return AvroValue(std::move(fields));
}

Result<AvroValue> DecodeArray(AvroDecoder& decoder, const AvroSchema& schema) {
  AvroList list;
  while (true) {
    FRAZIL_ASSIGN(const std::int64_t count, decoder.ReadBlockCount());
    if (count == 0) return AvroValue(std::move(list));
    for (std::int64_t i = 0; i < count; ++i) {
      FRAZIL_ASSIGN(AvroValue value, DecodeAvro(decoder, *schema.items[0]));
      list.push_back(std::move(value));
    }
  }
}

Result<AvroValue> DecodeMap(AvroDecoder& decoder, const AvroSchema& schema) {
  AvroMap map;
  while (true) {
    FRAZIL_ASSIGN(const std::int64_t count, decoder.ReadBlockCount());
    if (count == 0) return AvroValue(std::move(map));
    for (std::int64_t i = 0; i < count; ++i) {
      FRAZIL_ASSIGN(const std::string_view key, decoder.ReadBytes());
      FRAZIL_ASSIGN(AvroValue value, DecodeAvro(decoder, *schema.items[0]));
      map.emplace_back(std::string(key), std::move(value));
    }
  }
}

Result<AvroValue> DecodeUnion(AvroDecoder& decoder, const AvroSchema& schema) {
  FRAZIL_ASSIGN(const std::int64_t branch, decoder.ReadLong());
  if (branch < 0 || static_cast<std::uint64_t>(branch) >= schema.items.size()) {
    return decoder.Corrupt("a union has no such branch");
  }
  const AvroSchema& chosen = *schema.items[static_cast<std::size_t>(branch)];
  // A null branch has taken the byte of its index.
  if (chosen.kind == AvroKind::kNull) return AvroValue();
  return DecodeAvro(decoder, chosen);
}

// Whether a value of this alternative can be one of the schema; what is inside is not looked at.
bool Fits(const AvroSchema& schema, const AvroValue& value) {
  switch (schema.kind) {
    case AvroKind::kNull:
      return value.is_null();
    case AvroKind::kBoolean:
      return std::holds_alternative<bool>(value.data);
    case AvroKind::kInt:
    case AvroKind::kLong:
      return std::holds_alternative<std::int64_t>(value.data);
    case AvroKind::kFloat:
    case AvroKind::kDouble:
      return std::holds_alternative<double>(value.data);
    case AvroKind::kBytes:
    case AvroKind::kString:
    case AvroKind::kFixed:
      return std::holds_alternative<std::string>(value.data);
    case AvroKind::kRecord:
    case AvroKind::kArray:
      return std::holds_alternative<AvroList>(value.data);
    case AvroKind::kMap:
      return std::holds_alternative<AvroMap>(value.data);
    case AvroKind::kUnion:
      return false;
  }
  return false;
}

void EncodeRecord(AvroEncoder& encoder, const AvroSchema& schema, const AvroList& fields) {
  FRAZIL_CHECK(fields.size() == schema.fields.size(), schema.name);
  for (std::size_t i = 0; i < fields.size(); ++i) EncodeAvro(encoder, *schema.fields[i].type, fields[i]);
}

void EncodeArray(AvroEncoder& encoder, const AvroSchema& element, const AvroList& list) {
  if (!list.empty()) {
    encoder.WriteLong(static_cast<std::int64_t>(list.size()));
    for (const AvroValue& value : list) EncodeAvro(encoder, element, value);
  }
  encoder.WriteLong(0);
}

void EncodeMap(AvroEncoder& encoder, const AvroSchema& type, const AvroMap& map) {
  if (!map.empty()) {
    encoder.WriteLong(static_cast<std::int64_t>(map.size()));
    for (const auto& [key, value] : map) {
      encoder.WriteBytes(key);
      EncodeAvro(encoder, type, value);
    }
  }
  encoder.WriteLong(0);
}

void EncodeUnion(AvroEncoder& encoder, const AvroSchema& schema, const AvroValue& value) {
  for (std::size_t i = 0; i < schema.items.size(); ++i) {
    if (!Fits(*schema.items[i], value)) continue;
    encoder.WriteLong(static_cast<std::int64_t>(i));
    EncodeAvro(encoder, *schema.items[i], value);
    return;
  }
  FRAZIL_CHECK(false, "a value fits no branch of its union");
}

}  // namespace

Result<AvroValue> DecodeAvro(AvroDecoder& decoder, const AvroSchema& schema) {
  const auto wrap = [](auto value) { return AvroValue(value); };
  const auto text = [](std::string_view bytes) { return AvroValue(std::string(bytes)); };
  switch (schema.kind) {
    case AvroKind::kNull:
      FRAZIL_TRY(decoder.CountFreeValue());
      return AvroValue();
    case AvroKind::kBoolean:
      return decoder.ReadBoolean().map(wrap);
    case AvroKind::kInt:
      return decoder.ReadInt().map(wrap);
    case AvroKind::kLong:
      return decoder.ReadLong().map(wrap);
    case AvroKind::kFloat:
      return decoder.ReadFloat().map([](float value) { return AvroValue(double{value}); });
    case AvroKind::kDouble:
      return decoder.ReadDouble().map(wrap);
    case AvroKind::kBytes:
    case AvroKind::kString:
      return decoder.ReadBytes().map(text);
    case AvroKind::kFixed:
      if (schema.size == 0) FRAZIL_TRY(decoder.CountFreeValue());
      return decoder.ReadFixed(schema.size).map(text);
    case AvroKind::kRecord:
      return DecodeRecord(decoder, schema);
    case AvroKind::kArray:
      return DecodeArray(decoder, schema);
    case AvroKind::kMap:
      return DecodeMap(decoder, schema);
    case AvroKind::kUnion:
      return DecodeUnion(decoder, schema);
  }
  return decoder.Corrupt("unknown kind");
}

void EncodeAvro(AvroEncoder& encoder, const AvroSchema& schema, const AvroValue& value) {
  if (schema.kind == AvroKind::kUnion) return EncodeUnion(encoder, schema, value);
  FRAZIL_CHECK(Fits(schema, value), "a value is not of its Avro schema");
  switch (schema.kind) {
    case AvroKind::kNull:
    case AvroKind::kUnion:
      return;
    case AvroKind::kBoolean:
      return encoder.WriteBoolean(std::get<bool>(value.data));
    case AvroKind::kInt:
    case AvroKind::kLong:
      return encoder.WriteLong(std::get<std::int64_t>(value.data));
    case AvroKind::kFloat:
      return encoder.WriteFloat(static_cast<float>(std::get<double>(value.data)));
    case AvroKind::kDouble:
      return encoder.WriteDouble(std::get<double>(value.data));
    case AvroKind::kBytes:
    case AvroKind::kString:
      return encoder.WriteBytes(std::get<std::string>(value.data));
    case AvroKind::kFixed: {
      const auto& bytes = std::get<std::string>(value.data);
      FRAZIL_CHECK(static_cast<std::int64_t>(bytes.size()) == schema.size, schema.name);
      return encoder.WriteFixed(bytes);
    }
    case AvroKind::kRecord:
      return EncodeRecord(encoder, schema, std::get<AvroList>(value.data));
    case AvroKind::kArray:
      return EncodeArray(encoder, *schema.items[0], std::get<AvroList>(value.data));
    case AvroKind::kMap:
      return EncodeMap(encoder, *schema.items[0], std::get<AvroMap>(value.data));
  }
}

}  // namespace frazil
