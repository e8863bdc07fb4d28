// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/CompileDatabase.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/StringSaver.h"
#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

using Json = nlohmann::json;

constexpr char kFileName[] = "compile_commands.json";

bool hasDatabase(const fs::path &directory) {
  std::error_code ignored;
  return fs::exists(directory / kFileName, ignored);
}

/// The folders of \p parent, sorted; none if it cannot be listed.
std::vector<fs::path> foldersOf(const fs::path &parent) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(parent, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored))
      folders.push_back(it->path());
  }
  std::ranges::sort(folders);
  return folders;
}

std::vector<std::string> tokenized(const std::string &command) {
  llvm::BumpPtrAllocator allocator;
  llvm::StringSaver saver(allocator);
  llvm::SmallVector<const char *> parts;
  llvm::cl::TokenizeGNUCommandLine(command, saver, parts);
  return {parts.begin(), parts.end()};
}

/// The arguments of one entry in either form of the format.
std::vector<std::string> argumentsOf(const Json &entry) {
  if (const auto list = entry.find("arguments");
      list != entry.end() && list->is_array() &&
      std::ranges::all_of(*list, [](const Json &a) { return a.is_string(); }))
    return list->get<std::vector<std::string>>();
  if (const auto line = entry.find("command");
      line != entry.end() && line->is_string())
    return tokenized(line->get<std::string>());
  return {};
}

std::expected<CompileCommand, std::string> commandOf(const Json &entry,
                                                     const fs::path &base) {
  if (!entry.is_object())
    return std::unexpected("is not an object");
  const auto file = entry.find("file");
  if (file == entry.end() || !file->is_string() ||
      file->get_ref<const std::string &>().empty())
    return std::unexpected("has no `file`");
  CompileCommand command;
  command.arguments = argumentsOf(entry);
  if (command.arguments.empty())
    return std::unexpected("has neither `arguments` nor `command`");
  fs::path directory = base;
  if (const auto given = entry.find("directory");
      given != entry.end() && given->is_string())
    directory /= given->get<std::string>();
  command.directory = directory.lexically_normal().string();
  command.file =
      (directory / file->get<std::string>()).lexically_normal().string();
  return command;
}

/// "line 3, column 7" of byte \p offset in \p text.
std::string placeOf(const std::string &text, std::size_t offset) {
  const auto end =
      text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  const auto line = std::count(text.begin(), end, '\n') + 1;
  const auto lineStart = std::find(std::make_reverse_iterator(end),
                                   text.rend(), '\n');
  return llvm::formatv("line {}, column {}", line,
                     std::distance(std::make_reverse_iterator(end), lineStart)).str();
}

}  // namespace

fs::path findCompileDatabase(const fs::path &start) {
  if (hasDatabase(start))
    return start;
  for (const fs::path &folder : foldersOf(start)) {
    const std::string name = folder.filename().string();
    if (!name.starts_with("build") && !name.starts_with("cmake-build-") &&
        name != "out")
      continue;
    if (hasDatabase(folder))
      return folder;
    for (const fs::path &inner : foldersOf(folder))
      if (hasDatabase(inner))
        return inner;
  }
  return {};
}

std::expected<CompileDatabase, std::string>
loadCompileDatabase(const fs::path &directory) {
  std::error_code error;
  CompileDatabase database;
  database.directory = fs::absolute(directory, error).lexically_normal();
  const fs::path path = database.directory / kFileName;
  const std::string shown = (directory / kFileName).lexically_normal().string();
  if (fs::is_directory(path, error))
    return std::unexpected(llvm::formatv(
        "{} is a directory; point -p to the folder that holds the file", shown).str());
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return std::unexpected(llvm::formatv(
        "cannot read {}: {}", shown, std::generic_category().message(errno)).str());
  const std::string text(std::istreambuf_iterator<char>(stream), {});

  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error &problem) {
    return std::unexpected(
        llvm::formatv("{} is not valid JSON at {}; generate it again", shown,
                    placeOf(text, problem.byte)).str());
  }
  if (!json.is_array())
    return std::unexpected(llvm::formatv(
        "{} is not a list of compile commands; generate it again", shown).str());

  std::set<std::pair<std::string, std::vector<std::string>>> seen;
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto command = commandOf(json[i], database.directory);
    if (!command)
      database.notices.push_back(
          {.id = "bad-database-entry",
           .text = llvm::formatv("entry {} of {} {} and is left out", i + 1,
                               kFileName, command.error()).str()});
    else if (seen.emplace(command->file, command->arguments).second)
      database.commands.push_back(std::move(*command));
  }
  return database;
}

}  // namespace reproaudit
