// How what lanes leave unwritten becomes part of their epoch, or is dropped with it.
#include "ingest/epoch.h"

#include <gmock/gmock.h>

#include "base/result_matchers.h"
#include "storage/memory_store.h"

namespace frazil {
namespace {

using ::testing::SizeIs;

class SealedEpochTest : public testing::Test {
 protected:
  SealedEpochTest() {
    layout.schema.fields = {
        {.id = 1, .name = "id", .type = Type::Primitive(TypeId::kLong), .required = true, .doc = {}}};
    layout.folder = "memory:/lake/t/data";
    layout.target_file_bytes = 1 << 20;
    epoch.lanes = {0, 1, 2};
    sealed.emplace(runtime, epoch, std::nullopt);
  }

  // Of a lane with one row that waits.
  LaneFiles LeavesARow() {
    ColumnBatch batch(layout.schema);
    batch.column(0).AppendInt64(7);
    batch.CloseRow();
    WaitingRows rows(layout.schema);
    rows.Add(batch, std::vector<std::int32_t>{0});
    PartitionTuples tuples;
    tuples.Add("", {});
    LaneFiles files;
    files.unwritten.emplace(layout, std::move(tuples), std::move(rows));
    files.unwritten->Hold(budget.Charge(files.unwritten->bytes()));
    return files;
  }
  static tl::unexpected<Error> Failure() { return Fail(ErrorKind::kUnavailable, "A_LANE", "fails"); }
  Status WriteShare(std::size_t share, SealedFiles& files) {
    return sealed->unwritten().WriteShare(
        {.format = ParquetFormat(), .store = store, .uploads = uploads, .runtime = runtime}, share, 3, files);
  }

  Runtime& runtime = ThreadRuntime();
  ByteBudget budget{runtime, 1 << 20};
  MemoryStore store{runtime};
  UploadPool uploads{runtime, budget};
  TableLayout layout;
  OpenEpoch epoch;
  std::optional<SealedEpoch> sealed;
};

TEST_F(SealedEpochTest, IsWholeWhenEachLaneHasWrittenItsShareOfAllRows) {
  EXPECT_FALSE(sealed->Add(LeavesARow()));
  EXPECT_FALSE(sealed->Add(LaneFiles()));
  EXPECT_TRUE(sealed->Add(LeavesARow()));
  for (std::size_t share = 0; share < 3; ++share) {
    EXPECT_GT(budget.used(), 0);
    SealedFiles files;
    const Status written = WriteShare(share, files);
    EXPECT_THAT(written, IsOk());
    sealed->AddShare(written, std::move(files));
  }
  ASSERT_OK(sealed->Wait());
  std::int64_t rows = 0;
  for (const LaneFiles& lane : sealed->TakeFiles()) {
    for (const DataFile& file : lane.rows.files) rows += file.record_count;
  }
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(budget.used(), 0);
}

TEST_F(SealedEpochTest, FailsWithALaneAndWritesNothingThatOthersLeft) {
  for (std::size_t failing = 0; failing < 3; ++failing) {
    sealed.emplace(runtime, epoch, std::nullopt);
    for (std::size_t lane = 0; lane < 3; ++lane) {
      EXPECT_FALSE(sealed->Add(lane == failing ? Result<LaneFiles>(Failure()) : LeavesARow()));
    }
    EXPECT_THAT(sealed->Wait(), FailsWithCode("A_LANE"));
    EXPECT_EQ(budget.used(), 0);
  }
}

TEST_F(SealedEpochTest, FailsWithAShareAndKnowsTheFilesOfTheOthers) {
  for (int lane = 0; lane < 3; ++lane) EXPECT_EQ(sealed->Add(LeavesARow()), lane == 2);
  SealedFiles files;
  const Status written = WriteShare(0, files);
  sealed->AddShare(Failure(), {});
  sealed->AddShare(written, std::move(files));
  sealed->AddShare({}, {});
  EXPECT_THAT(sealed->Wait(), FailsWithCode("A_LANE"));
  std::size_t known = 0;
  for (const LaneFiles& lane : sealed->TakeFiles()) known += lane.rows.files.size();
  EXPECT_EQ(known, 1U);
  EXPECT_EQ(budget.used(), 0);
}

}  // namespace
}  // namespace frazil
