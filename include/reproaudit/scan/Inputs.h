// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What an analysis looked at: the files that it read, those that it found and
/// those that it looked for in vain. As long as all of them stay as they were,
/// the analysis would give the same result again.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Finding.h"

#include "llvm/Support/VirtualFileSystem.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reproaudit {

/// What a file system knows of a file without reading it; times in nanoseconds
/// since 1970. No program can set `changed`, so an edit that keeps the size and
/// puts `modified` back is noticed.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::int64_t changed = 0;

  bool operator==(const FileStamp &) const = default;
};

struct Input {
  enum class Kind : std::uint8_t { Absent, Present, Listed, Read };
  std::string path;  ///< Absolute.
  Kind kind = Kind::Absent;
  FileStamp stamp;  ///< Of a folder that was listed, a file that was read.
  // Of a file that was read:
  bool settled = false;  ///< Was old enough then that a later change must show
                         ///< in the stamp.
  std::string hash;      ///< Of the content.
};

void to_json(nlohmann::ordered_json &json, const Input &input);
void from_json(const nlohmann::ordered_json &json, Input &input);

/// A file system that takes notes.
class InputRecorder final : public llvm::vfs::ProxyFileSystem {
public:
  using ProxyFileSystem::ProxyFileSystem;

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine &path) override;
  bool exists(const llvm::Twine &path) override;
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>>
  openFileForRead(const llvm::Twine &path) override;
  llvm::vfs::directory_iterator dir_begin(const llvm::Twine &path,
                                          std::error_code &error) override;

  /// The notes, sorted by path.
  std::vector<Input> inputs() const;

private:
  friend class RecordedFile;
  Input &note(const llvm::Twine &path, Input::Kind kind);

  std::map<std::string, Input> inputs_;
};

/// Compares inputs with what is there now; asks for each path once.
class InputValidator {
public:
  bool isUnchanged(const Input &input);

private:
  struct Current {
    std::optional<FileStamp> stamp;  ///< None if there is no such file.
    std::optional<std::string> hash;
  };
  Current &current(const std::string &path);

  std::map<std::string, Current> seen_;
};

/// A content hash as 32 hexadecimal digits.
std::string contentHash(llvm::StringRef content);

}  // namespace reproaudit
