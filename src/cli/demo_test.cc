#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/result_matchers.h"
#include "cli/demo_folder.h"
#include "spec/file.h"

namespace frazil {
namespace {

class DemoFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "frazil_demo_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  const KafkaConnection kafka_{.brokers = {"127.0.0.1:4321"}, .tls = std::nullopt, .sasl = std::nullopt};
};

TEST_F(DemoFolder, ItsDocumentIsRight) {
  ASSERT_OK_AND_ASSIGN(const std::string path, WriteDemoDocument(folder_, kafka_));
  const SpecResult file = LoadSpecFile(path);
  ASSERT_TRUE(file) << file.error()[0].ToString();
  ASSERT_NE(file->FindStream(kDemoStream), nullptr);
  EXPECT_EQ(file->connections[0].brokers[0], "127.0.0.1:4321");
  EXPECT_EQ(file->catalogs[0].warehouse, "file://" + folder_ + "/warehouse");
}

TEST_F(DemoFolder, IsClearedOfAnEarlierDemoOnly) {
  const std::string inner = folder_ + "/new/demo";
  ASSERT_OK_AND_ASSIGN(const std::string made, PrepareDemoFolder(inner + "/"));
  EXPECT_EQ(made, inner);
  ASSERT_OK(WriteDemoDocument(inner, kafka_));
  std::filesystem::create_directories(inner + "/warehouse/demo");
  std::ofstream(inner + "/catalog.db") << "old";
  std::ofstream(inner + "/notes.txt") << "mine";

  ASSERT_OK(PrepareDemoFolder(inner));
  EXPECT_FALSE(std::filesystem::exists(inner + "/warehouse"));
  EXPECT_FALSE(std::filesystem::exists(inner + "/catalog.db"));
  EXPECT_TRUE(std::filesystem::exists(inner + "/notes.txt"));
}

TEST_F(DemoFolder, AFolderOfSomethingElseIsRefused) {
  std::filesystem::create_directories(folder_ + "/warehouse");
  EXPECT_THAT(PrepareDemoFolder(folder_), FailsWithCode("DEMO_FOLDER"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/warehouse"));
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THAT(PrepareDemoFolder(folder_ + "/file"), FailsWithCode("DEMO_FOLDER"));
}

}  // namespace
}  // namespace frazil
