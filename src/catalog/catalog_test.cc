// What every catalog promises, and what faults make of it.
#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/result_matchers.h"
#include "catalog/catalog_testing.h"
#include "catalog/faulty_catalog.h"
#include "catalog/memory_catalog.h"
#include "catalog/sql_catalog.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

const TableName kOrders{.space = {"shop", "eu"}, .name = "orders"};
const TableChange kSetColour{.requirements = {}, .updates = {SetProperties{{{"colour", "red"}}}}};

TEST(TableName, HasItsNamespaceBeforeTheLastDot) {
  EXPECT_EQ(TableName::Parse("shop.eu.orders").value(), kOrders);
  EXPECT_EQ(kOrders.ToString(), "shop.eu.orders");
  for (const char* text : {"", "orders", ".orders", "shop.", "shop..orders", "."}) {
    EXPECT_THAT(TableName::Parse(text), FailsWithCode("CONFIG_TABLE_NAME")) << text;
  }
}

enum class Kind { kMemory, kSql };

class EveryCatalog : public ::testing::TestWithParam<Kind> {
 protected:
  EveryCatalog() {
    std::string pattern = (fs::temp_directory_path() / "frazil-catalog-XXXXXX").string();
    FRAZIL_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    if (GetParam() == Kind::kMemory) {
      catalog_ = std::make_unique<MemoryCatalog>(ThreadRuntime(), store_, "file:///lake/");
    } else {
      catalog_ =
          SqlCatalog::Open(
              ThreadRuntime(), store_,
              {.database = folder_ + "/catalog.db", .catalog_name = "lake", .warehouse = "file:///lake"})
              .value();
    }
  }
  ~EveryCatalog() override { fs::remove_all(folder_); }

  std::vector<std::string> Files() { return objects_.List("").value(); }
  TableMetadata Metadata() { return catalog_->Load(kOrders).value().metadata; }

  std::string folder_;
  MemoryStore objects_{ThreadRuntime()};
  StoreFault on_finish_;
  FaultyStore store_{objects_, [this](StoreOperation operation, const std::string&) {
                       return operation == StoreOperation::kFinish ? on_finish_ : StoreFault::None();
                     }};
  std::unique_ptr<Catalog> catalog_;
};

TEST_P(EveryCatalog, ACreatedTableIsThere) {
  EXPECT_THAT(catalog_->Load(kOrders), FailsWithCode("TABLE_NOT_FOUND"));
  ASSERT_OK_AND_ASSIGN(const LoadedTable created, catalog_->Create(kOrders, SmallTable({{"a", "b"}})));
  EXPECT_EQ(created.metadata.location, "file:///lake/shop/eu/orders");
  EXPECT_THAT(created.metadata_location, HasSubstr("file:///lake/shop/eu/orders/metadata/00000-"));
  ASSERT_OK_AND_ASSIGN(const LoadedTable loaded, catalog_->Load(kOrders));
  EXPECT_EQ(loaded.metadata, created.metadata);
  EXPECT_EQ(loaded.metadata_location, created.metadata_location);
  EXPECT_THAT(Files(), ElementsAre(created.metadata_location));
}

TEST_P(EveryCatalog, ATableIsPutWhereItWasAsked) {
  NewTable table = SmallTable();
  table.location = "file:///elsewhere/t/";
  ASSERT_OK_AND_ASSIGN(const LoadedTable created, catalog_->Create(kOrders, table));
  EXPECT_THAT(created.metadata_location, HasSubstr("file:///elsewhere/t/metadata/00000-"));
}

TEST_P(EveryCatalog, ATableIsCreatedOnce) {
  ASSERT_OK(catalog_->Create(kOrders, SmallTable()));
  EXPECT_THAT(catalog_->Create(kOrders, SmallTable()), FailsWithCode("TABLE_EXISTS"));
  EXPECT_THAT(Files(), SizeIs(1));
}

TEST_P(EveryCatalog, ListsItsTablesInOrder) {
  const TableName b = TableName::Parse("b.x").value();
  const TableName a = TableName::Parse("a.y").value();
  EXPECT_THAT(catalog_->List().value(), IsEmpty());
  for (const TableName& name : {kOrders, b, a}) ASSERT_OK(catalog_->Create(name, SmallTable()));
  EXPECT_THAT(catalog_->List().value(), ElementsAre(a, b, kOrders));
}

TEST_P(EveryCatalog, ACommitMovesTheTableToItsNextMetadata) {
  ASSERT_OK_AND_ASSIGN(const LoadedTable before, catalog_->Create(kOrders, SmallTable()));
  const CommitOutcome outcome = catalog_->Commit(kOrders, AddEmptySnapshot(before.metadata, SnapshotId(5)));
  ASSERT_TRUE(std::holds_alternative<Committed>(outcome));
  const LoadedTable& after = std::get<Committed>(outcome).table;
  EXPECT_THAT(after.metadata_location, HasSubstr("/metadata/00001-"));
  EXPECT_EQ(after.metadata.current_snapshot_id, SnapshotId(5));
  ASSERT_THAT(after.metadata.metadata_log, SizeIs(1));
  EXPECT_EQ(after.metadata.metadata_log[0].metadata_file, before.metadata_location);
  ASSERT_OK_AND_ASSIGN(const LoadedTable loaded, catalog_->Load(kOrders));
  EXPECT_EQ(loaded.metadata, after.metadata);
  EXPECT_EQ(loaded.metadata_location, after.metadata_location);
}

TEST_P(EveryCatalog, ACommitUponAnotherHeadIsAConflictAndLeavesNothing) {
  ASSERT_OK_AND_ASSIGN(const LoadedTable before, catalog_->Create(kOrders, SmallTable()));
  ASSERT_TRUE(std::holds_alternative<Committed>(
      catalog_->Commit(kOrders, AddEmptySnapshot(before.metadata, SnapshotId(5)))));
  const auto files = Files();
  EXPECT_TRUE(std::holds_alternative<Conflict>(
      catalog_->Commit(kOrders, AddEmptySnapshot(before.metadata, SnapshotId(6)))));
  EXPECT_EQ(Files(), files);
  EXPECT_EQ(Metadata().current_snapshot_id, SnapshotId(5));
}

TEST_P(EveryCatalog, ACommitToNoTableIsRefused) {
  const CommitOutcome outcome = catalog_->Commit(kOrders, kSetColour);
  ASSERT_TRUE(std::holds_alternative<Refused>(outcome));
  EXPECT_EQ(std::get<Refused>(outcome).error.code, "TABLE_NOT_FOUND");
}

TEST_P(EveryCatalog, MetadataThatCannotBeWrittenIsRefusedAndLeavesNothing) {
  ASSERT_OK(catalog_->Create(kOrders, SmallTable()));
  const auto files = Files();
  for (const StoreFault& fault : {StoreFault::Fails(), StoreFault::FailsAfterEffect()}) {
    on_finish_ = fault;
    const CommitOutcome outcome = catalog_->Commit(kOrders, kSetColour);
    ASSERT_TRUE(std::holds_alternative<Refused>(outcome));
    EXPECT_EQ(std::get<Refused>(outcome).error.kind, ErrorKind::kUnavailable);
    EXPECT_THAT(catalog_->Create(TableName::Parse("a.b").value(), SmallTable()),
                FailsWith(ErrorKind::kUnavailable));
    EXPECT_EQ(Files(), files);
  }
  EXPECT_EQ(Metadata().Property("colour"), "");
}

TEST_P(EveryCatalog, OldMetadataIsDeletedWhenTheTableSaysSo) {
  ASSERT_OK(catalog_->Create(kOrders, SmallTable({{"write.metadata.previous-versions-max", "2"},
                                                  {"write.metadata.delete-after-commit.enabled", "true"}})));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(std::holds_alternative<Committed>(catalog_->Commit(kOrders, kSetColour)));
  }
  EXPECT_THAT(Files(), ElementsAre(HasSubstr("/00003-"), HasSubstr("/00004-"), HasSubstr("/00005-")));
  EXPECT_THAT(Metadata().metadata_log, SizeIs(2));
}

TEST_P(EveryCatalog, MissingMetadataIsNotAMissingTable) {
  ASSERT_OK_AND_ASSIGN(const LoadedTable created, catalog_->Create(kOrders, SmallTable()));
  ASSERT_OK(objects_.Delete(created.metadata_location));
  EXPECT_THAT(catalog_->Load(kOrders), FailsWithCode("TABLE_METADATA_MISSING"));
}

// Every commit that was answered is in the table, and nothing else is: whoever commits upon an old head is
// told.
TEST_P(EveryCatalog, WritersAtOnceLoseNoCommit) {
  constexpr int kWriters = 4;
  constexpr int kCommits = 8;
  ASSERT_OK(catalog_->Create(kOrders, SmallTable()));
  std::vector<std::unique_ptr<Task>> tasks;
  tasks.reserve(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    tasks.push_back(ThreadRuntime().Spawn("writer", [this, writer] {
      for (int done = 0; done < kCommits;) {
        auto loaded = catalog_->Load(kOrders);
        if (!loaded) continue;  // busy
        const SnapshotId id(writer * 1000 + done + 1);
        const CommitOutcome outcome = catalog_->Commit(kOrders, AddEmptySnapshot(loaded->metadata, id));
        FRAZIL_CHECK(!std::holds_alternative<UnknownOutcome>(outcome));
        if (std::holds_alternative<Committed>(outcome)) ++done;
      }
    }));
  }
  tasks.clear();
  const TableMetadata table = Metadata();
  EXPECT_THAT(table.snapshots, SizeIs(kWriters * kCommits));
  EXPECT_EQ(table.last_sequence_number, kWriters * kCommits);
  EXPECT_THAT(Files(), SizeIs(kWriters * kCommits + 1));
}

INSTANTIATE_TEST_SUITE_P(Catalogs, EveryCatalog, ::testing::Values(Kind::kMemory, Kind::kSql),
                         [](const auto& kind) { return kind.param == Kind::kMemory ? "Memory" : "Sql"; });

// A catalog whose pointer store answers a swap as it is told.
class ScriptedCatalog final : public PointerCatalog {
 public:
  explicit ScriptedCatalog(ObjectStore& store) : PointerCatalog(ThreadRuntime(), store, "file:///lake") {}
  Result<std::vector<TableName>> List() override { return std::vector<TableName>{kOrders}; }

  Result<bool> answer = true;
  Status added;

 private:
  Result<std::string> FindPointer(const TableName&) override {
    if (location_.empty()) return Fail(ErrorKind::kNotFound, "TABLE_NOT_FOUND", "not yet");
    return location_;
  }
  Status AddPointer(const TableName&, const std::string& location) override {
    if (added) location_ = location;
    return added;
  }
  Result<bool> SwapPointer(const TableName&, const std::string&, const std::string&) override {
    return answer;
  }

  std::string location_;
};

TEST(PointerCatalog, KeepsItsMetadataFileOnlyWhenTheCommitLandedOrMayHave) {
  struct Case {
    Result<bool> answer;
    std::size_t outcome;  // index in CommitOutcome
    std::size_t files;
  };
  const Case cases[] = {{true, 0, 2},
                        {false, 1, 1},
                        {Fail(ErrorKind::kUnavailable, "SQL_BUSY", "busy"), 2, 1},
                        {Fail(ErrorKind::kUnknownOutcome, "SQL_COMMIT_UNKNOWN", "disk"), 3, 2}};
  for (const Case& c : cases) {
    MemoryStore store(ThreadRuntime());
    ScriptedCatalog catalog(store);
    ASSERT_OK(catalog.Create(kOrders, SmallTable()));
    catalog.answer = c.answer;
    EXPECT_EQ(catalog.Commit(kOrders, kSetColour).index(), c.outcome);
    EXPECT_THAT(store.List("").value(), SizeIs(c.files));
  }
}

TEST(PointerCatalog, ACreateOfUnknownOutcomeKeepsItsMetadataFile) {
  MemoryStore store(ThreadRuntime());
  ScriptedCatalog catalog(store);
  catalog.added = Fail(ErrorKind::kUnavailable, "SQL_BUSY", "busy");
  EXPECT_THAT(catalog.Create(kOrders, SmallTable()), FailsWithCode("SQL_BUSY"));
  EXPECT_THAT(store.List("").value(), IsEmpty());
  catalog.added = Fail(ErrorKind::kUnknownOutcome, "SQL_COMMIT_UNKNOWN", "disk");
  EXPECT_THAT(catalog.Create(kOrders, SmallTable()), FailsWith(ErrorKind::kUnknownOutcome));
  EXPECT_THAT(store.List("").value(), SizeIs(1));
}

TEST(FaultyCatalog, EachFaultHasItsAnswerAndItsEffect) {
  struct Case {
    CatalogFault fault;
    std::size_t outcome;  // index in CommitOutcome
    bool effect;
    bool effect_after_release;
  };
  for (const Case& c :
       {Case{CatalogFault::kNone, 0, true, true}, Case{CatalogFault::kConflict, 1, false, false},
        Case{CatalogFault::kRefused, 2, false, false},
        Case{CatalogFault::kUnknownWithoutEffect, 3, false, false},
        Case{CatalogFault::kUnknownWithEffect, 3, true, true},
        Case{CatalogFault::kUnknownLate, 3, false, true}}) {
    MemoryStore store(ThreadRuntime());
    MemoryCatalog inner(ThreadRuntime(), store, "file:///lake");
    ASSERT_OK(inner.Create(kOrders, SmallTable()));
    FaultyCatalog catalog(ThreadRuntime(), inner, [&](CatalogOperation operation, const TableName&) {
      return operation == CatalogOperation::kCommit ? c.fault : CatalogFault::kNone;
    });
    const auto took_effect = [&] { return inner.Load(kOrders)->metadata.Property("colour") == "red"; };
    EXPECT_EQ(catalog.Commit(kOrders, kSetColour).index(), c.outcome);
    EXPECT_EQ(took_effect(), c.effect);
    EXPECT_EQ(catalog.Release(), c.effect == c.effect_after_release ? 0 : 1);
    EXPECT_EQ(took_effect(), c.effect_after_release);
  }
}

}  // namespace
}  // namespace frazil
