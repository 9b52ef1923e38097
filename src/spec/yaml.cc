// yaml-cpp's adapter. Its events are used and not its nodes, which hide duplicate keys.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "spec/node_internal.h"

namespace frazil {
namespace {

constexpr const char* kLookHere = "look at indentation, quotes and brackets here and in the line above";

Place ToPlace(const YAML::Mark& mark) {
  return Place{std::max(0, mark.line) + 1, std::max(0, mark.column) + 1};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view yaml, Problems& problems) : yaml_(yaml), problems_(problems) {}

  // The document that was read last.
  Node TakeRoot() { return std::move(root_); }

  // Whether the last document began behind the one before it. yaml-cpp finds empty documents without end
  // where a comma stands outside of brackets.
  bool moved() const { return moved_; }
  Place start() const { return ToPlace(start_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    moved_ = mark.pos != start_.pos;
    start_ = mark;
    root_ = Node();
    open_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckAnchor(mark, anchor);
    Add(Node{.kind = Node::Kind::kNull, .place = ToPlace(mark), .items = {}, .members = {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckAnchor(mark, anchor);
    Add(Node{.kind = Node::Kind::kNull, .place = ToPlace(mark), .items = {}, .members = {}});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckAnchor(mark, anchor);
    Add(Node{.kind = Node::Kind::kScalar,
             .place = ToPlace(mark),
             .text = value,
             .plain = tag == "?",
             .text_column = TextColumn(mark, value),
             .items = {},
             .members = {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckAnchor(mark, anchor);
    open_.push_back(
        {Node{.kind = Node::Kind::kList, .place = ToPlace(mark), .items = {}, .members = {}}, {}, false});
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckAnchor(mark, anchor);
    open_.push_back(
        {Node{.kind = Node::Kind::kMap, .place = ToPlace(mark), .items = {}, .members = {}}, {}, false});
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Open {
    Node node;
    Node key;  // kMap: read, its value not yet
    bool has_key = false;
  };

  int TextColumn(const YAML::Mark& mark, std::string_view text) const {
    auto written = yaml_.substr(std::min(yaml_.size(), static_cast<std::size_t>(std::max(0, mark.pos))));
    const bool quoted = written.starts_with('"') || written.starts_with('\'');
    if (quoted) written.remove_prefix(1);
    return written.starts_with(text) ? ToPlace(mark).column + (quoted ? 1 : 0) : 0;
  }

  void CheckAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    problems_.Add(ToPlace(mark), "CONFIG_SYNTAX", "YAML anchors and aliases are not supported",
                  "write the value where it is used");
  }

  void Close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& open = open_.back();
    if (open.node.kind == Node::Kind::kList) {
      open.node.items.push_back(std::move(node));
    } else if (!open.has_key) {
      if (node.kind != Node::Kind::kScalar) {
        problems_.Add(node.place, "CONFIG_SYNTAX", "a key must be a word", "write it as KEY: VALUE");
      }
      open.key = std::move(node);
      open.has_key = true;
    } else {
      // An empty value has no place of its own: yaml-cpp names that of what comes after it.
      if (node.kind == Node::Kind::kNull) node.place = open.key.place;
      open.node.members.push_back(Member{std::move(open.key.text), open.key.place, std::move(node)});
      open.has_key = false;
    }
  }

  const std::string_view yaml_;
  Problems& problems_;
  YAML::Mark start_ = YAML::Mark::null_mark();
  bool moved_ = true;
  Node root_;
  std::vector<Open> open_;
};

}  // namespace

const Node* Node::Find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

Place Node::PlaceInText(std::size_t offset) const {
  return text_column == 0 ? place : Place{place.line, text_column + static_cast<int>(offset)};
}

void Problems::Add(Place place, std::string code, std::string detail, std::string fix) {
  problems_.push_back(
      {place, Error{ErrorKind::kInvalid, std::move(code), std::move(detail), std::move(fix), ""}});
}

std::vector<Error> Problems::ToErrors(const std::string& file_name) && {
  std::ranges::stable_sort(problems_, {}, &Problem::place);
  std::vector<Error> errors;
  for (Problem& problem : problems_) {
    problem.error.pointer = fmt::format("{}:{}:{}", file_name, problem.place.line, problem.place.column);
    errors.push_back(std::move(problem.error));
  }
  return errors;
}

std::vector<Node> ParseYaml(std::string_view yaml, Problems& problems) {
  std::vector<Node> documents;
  std::istringstream in{std::string(yaml)};
  try {
    YAML::Parser parser(in);
    TreeBuilder builder(yaml, problems);
    while (parser.HandleNextDocument(builder)) {
      if (!builder.moved()) {
        problems.Add(builder.start(), "CONFIG_SYNTAX", "this is no YAML: nothing that could begin here",
                     kLookHere);
        break;
      }
      Node root = builder.TakeRoot();
      if (root.kind != Node::Kind::kNull) documents.push_back(std::move(root));
    }
  } catch (const YAML::Exception& error) {
    problems.Add(ToPlace(error.mark), "CONFIG_SYNTAX", fmt::format("this is no YAML: {}", error.msg),
                 kLookHere);
  }
  return documents;
}

}  // namespace frazil
