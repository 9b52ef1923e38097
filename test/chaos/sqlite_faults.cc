// Faults of a SQL catalog, for a program that knows nothing of them: stands between it and libsqlite3.
//
//   LD_PRELOAD=libsqlite_faults.so SQLITE_FAULTS=CONTROL SQLITE_FAULTS_LOG=LOG frazil run …
//
// CONTROL has lines of `FAULT CHANCE MILLISECONDS`; it is read again at every statement that may be hit, and
// no file or an empty one means no faults. LOG gets a line with the fault's name for each that happened.
//
//   delay_before   COMMIT waits before it takes effect, with its locks held
//   delay_after    COMMIT has taken effect, and its answer waits
//   lost_answer    COMMIT has taken effect, and its answer is SQLITE_IOERR
//   failed_commit  COMMIT has no effect, and its answer is SQLITE_IOERR
//   busy           BEGIN, COMMIT and the look for a table's metadata are answered by SQLITE_BUSY
//
// No other statement is touched. What a program asks about a failure afterwards (code, message) fits the
// answer.
#include <dlfcn.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Fault {
  double chance = 0;
  int milliseconds = 0;
};

// The answer that was given in place of SQLite's, until the statement that got it is gone.
thread_local struct {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  int code = SQLITE_OK;
} told;

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::map<std::string, Fault> ReadControl() {
  std::map<std::string, Fault> faults;
  std::ifstream control(Environment("SQLITE_FAULTS"));
  std::string name;
  Fault fault;
  while (control >> name >> fault.chance >> fault.milliseconds) faults[name] = fault;
  return faults;
}

bool Happens(const std::map<std::string, Fault>& faults, const std::string& name) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  const auto found = faults.find(name);
  if (found == faults.end() || !std::bernoulli_distribution(found->second.chance)(random)) return false;
  std::ofstream(Environment("SQLITE_FAULTS_LOG"), std::ios::app) << name + "\n" << std::flush;
  return true;
}

void Wait(const Fault& fault) {
  std::this_thread::sleep_for(std::chrono::milliseconds(fault.milliseconds));
}

int Tell(sqlite3_stmt* statement, int code) {
  told = {sqlite3_db_handle(statement), statement, code};
  return code;
}

int RealStep(sqlite3_stmt* statement) {
  static const auto real = Next<decltype(sqlite3_step)>("sqlite3_step");
  return real(statement);
}

int Commit(sqlite3_stmt* statement) {
  const auto faults = ReadControl();
  if (Happens(faults, "busy")) return Tell(statement, SQLITE_BUSY);
  if (Happens(faults, "failed_commit")) return Tell(statement, SQLITE_IOERR);
  if (Happens(faults, "delay_before")) Wait(faults.at("delay_before"));
  const int code = RealStep(statement);
  if (code != SQLITE_DONE) return code;
  if (Happens(faults, "delay_after")) Wait(faults.at("delay_after"));
  if (Happens(faults, "lost_answer")) return Tell(statement, SQLITE_IOERR);
  return code;
}

}  // namespace

extern "C" {

int sqlite3_step(sqlite3_stmt* statement) {
  told = {};
  const char* text = sqlite3_sql(statement);
  const std::string_view sql = text == nullptr ? "" : text;
  if (sql == "COMMIT") return Commit(statement);
  if ((sql == "BEGIN IMMEDIATE" || sql.starts_with("SELECT metadata_location")) &&
      Happens(ReadControl(), "busy")) {
    return Tell(statement, SQLITE_BUSY);
  }
  return RealStep(statement);
}

int sqlite3_finalize(sqlite3_stmt* statement) {
  static const auto real = Next<decltype(sqlite3_finalize)>("sqlite3_finalize");
  if (told.statement == statement) told = {};
  return real(statement);
}

int sqlite3_errcode(sqlite3* database) {
  static const auto real = Next<decltype(sqlite3_errcode)>("sqlite3_errcode");
  return told.code != SQLITE_OK && told.database == database ? told.code : real(database);
}

int sqlite3_extended_errcode(sqlite3* database) {
  static const auto real = Next<decltype(sqlite3_extended_errcode)>("sqlite3_extended_errcode");
  return told.code != SQLITE_OK && told.database == database ? told.code : real(database);
}

const char* sqlite3_errmsg(sqlite3* database) {
  static const auto real = Next<decltype(sqlite3_errmsg)>("sqlite3_errmsg");
  return told.code != SQLITE_OK && told.database == database ? sqlite3_errstr(told.code) : real(database);
}

}  // extern "C"
