// SQLite: a database, its statements and its transactions.
//
//   FRAZIL_ASSIGN(auto database, SqliteDatabase::Open("lake/catalog.db"));
//   FRAZIL_ASSIGN(auto transaction, SqliteTransaction::Begin(database));
//   FRAZIL_ASSIGN(const auto changed, database.Execute("UPDATE t SET a = ? WHERE b = ?", "new", 7));
//   FRAZIL_TRY(transaction.Commit());
//
// Failures, by code:
//   SQL_BUSY            kUnavailable     another connection holds the database longer than the busy timeout
//   SQL_CONSTRAINT      kConflict        a key is there already, or another constraint does not hold
//   SQL_IO              kUnavailable     disk full, input or output failed, out of memory
//   SQL_DENIED          kDenied          no right to read or write the file
//   SQL_OPEN            kInvalid         cannot be opened, or is no SQLite database
//   SQL_CORRUPT         kCorrupt         the file is damaged
//   SQL_STATEMENT       kInvalid         the statement does not fit the database (no such table, …)
//   SQL_COMMIT_UNKNOWN  kUnknownOutcome  only of Commit: it may have taken effect
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace frazil {

// A prepared statement with its bound values. Must not outlive its database.
class SqliteStatement {
 public:
  // Parameters are numbered from 1. The text is copied. A failure is reported by the next Step.
  void Bind(int parameter, std::string_view text);
  template <std::integral T>
  void Bind(int parameter, T value) {
    BindInt64(parameter, static_cast<std::int64_t>(value));
  }
  void Bind(int parameter, std::nullptr_t);

  // True: there is a row. False: the statement is done.
  Result<bool> Step();

  // Columns of the present row, numbered from 0. A null reads as 0 and as "". A view lives until the next
  // Step.
  bool IsNull(int column) const;
  std::int64_t Int64(int column) const;
  std::string_view Text(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  void BindInt64(int parameter, std::int64_t value);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_failure_ = 0;  // SQLite's result code
};

// One connection. Used by one thread at a time; several connections to one file are the way to share it.
class SqliteDatabase {
 public:
  struct Options {
    bool create = true;  // the file, and the folders above it, when they are missing
    std::chrono::milliseconds busy_timeout{5000};  // how long to wait for another connection's transaction
  };

  // Commits are made with synchronous=EXTRA: with the rollback journal, anything less lets a power cut undo a
  // commit that was answered.
  static Result<SqliteDatabase> Open(const std::string& path, const Options& options);
  static Result<SqliteDatabase> Open(const std::string& path) { return Open(path, Options{}); }

  // One statement with the values of its parameters in order.
  template <typename... Values>
  Result<SqliteStatement> Prepare(std::string_view sql, const Values&... values) {
    FRAZIL_ASSIGN(SqliteStatement statement, PrepareOnly(sql));
    int parameter = 0;
    (statement.Bind(++parameter, values), ...);
    return statement;
  }

  // Runs one statement to its end; the number of rows that it inserted, changed or deleted.
  template <typename... Values>
  Result<std::int64_t> Execute(std::string_view sql, const Values&... values) {
    FRAZIL_ASSIGN(SqliteStatement statement, Prepare(sql, values...));
    return Run(statement);
  }

 private:
  friend class SqliteTransaction;
  struct Close {
    void operator()(sqlite3* database) const;
  };

  Result<SqliteStatement> PrepareOnly(std::string_view sql);
  Result<std::int64_t> Run(SqliteStatement& statement);

  std::unique_ptr<sqlite3, Close> database_;
};

// BEGIN IMMEDIATE to COMMIT; rolled back when it is destroyed before. Must not outlive its database.
class SqliteTransaction {
 public:
  // SQL_BUSY when another connection writes for longer than the busy timeout.
  static Result<SqliteTransaction> Begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  // Success proves that the changes are durable. After SQL_BUSY nothing has happened; after any other failure
  // it is not known whether it has: SQL_COMMIT_UNKNOWN.
  Status Commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}

  SqliteDatabase* database_;  // nullptr when there is nothing to roll back
};

}  // namespace frazil
