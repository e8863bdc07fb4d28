// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BaselineFile.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <variant>

namespace reproaudit {

std::expected<std::string, std::string> readFile(const std::string &path) {
  std::error_code ignored;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path, ignored))
    return std::unexpected("cannot read " + path +
                           "; check that it is a file that you may read");
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::expected<Baseline, std::string> readBaselineFile(const std::string &path) {
  const auto text = readFile(path);
  if (!text)
    return std::unexpected(text.error());
  auto read = readBaseline(*text);
  if (const auto *problem = std::get_if<std::string>(&read))
    return std::unexpected(path + ": " + *problem);
  return std::get<Baseline>(std::move(read));
}

}  // namespace reproaudit
