#include "catalog/faulty_catalog.h"

namespace frazil {
namespace {

Error RefusedError() {
  return {ErrorKind::kUnavailable, "SQL_BUSY", "a fault was injected", "", ""};
}
Error NoAnswer() {
  return {ErrorKind::kUnknownOutcome, "SQL_COMMIT_UNKNOWN", "a fault was injected", "", ""};
}

}  // namespace

Result<LoadedTable> FaultyCatalog::Load(const TableName& name) {
  if (choose_(CatalogOperation::kLoad, name) != CatalogFault::kNone) return Fail(RefusedError());
  return catalog_.Load(name);
}

Result<std::vector<TableName>> FaultyCatalog::List() {
  if (choose_(CatalogOperation::kList, TableName{}) != CatalogFault::kNone) return Fail(RefusedError());
  return catalog_.List();
}

Result<LoadedTable> FaultyCatalog::Create(const TableName& name, NewTable table) {
  switch (choose_(CatalogOperation::kCreate, name)) {
    case CatalogFault::kNone:
      return catalog_.Create(name, std::move(table));
    case CatalogFault::kConflict:
      return Fail(ErrorKind::kConflict, "TABLE_EXISTS", "a fault was injected");
    case CatalogFault::kRefused:
      return Fail(RefusedError());
    case CatalogFault::kUnknownWithoutEffect:
      return Fail(NoAnswer());
    case CatalogFault::kUnknownWithEffect:
      FRAZIL_TRY(catalog_.Create(name, std::move(table)));
      return Fail(NoAnswer());
    case CatalogFault::kUnknownLate:
      HoldBack([this, name, table] { static_cast<void>(catalog_.Create(name, table)); });
      return Fail(NoAnswer());
  }
  FRAZIL_CHECK(false, "a fault of no kind");
}

CommitOutcome FaultyCatalog::Commit(const TableName& name, const TableChange& change) {
  switch (choose_(CatalogOperation::kCommit, name)) {
    case CatalogFault::kNone:
      return catalog_.Commit(name, change);
    case CatalogFault::kConflict:
      return Conflict{"a fault was injected"};
    case CatalogFault::kRefused:
      return Refused{RefusedError()};
    case CatalogFault::kUnknownWithoutEffect:
      return UnknownOutcome{NoAnswer()};
    case CatalogFault::kUnknownWithEffect:
      static_cast<void>(catalog_.Commit(name, change));  // it may conflict there; nobody hears of it
      return UnknownOutcome{NoAnswer()};
    case CatalogFault::kUnknownLate:
      HoldBack([this, name, change] { static_cast<void>(catalog_.Commit(name, change)); });
      return UnknownOutcome{NoAnswer()};
  }
  FRAZIL_CHECK(false, "a fault of no kind");
}

int FaultyCatalog::Release() {
  std::deque<std::function<void()>> requests;
  {
    const MonitorLock lock(*monitor_);
    requests.swap(late_);
  }
  for (const auto& request : requests) request();
  return static_cast<int>(requests.size());
}

void FaultyCatalog::HoldBack(std::function<void()> request) {
  const MonitorLock lock(*monitor_);
  late_.push_back(std::move(request));
}

}  // namespace frazil
