#include "sim/lake.h"

#include <fmt/format.h>

namespace frazil::sim {
namespace {

Error Unavailable() {
  return {ErrorKind::kUnavailable, "SQL_BUSY", "the simulated catalog does not answer", "", ""};
}
Error NoAnswer() {
  return {ErrorKind::kUnknownOutcome, "SQL_COMMIT_UNKNOWN", "the simulated catalog's answer is lost", "", ""};
}

}  // namespace

bool Lake::Swap(const TableName& name, const std::string& expected, const std::string& next) {
  const auto found = pointers.find(name);
  if (found == pointers.end() || found->second != expected) return false;
  found->second = next;
  if (on_landed) on_landed(name, next);
  return true;
}

bool Lake::Add(const TableName& name, const std::string& location) {
  if (!pointers.emplace(name, location).second) return false;
  if (on_landed) on_landed(name, location);
  return true;
}

Result<std::vector<TableName>> LakeCatalog::List() {
  std::vector<TableName> names;
  for (const auto& [name, location] : lake_.pointers) names.push_back(name);
  return names;
}

Result<std::string> LakeCatalog::FindPointer(const TableName& name) {
  Step("catalog read");
  if (faults_ != nullptr && faults_->load_fails()) return Fail(Unavailable());
  const auto found = lake_.pointers.find(name);
  if (found == lake_.pointers.end()) {
    return Fail(ErrorKind::kNotFound, "TABLE_NOT_FOUND",
                fmt::format("{} is not in the catalog", name.ToString()));
  }
  return found->second;
}

Status LakeCatalog::AddPointer(const TableName& name, const std::string& location) {
  const auto add = [&lake = lake_, name, location] { return lake.Add(name, location); };
  const auto exists = [&] { return Fail(ErrorKind::kConflict, "TABLE_EXISTS", name.ToString()); };
  Step("catalog add");
  switch (faults_ == nullptr ? Fate::kAnswered : faults_->fate(name, "create")) {
    case Fate::kAnswered:
      if (!add()) return exists();
      Step("catalog added");
      return {};
    case Fate::kRefused:
      return Fail(Unavailable());
    case Fate::kConflict:
      return exists();
    case Fate::kLost:
      break;
    case Fate::kDone:
      add();
      break;
    case Fate::kLate:
      lake_.late.push_back({"create " + name.ToString(), add});
      break;
  }
  Step("catalog add without answer");
  return Fail(NoAnswer());
}

Result<bool> LakeCatalog::SwapPointer(const TableName& name, const std::string& expected,
                                      const std::string& next) {
  const auto swap = [&lake = lake_, name, expected, next] { return lake.Swap(name, expected, next); };
  Step("catalog swap");
  switch (faults_ == nullptr ? Fate::kAnswered : faults_->fate(name, "commit")) {
    case Fate::kAnswered: {
      const bool swapped = swap();
      Step("catalog swapped");
      return swapped;
    }
    case Fate::kRefused:
      return Fail(Unavailable());
    case Fate::kConflict:
      return false;
    case Fate::kLost:
      break;
    case Fate::kDone:
      swap();
      break;
    case Fate::kLate:
      lake_.late.push_back({"commit to " + name.ToString(), swap});
      break;
  }
  Step("catalog swap without answer");
  return Fail(NoAnswer());
}

Result<LoadedTable> RemoteCatalog::Load(const TableName& name) {
  faults_.step("catalog load");
  if (faults_.load_fails()) return Fail(Unavailable());
  auto table = server_.Load(name);
  faults_.step("catalog loaded");
  return table;
}

Result<std::vector<TableName>> RemoteCatalog::List() {
  return server_.List();
}

Result<LoadedTable> RemoteCatalog::Create(const TableName& name, NewTable table) {
  faults_.step("catalog create");
  const auto create = [&server = server_, name, table] { static_cast<void>(server.Create(name, table)); };
  switch (faults_.fate(name, "create")) {
    case Fate::kAnswered: {
      auto created = server_.Create(name, table);
      faults_.step("catalog created");
      return created;
    }
    case Fate::kRefused:
      return Fail(Unavailable());
    case Fate::kConflict:
      return Fail(ErrorKind::kConflict, "TABLE_EXISTS", name.ToString());
    case Fate::kLost:
      break;
    case Fate::kDone:
      create();
      break;
    case Fate::kLate:
      lake_.late.push_back({"create " + name.ToString(), create});
      break;
  }
  faults_.step("catalog create without answer");
  return Fail(NoAnswer());
}

CommitOutcome RemoteCatalog::Commit(const TableName& name, const TableChange& change) {
  faults_.step("catalog commit");
  const auto commit = [&server = server_, name, change] { static_cast<void>(server.Commit(name, change)); };
  switch (faults_.fate(name, "commit")) {
    case Fate::kAnswered: {
      auto outcome = server_.Commit(name, change);
      faults_.step("catalog committed");
      return outcome;
    }
    case Fate::kRefused:
      return Refused{Unavailable()};
    case Fate::kConflict:
      return Conflict{"the simulated catalog says that somebody was faster"};
    case Fate::kLost:
      break;
    case Fate::kDone:
      commit();
      break;
    case Fate::kLate:
      lake_.late.push_back({"commit to " + name.ToString(), commit});
      break;
  }
  faults_.step("catalog commit without answer");
  return UnknownOutcome{NoAnswer()};
}

}  // namespace frazil::sim
