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

struct Input {
  enum class Kind : std::uint8_t { Absent, Present, Read };
  std::string path;  ///< Absolute.
  Kind kind = Kind::Absent;
  // Of a file that was read:
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< Nanoseconds since 1970.
  bool settled = false;  ///< Was old enough then that a later change must show
                         ///< in `modified`.
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
    bool exists = false;
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::optional<std::string> hash;
  };
  Current &current(const std::string &path);

  std::map<std::string, Current> seen_;
};

/// A content hash as 32 hexadecimal digits.
std::string contentHash(llvm::StringRef content);

}  // namespace reproaudit
