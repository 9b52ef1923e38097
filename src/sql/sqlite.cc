#include "sql/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace frazil {
namespace {

// Opening failed for something that may pass, and not for what stands at the path.
bool MayPass(int number) {
  switch (number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EINTR:
      return true;
    default:
      return false;
  }
}

// What a result code asks of the caller. `system_errno` is that of a failed open, else 0.
Error ErrorOf(int code, std::string message, int system_errno) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::kUnavailable, "SQL_BUSY", std::move(message),
              "end the program that keeps the database locked", ""};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::kConflict, "SQL_CONSTRAINT", std::move(message), "", ""};
    case SQLITE_FULL:
      return {ErrorKind::kUnavailable, "SQL_IO", std::move(message), "make room on the disk", ""};
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return {ErrorKind::kUnavailable, "SQL_IO", std::move(message), "", ""};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return {ErrorKind::kDenied, "SQL_DENIED", std::move(message),
              "give the user that runs Frazil the right to write it", ""};
    case SQLITE_CANTOPEN:
      if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS) {
        return ErrorOf(SQLITE_PERM, std::move(message), 0);
      }
      if (MayPass(system_errno)) return ErrorOf(SQLITE_IOERR, std::move(message), 0);
      return {ErrorKind::kInvalid, "SQL_OPEN", std::move(message), "", ""};
    case SQLITE_NOTADB:
      return {ErrorKind::kInvalid, "SQL_OPEN", std::move(message), "", ""};
    case SQLITE_CORRUPT:
      return {ErrorKind::kCorrupt, "SQL_CORRUPT", std::move(message), "", ""};
    default:
      return {ErrorKind::kInvalid, "SQL_STATEMENT", std::move(message), "", ""};
  }
}

Error LastError(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, "main");
  const std::string message =
      fmt::format("SQLite database {}: {}", path == nullptr ? "" : path, sqlite3_errmsg(database));
  Error error = ErrorOf(sqlite3_extended_errcode(database), message, sqlite3_system_errno(database));
  if (error.code == "SQL_OPEN" && (sqlite3_errcode(database) & 0xff) == SQLITE_CANTOPEN) {
    // The database itself is open: it is the journal that cannot be made for now.
    return {ErrorKind::kUnavailable, "SQL_IO", message, "", ""};
  }
  return error;
}

Status SyncFolder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);
  const int number = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return Fail(
      ErrorKind::kUnavailable, "SQL_IO",
      fmt::format("cannot write folder {}: {}", folder.string(), std::generic_category().message(number)));
}

// The folders above a new database, durable as the database in them will be.
Status MakeFolders(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::exists(folder, error)) return {};
  FRAZIL_TRY(MakeFolders(folder.parent_path()));
  if (!std::filesystem::create_directory(folder, error) && error) {
    const bool denied = error == std::errc::permission_denied || error == std::errc::read_only_file_system;
    return Fail(denied ? ErrorKind::kDenied : ErrorKind::kUnavailable, denied ? "SQL_DENIED" : "SQL_IO",
                fmt::format("cannot create folder {}: {}", folder.string(), error.message()));
  }
  const auto parent = folder.parent_path();
  return SyncFolder(parent.empty() ? "." : parent);
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::Bind(int parameter, std::string_view text) {
  // An empty view may have no address, which SQLite would take for a null.
  const char* data = text.data() == nullptr ? "" : text.data();
  // SQLITE_TRANSIENT, "make a copy", without its old-style cast.
  const auto copy = std::bit_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  const int code = sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), copy, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_failure_ = code;
}

void SqliteStatement::BindInt64(int parameter, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  if (code != SQLITE_OK) bind_failure_ = code;
}

void SqliteStatement::Bind(int parameter, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.get(), parameter);
  if (code != SQLITE_OK) bind_failure_ = code;
}

Result<bool> SqliteStatement::Step() {
  if (bind_failure_ != 0) return Fail(ErrorOf(bind_failure_, sqlite3_errstr(bind_failure_), 0));
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return Fail(LastError(sqlite3_db_handle(statement_.get())));
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::Int64(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteDatabase::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<SqliteDatabase> SqliteDatabase::Open(const std::string& path, const Options& options) {
  if (options.create) {
    FRAZIL_TRY(MakeFolders(std::filesystem::path(path).parent_path()));
  }
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | (options.create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  SqliteDatabase database;
  database.database_.reset(opened);
  if (code != SQLITE_OK) {
    const int number = opened == nullptr ? 0 : sqlite3_system_errno(opened);
    const std::string reason = number == 0 ? sqlite3_errstr(code) : std::generic_category().message(number);
    return Fail(ErrorOf(code, fmt::format("cannot open SQLite database {}: {}", path, reason), number));
  }
  sqlite3_busy_timeout(opened, static_cast<int>(options.busy_timeout.count()));
  FRAZIL_TRY(database.Execute("PRAGMA synchronous = EXTRA"));
  // SQLite opens lazily: this reads the file and tells whether it is a database at all.
  FRAZIL_TRY(database.Execute("PRAGMA schema_version"));
  return database;
}

Result<SqliteStatement> SqliteDatabase::PrepareOnly(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
  if (code != SQLITE_OK) return Fail(LastError(database_.get()));
  return SqliteStatement(prepared);
}

Result<std::int64_t> SqliteDatabase::Run(SqliteStatement& statement) {
  const int before = sqlite3_total_changes(database_.get());
  for (;;) {
    FRAZIL_ASSIGN(const bool row, statement.Step());
    if (!row) return sqlite3_total_changes(database_.get()) - before;
  }
}

Result<SqliteTransaction> SqliteTransaction::Begin(SqliteDatabase& database) {
  FRAZIL_TRY(database.Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(database);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // Where SQLite has rolled back already, this fails, and rightly so; where it cannot roll back now, the
  // journal makes the next connection do it.
  if (database_ != nullptr) static_cast<void>(database_->Execute("ROLLBACK"));
}

Status SqliteTransaction::Commit() {
  FRAZIL_CHECK(database_ != nullptr, "a transaction is committed once");
  auto committed = database_->Execute("COMMIT");
  if (committed) {
    database_ = nullptr;
    return {};
  }
  Error error = std::move(committed).error();
  if (error.code == "SQL_BUSY")
    return Fail(std::move(error));  // the transaction is still open; it is rolled back
  error.kind = ErrorKind::kUnknownOutcome;
  error.code = "SQL_COMMIT_UNKNOWN";
  return Fail(std::move(error));
}

}  // namespace frazil
