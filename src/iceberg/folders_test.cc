#include "iceberg/folders.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(Folders, LieBelowTheTableUnlessAPropertySaysElsewhere) {
  TableMetadata table;
  table.location = "file:/lake/t/";
  EXPECT_EQ(MetadataFolder(table), "file:/lake/t/metadata");
  EXPECT_EQ(DataFolder(table), "file:/lake/t/data");
  table.properties = {{"write.metadata.path", "file:/meta//"}, {"write.data.path", ""}};
  EXPECT_EQ(MetadataFolder(table), "file:/meta");
  EXPECT_EQ(DataFolder(table), "file:/lake/t/data");
}

}  // namespace
}  // namespace frazil
