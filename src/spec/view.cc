#include "spec/view_internal.h"

namespace frazil {

const FieldRule& View::Rule(std::string_view key) const {
  const FieldRule* field = rule_->Find(key);
  FRAZIL_CHECK(field != nullptr, key);
  return *field;
}

const Node* View::Find(std::string_view key) const {
  static_cast<void>(Rule(key));
  return node_ == nullptr ? nullptr : node_->Find(key);
}

std::string View::Text(std::string_view key) const {
  const Node* found = Find(key);
  if (found == nullptr) return std::string(Rule(key).otherwise);
  return found->text;
}

View View::Object(std::string_view key) const {
  FRAZIL_CHECK(Rule(key).object != nullptr, key);
  const Node* found = Find(key);
  return View(found != nullptr && found->kind == Node::Kind::kMap ? found : nullptr, *Rule(key).object);
}

std::vector<View> View::Objects(std::string_view key) const {
  FRAZIL_CHECK(Rule(key).object != nullptr, key);
  std::vector<View> views;
  const Node* found = Find(key);
  if (found == nullptr) return views;
  for (const Node& item : found->items) {
    if (item.kind == Node::Kind::kMap) views.emplace_back(&item, *Rule(key).object);
  }
  return views;
}

std::vector<std::string> View::Texts(std::string_view key) const {
  std::vector<std::string> texts;
  const Node* found = Find(key);
  if (found == nullptr) return texts;
  for (const Node& item : found->items) texts.push_back(item.text);
  return texts;
}

}  // namespace frazil
