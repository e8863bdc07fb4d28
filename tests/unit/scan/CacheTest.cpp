// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Cache.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

class CacheTest : public testing::Test {
protected:
  CacheTest()
      : folder_(fs::path(testing::TempDir()) / "reproaudit-cache-test") {
    fs::remove_all(folder_);
  }
  ~CacheTest() override { fs::remove_all(folder_); }

  static std::string keyOf(char letter) { return std::string(32, letter); }

  void store(char letter) {
    UnitResult result;
    result.notices.push_back({.id = std::string(1, letter)});
    Cache(folder_).store(keyOf(letter), nlohmann::ordered_json(result).dump());
  }

  bool has(char letter) {
    return Cache(folder_).find(keyOf(letter)).has_value();
  }

  void setAge(char letter, std::chrono::hours age) {
    const std::string key = keyOf(letter);
    for (const fs::directory_entry &entry :
         fs::directory_iterator(folder_ / key.substr(0, 2)))
      fs::last_write_time(entry, fs::file_time_type::clock::now() - age);
  }

  fs::path folder_;
};

TEST_F(CacheTest, FindsWhatWasStored) {
  store('a');
  const auto found = Cache(folder_).find(keyOf('a'));
  if (!found)
    FAIL() << "nothing was stored";
  EXPECT_EQ(found->notices.front().id, "a");
  EXPECT_FALSE(has('b'));
}

TEST_F(CacheTest, EvictsWhatWasUnusedForLongest) {
  for (const char letter : {'a', 'b', 'c'})
    store(letter);
  setAge('a', std::chrono::hours(3));
  setAge('b', std::chrono::hours(2));
  setAge('c', std::chrono::hours(1));
  EXPECT_TRUE(has('a'));  // Used again: now the newest.

  Cache cache(folder_);
  const CacheStatistics all = cache.statistics();
  cache.evict(all.bytes - 1);
  EXPECT_EQ(cache.statistics().entries, 2U);
  EXPECT_TRUE(has('a'));
  EXPECT_FALSE(has('b'));
  EXPECT_TRUE(has('c'));
}

TEST_F(CacheTest, EvictsNothingBelowTheLimit) {
  store('a');
  Cache cache(folder_);
  cache.evict(cache.statistics().bytes);
  EXPECT_TRUE(has('a'));
}

class InputTest : public CacheTest {
protected:
  InputTest() {
    fs::create_directories(folder_);
    write("int x;\n");
  }
  void write(const std::string &text) { std::ofstream(file_) << text; }

  /// What an analysis that reads the file and looks for its neighbour notes.
  std::vector<Input> read() {
    const auto recorder = llvm::makeIntrusiveRefCnt<InputRecorder>(
        llvm::vfs::getRealFileSystem());
    recorder->getBufferForFile(file_.string());
    recorder->exists((folder_ / "neighbour").string());
    std::error_code error;
    recorder->dir_begin(folder_.string(), error);
    return recorder->inputs();
  }

  static bool areUnchanged(const std::vector<Input> &inputs) {
    InputValidator validator;
    return std::ranges::all_of(inputs, [&](const Input &input) {
      return validator.isUnchanged(input);
    });
  }

  fs::path file_ = folder_ / "file";
};

TEST_F(InputTest, StayValidWhenNothingHappens) {
  EXPECT_TRUE(areUnchanged(read()));
}

TEST_F(InputTest, StayValidWhenTheSameIsWrittenAgain) {
  const auto inputs = read();
  write("int x;\n");
  EXPECT_TRUE(areUnchanged(inputs));
}

TEST_F(InputTest, NoticeAnEditOfTheSameSize) {
  const auto inputs = read();
  write("int y;\n");
  EXPECT_FALSE(areUnchanged(inputs));
}

TEST_F(InputTest, NoticeWhatAppearsAndVanishes) {
  const auto inputs = read();
  std::ofstream(folder_ / "neighbour") << "";
  EXPECT_FALSE(areUnchanged(inputs));
  const auto later = read();
  fs::remove(file_);
  EXPECT_FALSE(areUnchanged(later));
}

TEST_F(InputTest, SurviveTheFormatOfTheCache) {
  const nlohmann::ordered_json json = read();
  EXPECT_TRUE(areUnchanged(json.get<std::vector<Input>>()));
  EXPECT_EQ(nlohmann::ordered_json(json.get<std::vector<Input>>()), json);
}

}  // namespace
}  // namespace reproaudit
