#include "decode/json_index.h"

#include <simdjson.h>

#include <algorithm>

#include "base/result.h"

namespace frazil {
namespace {

// Memory for texts of this size is kept; a larger text's is given back with the next small one.
constexpr std::size_t kKeptSize = 1 << 20;

}  // namespace

struct JsonIndex::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = kKeptSize;
};

JsonIndex::JsonIndex() : stage_(std::make_unique<Stage>()) {
  const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
      stage_->capacity, simdjson::DEFAULT_MAX_DEPTH, stage_->parser);
  FRAZIL_CHECK(error == simdjson::SUCCESS, simdjson::error_message(error));
}

JsonIndex::~JsonIndex() = default;

void JsonIndex::Resize(std::size_t text_size) {
  const std::size_t wanted = std::max(text_size, kKeptSize);
  if (wanted <= stage_->capacity && wanted > kKeptSize) return;
  if (wanted == stage_->capacity) return;
  const auto error = stage_->parser->set_capacity(wanted);
  FRAZIL_CHECK(error == simdjson::SUCCESS, simdjson::error_message(error));
  stage_->capacity = wanted;
}

JsonIndex::Outcome JsonIndex::Find(std::string_view text) {
  Resize(text.size());
  const auto error = stage_->parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                            simdjson::stage1_mode::regular);
  if (error == simdjson::UTF8_ERROR) return Outcome::kUtf8;
  if (error == simdjson::UNCLOSED_STRING) return Outcome::kOpenString;
  if (error == simdjson::UNESCAPED_CHARS) return Outcome::kControlCharacter;
  if (error == simdjson::EMPTY) return Outcome::kEmpty;
  FRAZIL_CHECK(error == simdjson::SUCCESS, simdjson::error_message(error));
  begin_ = stage_->parser->structural_indexes.get();
  end_ = begin_ + stage_->parser->n_structural_indexes;
  return Outcome::kOk;
}

}  // namespace frazil
