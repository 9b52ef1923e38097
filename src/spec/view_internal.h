// Reads an object of a document by its rule: values as they stand, the table's defaults where they are
// absent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/node_internal.h"
#include "spec/table_internal.h"

namespace frazil {

// Borrows the document. Also of documents with problems: what is wrong counts as absent.
// REQUIRES: every key that is asked for is in the rule.
class View {
 public:
  View(const Node* node, const ObjectRule& rule) : node_(node), rule_(&rule) {}

  bool present() const { return node_ != nullptr; }
  Place place() const { return node_ == nullptr ? Place() : node_->place; }

  // nullptr when absent.
  const Node* Find(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  std::string Text(std::string_view key) const;
  bool Flag(std::string_view key) const { return Text(key) == "true"; }
  View Object(std::string_view key) const;
  std::vector<View> Objects(std::string_view key) const;
  std::vector<std::string> Texts(std::string_view key) const;

 private:
  const FieldRule& Rule(std::string_view key) const;

  const Node* node_;
  const ObjectRule* rule_;
};

}  // namespace frazil
