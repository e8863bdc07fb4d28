// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Inputs.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <memory>
#include <sys/stat.h>
#include <tuple>
#include <utility>

using llvm::StringRef;
using llvm::Twine;

namespace reproaudit {

/// A file whose content is noted as it is read.
class RecordedFile final : public llvm::vfs::File {
public:
  RecordedFile(std::unique_ptr<File> file, Input &input)
      : file_(std::move(file)), input_(input) {}

  llvm::ErrorOr<llvm::vfs::Status> status() override { return file_->status(); }
  std::error_code close() override { return file_->close(); }

  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>>
  getBuffer(const Twine &name, int64_t size, bool terminated,
            bool isVolatile) override {
    auto buffer = file_->getBuffer(name, size, terminated, isVolatile);
    if (buffer)
      input_.hash = contentHash((*buffer)->getBuffer());
    return buffer;
  }

private:
  std::unique_ptr<File> file_;
  Input &input_;
};

namespace {

std::int64_t nanoseconds(const timespec &time) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return time.tv_sec * kPerSecond + time.tv_nsec;
}

std::optional<FileStamp> stampOf(const std::string &path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
    return std::nullopt;
  return FileStamp{static_cast<std::uint64_t>(status.st_size),
                   nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

/// File systems keep times as coarse as two seconds, and a clock that was put
/// back leaves files from the future.
bool isSettled(const FileStamp &stamp) {
  constexpr std::int64_t kCoarsest = 2'000'000'000;
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - std::max(stamp.modified, stamp.changed) > kCoarsest;
}

}  // namespace

std::string contentHash(StringRef content) {
  const llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::arrayRefFromStringRef(content));
  return llvm::utohexstr(hash.high64, /*LowerCase=*/true, /*Width=*/16) +
         llvm::utohexstr(hash.low64, /*LowerCase=*/true, /*Width=*/16);
}

Input &InputRecorder::note(const Twine &path, Input::Kind kind) {
  llvm::SmallString<256> absolute;
  path.toVector(absolute);
  std::ignore = llvm::sys::fs::make_absolute(absolute);
  Input &input = inputs_[absolute.str().str()];
  // The strongest of what was asked about a path is what has to hold.
  input.kind = std::max(input.kind, kind);
  return input;
}

llvm::ErrorOr<llvm::vfs::Status> InputRecorder::status(const Twine &path) {
  auto status = ProxyFileSystem::status(path);
  note(path, status ? Input::Kind::Present : Input::Kind::Absent);
  return status;
}

bool InputRecorder::exists(const Twine &path) {
  const bool exists = ProxyFileSystem::exists(path);
  note(path, exists ? Input::Kind::Present : Input::Kind::Absent);
  return exists;
}

llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>>
InputRecorder::openFileForRead(const Twine &path) {
  auto file = ProxyFileSystem::openFileForRead(path);
  if (!file) {
    note(path, Input::Kind::Absent);
    return file;
  }
  Input &input = note(path, Input::Kind::Read);
  // Before the content is read: an edit in between makes the stamp outdated.
  input.stamp = stampOf(path.str()).value_or(FileStamp{});
  input.settled = isSettled(input.stamp);
  return std::make_unique<RecordedFile>(std::move(*file), input);
}

llvm::vfs::directory_iterator InputRecorder::dir_begin(const Twine &path,
                                                       std::error_code &error) {
  if (const auto stamp = stampOf(path.str()))
    note(path, Input::Kind::Listed).stamp = *stamp;
  else
    note(path, Input::Kind::Absent);
  return ProxyFileSystem::dir_begin(path, error);
}

std::vector<Input> InputRecorder::inputs() const {
  std::vector<Input> inputs;
  for (const auto &[path, input] : inputs_) {
    inputs.push_back(input);
    inputs.back().path = path;
    if (input.kind == Input::Kind::Read && input.hash.empty())
      inputs.back().kind = Input::Kind::Present;  // Opened, never read.
  }
  return inputs;
}

InputValidator::Current &InputValidator::current(const std::string &path) {
  const auto [entry, isNew] = seen_.try_emplace(path);
  if (isNew)
    entry->second.stamp = stampOf(path);
  return entry->second;
}

bool InputValidator::isUnchanged(const Input &input) {
  Current &now = current(input.path);
  if (input.kind < Input::Kind::Listed)
    return now.stamp.has_value() == (input.kind == Input::Kind::Present);
  if (input.kind == Input::Kind::Listed)
    return now.stamp && now.stamp->modified == input.stamp.modified;
  if (!now.stamp || now.stamp->size != input.stamp.size)
    return false;
  if (input.settled && now.stamp == input.stamp)
    return true;
  if (!now.hash) {
    const auto buffer = llvm::MemoryBuffer::getFile(input.path);
    now.hash = buffer ? contentHash((*buffer)->getBuffer()) : "";
  }
  return *now.hash == input.hash;
}

void to_json(nlohmann::ordered_json &json, const Input &input) {
  json = {input.path, static_cast<int>(input.kind)};
  if (input.kind >= Input::Kind::Listed) {
    json.push_back(input.stamp.size);
    json.push_back(input.stamp.modified);
    json.push_back(input.stamp.changed);
    json.push_back(input.settled);
    json.push_back(input.hash);
  }
}

void from_json(const nlohmann::ordered_json &json, Input &input) {
  json.at(0).get_to(input.path);
  input.kind = static_cast<Input::Kind>(json.at(1).get<int>());
  if (input.kind < Input::Kind::Listed)
    return;
  json.at(2).get_to(input.stamp.size);
  json.at(3).get_to(input.stamp.modified);
  json.at(4).get_to(input.stamp.changed);
  json.at(5).get_to(input.settled);
  json.at(6).get_to(input.hash);
}

}  // namespace reproaudit
