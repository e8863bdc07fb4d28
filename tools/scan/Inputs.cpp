// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Inputs.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Chrono.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
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

std::int64_t nanoseconds(llvm::sys::TimePoint<> time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             time.time_since_epoch())
      .count();
}

/// File systems keep times as coarse as two seconds.
bool isSettled(std::int64_t modified) {
  constexpr std::int64_t kCoarsest = 2'000'000'000;
  return nanoseconds(std::chrono::system_clock::now()) - modified > kCoarsest;
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
  llvm::sys::fs::make_absolute(absolute);
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
  if (const auto status = (*file)->status()) {
    input.size = status->getSize();
    input.modified = nanoseconds(status->getLastModificationTime());
    input.settled = isSettled(input.modified);
  }
  return std::make_unique<RecordedFile>(std::move(*file), input);
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
  llvm::sys::fs::file_status status;
  if (isNew && !llvm::sys::fs::status(path, status)) {
    entry->second = {true, status.getSize(),
                     nanoseconds(status.getLastModificationTime())};
  }
  return entry->second;
}

bool InputValidator::isUnchanged(const Input &input) {
  Current &now = current(input.path);
  if (input.kind != Input::Kind::Read)
    return now.exists == (input.kind == Input::Kind::Present);
  if (!now.exists || now.size != input.size)
    return false;
  if (input.settled && now.modified == input.modified)
    return true;
  if (!now.hash) {
    const auto buffer = llvm::MemoryBuffer::getFile(input.path);
    now.hash = buffer ? contentHash((*buffer)->getBuffer()) : "";
  }
  return *now.hash == input.hash;
}

void to_json(nlohmann::ordered_json &json, const Input &input) {
  json = {input.path, static_cast<int>(input.kind)};
  if (input.kind == Input::Kind::Read) {
    json.push_back(input.size);
    json.push_back(input.modified);
    json.push_back(input.settled);
    json.push_back(input.hash);
  }
}

void from_json(const nlohmann::ordered_json &json, Input &input) {
  json.at(0).get_to(input.path);
  input.kind = static_cast<Input::Kind>(json.at(1).get<int>());
  if (input.kind != Input::Kind::Read)
    return;
  json.at(2).get_to(input.size);
  json.at(3).get_to(input.modified);
  json.at(4).get_to(input.settled);
  json.at(5).get_to(input.hash);
}

}  // namespace reproaudit
