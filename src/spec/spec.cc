#include "spec/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "spec/check_internal.h"
#include "spec/mapping_spec_internal.h"
#include "spec/values_internal.h"
#include "spec/view_internal.h"

namespace frazil {
namespace {

// Turns checked documents into values. Adds problems for what takes more than one key to see.
class Binder {
 public:
  Binder(const std::string& file_name, const std::string& folder, Problems& problems)
      : file_name_(file_name), folder_(folder), problems_(problems) {}

  void Document(const Node& document, const ObjectRule& rule) {
    const View view(&document, rule);
    if (rule.name == "connection") {
      Keep(file_.connections, Connection(view), view);
    } else if (rule.name == "catalog") {
      Keep(file_.catalogs, Catalog(view), view);
    } else {
      Keep(file_.streams, Stream(view), view);
      streams_.push_back(view);
    }
  }

  // `complete`: all documents could be read, so that a name that is not there is a mistake.
  SpecFile Finish(bool complete) {
    if (!complete) return std::move(file_);
    for (const View& stream : streams_) {
      const View spec = stream.Object("spec");
      Reference(spec.Object("source"), "connection", file_.connections);
      Reference(spec.Object("target"), "catalog", file_.catalogs);
    }
    return std::move(file_);
  }

 private:
  template <typename T>
  void Keep(std::vector<T>& all, T bound, const View& document) {
    const Node* name = document.Object("metadata").Find("name");
    if (name != nullptr && std::ranges::find(all, bound.name, &T::name) != all.end()) {
      problems_.Add(
          name->place, "CONFIG_NAME",
          fmt::format("there are two documents of kind {} named {}", document.Text("kind"), bound.name),
          "give one of them another name");
    }
    all.push_back(std::move(bound));
  }

  template <typename T>
  void Reference(const View& view, std::string_view key, const std::vector<T>& all) {
    const Node* name = view.Find(key);
    if (name == nullptr || std::ranges::find(all, name->text, &T::name) != all.end()) return;
    std::vector<std::string> names;
    for (const T& one : all) names.push_back(one.name);
    const std::string near = Suggest(name->text, names);
    problems_.Add(
        name->place, "CONFIG_REFERENCE", fmt::format("this file has no {} named {}", key, name->text),
        near.empty() ? fmt::format("add a document of kind {}", key) : fmt::format("did you mean {}?", near));
  }

  ConnectionSpec Connection(const View& view) {
    const View spec = view.Object("spec");
    ConnectionSpec connection;
    connection.name = view.Object("metadata").Text("name");
    connection.brokers = spec.Texts("brokers");
    if (spec.Object("tls").present()) connection.tls = Tls(spec.Object("tls"));
    if (const View sasl = spec.Object("sasl"); sasl.present()) {
      connection.sasl = SaslSpec{sasl.Text("mechanism"), sasl.Text("username"), Secret(sasl, "password")};
    }
    connection.rack = spec.Text("rack");
    return connection;
  }

  TlsSpec Tls(const View& tls) {
    if (tls.Has("cert_file") != tls.Has("key_file")) {
      problems_.Add(tls.place(), "CONFIG_MISSING", "tls: cert_file and key_file go together",
                    "name both or neither");
    }
    return TlsSpec{Path(tls, "ca_file"), Path(tls, "cert_file"), Path(tls, "key_file")};
  }

  SecretSpec Secret(const View& view, std::string_view key) {
    const View secret = view.Object(key);
    return SecretSpec{secret.Text("from_env"), Path(secret, "from_file"),
                      fmt::format("{}:{}:{}", file_name_, secret.place().line, secret.place().column)};
  }

  std::string Path(const View& view, std::string_view key) {
    return view.Has(key) ? AbsolutePath(view.Text(key), folder_) : std::string();
  }

  CatalogSpec Catalog(const View& view) {
    const View spec = view.Object("spec");
    CatalogSpec catalog;
    catalog.name = view.Object("metadata").Text("name");
    catalog.database_path = DatabasePath(spec.Text("uri"), folder_).value_or("");
    catalog.warehouse = FileLocation(spec.Text("warehouse"), folder_).value_or("");
    catalog.catalog_name = spec.Has("catalog_name") ? spec.Text("catalog_name") : catalog.name;
    return catalog;
  }

  StreamSpec Stream(const View& view) {
    const View metadata = view.Object("metadata");
    const View spec = view.Object("spec");
    StreamSpec stream;
    stream.name = metadata.Text("name");
    stream.labels = TextMap(metadata.Find("labels"));
    stream.description = metadata.Text("description");

    const View source = spec.Object("source");
    stream.connection = source.Text("connection");
    stream.topic = source.Text("topic");
    stream.start = Start(source);
    stream.own_client = source.Text("client") == "frazil";

    const View target = spec.Object("target");
    stream.catalog = target.Text("catalog");
    stream.table = target.Text("table");
    stream.create = target.Flag("create");
    stream.branch = target.Text("branch");
    stream.format_version = target.Text("format_version") == "3" ? 3 : 2;
    if (target.Has("location")) stream.location = FileLocation(target.Text("location"), folder_).value_or("");
    stream.properties = TextMap(target.Find("properties"));

    stream.errors_table = ErrorsTable(spec.Object("errors"), stream.table);
    const std::size_t before = problems_.count();
    if (const View mapping = spec.Object("mapping"); mapping.present()) {
      stream.mapping = BindMapping(mapping, problems_);
    }
    Layout(target, stream.mapping && problems_.count() == before, stream);
    Commit(spec.Object("commit"), stream);
    return stream;
  }

  // `has_columns`: the columns are known, so that what they do not allow is a mistake here.
  void Layout(const View& target, bool has_columns, StreamSpec& stream) {
    Schema schema;
    if (has_columns) schema = TargetSchema(*stream.mapping);
    AssignFieldIds(schema);
    const Schema* columns = has_columns ? &schema : nullptr;
    Terms(target.Find("partition_by"), columns, ParseLayoutTerm, MakePartitionSpec, stream.partition_by);
    Terms(target.Find("sort_by"), columns, ParseSortTerm, MakeSortOrder, stream.sort_by);
  }

  template <typename Term, typename Made>
  void Terms(const Node* list, const Schema* schema, Result<Term> (*parse)(std::string_view),
             Result<Made> (*make)(const std::vector<Term>&, const Schema&), std::vector<Term>& terms) {
    if (list == nullptr) return;
    for (const Node& item : list->items) {
      auto term = parse(item.text);
      if (!term) continue;  // there is a problem already
      terms.push_back(std::move(*term));
      const auto made = schema == nullptr ? Result<Made>() : make(terms, *schema);
      if (made) continue;
      problems_.Add(item.place, "CONFIG_VALUE", made.error().detail, made.error().fix);
      terms.pop_back();
    }
  }

  std::string ErrorsTable(const View& errors, const std::string& target) {
    if (!errors.Has("table")) return target + "__errors";
    if (errors.Text("table") == target) {
      problems_.Add(errors.Find("table")->place, "CONFIG_VALUE", "the errors table is the target itself",
                    "give it a name of its own, or leave it out");
    }
    return errors.Text("table");
  }

  void Commit(const View& commit, StreamSpec& stream) {
    if (const auto interval = ParseDuration(commit.Text("interval"))) {
      stream.commit_interval = *interval;
      if (interval->count() < 100) {
        problems_.Add(commit.Find("interval")->place, "CONFIG_VALUE", "commit.interval is below 100ms",
                      "each commit adds a snapshot; a second or more is usual");
      }
      if (*interval > std::chrono::hours(12)) {
        problems_.Add(
            commit.Find("interval")->place, "CONFIG_VALUE", "commit.interval is above 12h",
            "files wait uncommitted that long, and orphan removal may take them; minutes are usual");
      }
    }
    if (!commit.Has("target_file_bytes")) return;
    if (const auto size = ParseSize(commit.Text("target_file_bytes"))) {
      stream.target_file_bytes = *size;
      if (*size == 0) {
        problems_.Add(commit.Find("target_file_bytes")->place, "CONFIG_VALUE",
                      "commit.target_file_bytes is 0", "128MiB is usual");
      }
    }
  }

  static StartSpec Start(const View& source) {
    StartSpec start;
    const View place = source.Object("start");
    if (place.Has("timestamp")) {
      start.kind = StartSpec::Kind::kTimestamp;
      start.unix_ms = ParseStartTime(place.Text("timestamp")).value_or(0);
    } else if (place.Has("offsets")) {
      start.kind = StartSpec::Kind::kOffsets;
      for (const auto& [partition, offset] : TextMap(place.Find("offsets"))) {
        start.offsets[ToNumber<std::int32_t>(partition)] = ToNumber<std::int64_t>(offset);
      }
    } else if (place.Has("group")) {
      start.kind = StartSpec::Kind::kGroup;
      start.group = place.Text("group");
    } else if (source.Text("start") == "latest") {
      start.kind = StartSpec::Kind::kLatest;
    }
    return start;
  }

  static std::map<std::string, std::string> TextMap(const Node* node) {
    std::map<std::string, std::string> map;
    if (node == nullptr) return map;
    for (const Member& member : node->members) map[member.key] = member.value.text;
    return map;
  }

  // 0 where the text is no number: then there is a problem already.
  template <typename T>
  static T ToNumber(const std::string& text) {
    T number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  const std::string& file_name_;
  const std::string& folder_;
  Problems& problems_;
  SpecFile file_;
  std::vector<View> streams_;
};

template <typename T>
const T* FindNamed(const std::vector<T>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &T::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const ConnectionSpec* SpecFile::FindConnection(std::string_view name) const {
  return FindNamed(connections, name);
}
const CatalogSpec* SpecFile::FindCatalog(std::string_view name) const {
  return FindNamed(catalogs, name);
}
const StreamSpec* SpecFile::FindStream(std::string_view name) const {
  return FindNamed(streams, name);
}

SpecResult ParseSpec(std::string_view yaml, const std::string& file_name, const std::string& folder) {
  Problems problems;
  const std::vector<Node> documents = ParseYaml(yaml, problems);
  if (documents.empty() && problems.count() == 0) {
    problems.Add(Place(), "CONFIG_MISSING", "the file holds no document",
                 "start with api_version: frazil/v1");
  }
  bool complete = problems.count() == 0;
  Binder binder(file_name, folder, problems);
  for (const Node& document : documents) {
    const ObjectRule* rule = CheckDocument(document, problems);
    if (rule != nullptr) binder.Document(document, *rule);
    complete = complete && rule != nullptr;
  }
  SpecFile file = binder.Finish(complete);
  if (problems.count() > 0) return tl::unexpected(std::move(problems).ToErrors(file_name));
  return file;
}

}  // namespace frazil
