// The SQL catalog among other programs: what they wrote is read, and what we write is as they write it.
#include "catalog/sql_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/result_matchers.h"
#include "catalog/catalog_testing.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace fs = std::filesystem;

const TableName kOrders{.space = {"shop", "eu"}, .name = "orders"};
const TableChange kSetColour{.requirements = {}, .updates = {SetProperties{{{"colour", "red"}}}}};

class SqlCatalogTest : public ::testing::Test {
 protected:
  SqlCatalogTest() {
    std::string pattern = (fs::temp_directory_path() / "frazil-catalog-XXXXXX").string();
    FRAZIL_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~SqlCatalogTest() override { fs::remove_all(folder_); }

  // PyIceberg's catalog and warehouse (testdata/make_pyiceberg_catalog.py).
  void CopyPyicebergsLake() {
    const fs::path golden = fs::path(FRAZIL_SOURCE_DIR) / "src/catalog/testdata/pyiceberg";
    for (const auto& entry : fs::directory_iterator(golden)) {
      const std::string name = entry.path().filename().string();
      if (name == "catalog.db") {
        fs::copy_file(entry.path(), Database());
      } else {
        std::ifstream file(entry.path());
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        ASSERT_OK(store_.Put("file:///lake/shop.eu/orders/metadata/" + name, bytes));
      }
    }
  }

  std::string Database() const { return folder_ + "/catalog.db"; }
  Result<std::unique_ptr<SqlCatalog>> Open(const std::string& catalog_name = "lake") {
    return SqlCatalog::Open(ThreadRuntime(), store_,
                            {.database = Database(),
                             .catalog_name = catalog_name,
                             .warehouse = "file:///lake",
                             .busy_timeout = std::chrono::milliseconds(20)});
  }
  // The first column of every row of a query.
  std::vector<std::string> Column(const std::string& sql) {
    auto database = SqliteDatabase::Open(Database()).value();
    auto statement = database.Prepare(sql).value();
    std::vector<std::string> values;
    while (statement.Step().value()) values.emplace_back(statement.IsNull(0) ? "NULL" : statement.Text(0));
    return values;
  }
  void Execute(const std::string& sql) {
    auto database = SqliteDatabase::Open(Database()).value();
    ASSERT_OK(database.Execute(sql));
  }

  std::string folder_;
  MemoryStore store_{ThreadRuntime()};
};

TEST_F(SqlCatalogTest, GoesOnWithATableOfPyiceberg) {
  CopyPyicebergsLake();
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  EXPECT_THAT(catalog->List().value(), ElementsAre(kOrders));
  ASSERT_OK_AND_ASSIGN(const LoadedTable before, catalog->Load(kOrders));
  EXPECT_THAT(before.metadata.snapshots, SizeIs(1));
  EXPECT_EQ(before.metadata.CurrentSchema().fields.size(), 2U);

  const CommitOutcome outcome = catalog->Commit(kOrders, AddEmptySnapshot(before.metadata, SnapshotId(7)));
  ASSERT_TRUE(std::holds_alternative<Committed>(outcome));
  const LoadedTable& after = std::get<Committed>(outcome).table;
  EXPECT_THAT(after.metadata_location, HasSubstr("file:///lake/shop.eu/orders/metadata/00002-"));
  EXPECT_THAT(after.metadata.metadata_log, SizeIs(2));
  EXPECT_THAT(Column("SELECT metadata_location || ' ' || previous_metadata_location || ' ' || iceberg_type "
                     "FROM iceberg_tables WHERE catalog_name = 'lake'"),
              ElementsAre(after.metadata_location + " " + before.metadata_location + " TABLE"));
}

TEST_F(SqlCatalogTest, MakesTheTablesThatPyicebergMakes) {
  const std::string columns =
      "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk "
      "FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1";
  ASSERT_OK(Open());
  const auto ours = Column(columns);
  fs::remove(Database());
  CopyPyicebergsLake();
  EXPECT_EQ(ours, Column(columns));
}

TEST_F(SqlCatalogTest, ANamespaceComesWithItsFirstTable) {
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  ASSERT_OK(catalog->Create(kOrders, SmallTable()));
  ASSERT_OK(catalog->Create({.space = kOrders.space, .name = "returns"}, SmallTable()));
  EXPECT_THAT(
      Column("SELECT catalog_name || ' ' || namespace || ' ' || property_key || ' ' || property_value "
             "FROM iceberg_namespace_properties"),
      ElementsAre("lake shop.eu exists true"));
  EXPECT_THAT(Column("SELECT table_namespace || ' ' || table_name || ' ' || iceberg_type FROM iceberg_tables "
                     "ORDER BY 1"),
              ElementsAre("shop.eu orders TABLE", "shop.eu returns TABLE"));
  EXPECT_THAT(Column("SELECT previous_metadata_location FROM iceberg_tables"), ElementsAre("NULL", "NULL"));
}

TEST_F(SqlCatalogTest, CatalogsOfOtherNamesInTheSameFileAreOtherCatalogs) {
  ASSERT_OK_AND_ASSIGN(const auto lake, Open("lake"));
  ASSERT_OK_AND_ASSIGN(const auto pond, Open("pond"));
  ASSERT_OK(lake->Create(kOrders, SmallTable()));
  EXPECT_THAT(pond->Load(kOrders), FailsWithCode("TABLE_NOT_FOUND"));
  EXPECT_OK(pond->Create(kOrders, SmallTable()));
}

TEST_F(SqlCatalogTest, AViewIsNoTableButTakesTheName) {
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  Execute(
      "INSERT INTO iceberg_tables VALUES ('lake', 'shop.eu', 'orders', 'file:///lake/v.json', NULL, 'VIEW')");
  EXPECT_THAT(catalog->Load(kOrders), FailsWithCode("TABLE_NOT_FOUND"));
  EXPECT_THAT(catalog->List().value(), SizeIs(0));
  EXPECT_THAT(catalog->Create(kOrders, SmallTable()), FailsWithCode("TABLE_EXISTS"));
  EXPECT_THAT(store_.List("").value(), SizeIs(0));
}

TEST_F(SqlCatalogTest, ARowOfOlderProgramsWithoutATypeIsATable) {
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  ASSERT_OK(catalog->Create(kOrders, SmallTable()));
  Execute("UPDATE iceberg_tables SET iceberg_type = NULL");
  EXPECT_THAT(catalog->List().value(), ElementsAre(kOrders));
  EXPECT_TRUE(std::holds_alternative<Committed>(catalog->Commit(kOrders, kSetColour)));
}

TEST_F(SqlCatalogTest, TheOlderSchemaIsRefusedWithAFix) {
  Execute(
      "CREATE TABLE iceberg_tables (catalog_name TEXT, table_namespace TEXT, table_name TEXT, "
      "metadata_location TEXT, previous_metadata_location TEXT)");
  EXPECT_THAT(Open(), FailsWithCode("CATALOG_SCHEMA"));
}

TEST_F(SqlCatalogTest, ADatabaseThatIsHeldIsRefusedForNow) {
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  ASSERT_OK(catalog->Create(kOrders, SmallTable()));
  auto database = SqliteDatabase::Open(Database()).value();
  auto transaction = SqliteTransaction::Begin(database).value();
  const CommitOutcome outcome = catalog->Commit(kOrders, kSetColour);
  ASSERT_TRUE(std::holds_alternative<Refused>(outcome));
  EXPECT_EQ(std::get<Refused>(outcome).error.code, "SQL_BUSY");
  EXPECT_THAT(store_.List("").value(), SizeIs(1));
}

TEST_F(SqlCatalogTest, ADatabaseThatVanishedIsNotMadeAnew) {
  ASSERT_OK_AND_ASSIGN(const auto catalog, Open());
  fs::remove(Database());
  EXPECT_THAT(catalog->Load(kOrders), FailsWithCode("SQL_OPEN"));
  EXPECT_FALSE(fs::exists(Database()));
}

}  // namespace
}  // namespace frazil
