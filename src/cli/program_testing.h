// The program run inside the test's process.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace frazil {

// A fresh folder, and the program run in this process.
class Program : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "frazil_cli_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  int Execute(std::vector<std::string> words) {
    std::vector<const char*> argv = {"frazil"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    char* out = nullptr;
    char* err = nullptr;
    std::size_t out_size = 0;
    std::size_t err_size = 0;
    std::FILE* out_file = open_memstream(&out, &out_size);
    std::FILE* err_file = open_memstream(&err, &err_size);
    const int code = Main(static_cast<int>(argv.size()), argv.data(), out_file, err_file);
    std::fclose(out_file);
    std::fclose(err_file);
    out_.assign(out, out_size);
    err_.assign(err, err_size);
    std::free(out);
    std::free(err);
    return code;
  }

  std::string folder_;
  std::string out_;
  std::string err_;
};

}  // namespace frazil
