// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Report.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace reproaudit {

SourceTexts::SourceTexts(std::string root,
                         const std::map<std::string, std::string> &known)
    : root_(std::move(root)) {
  for (const auto &[path, text] : known)
    files_[path] = split(text);
}

SourceTexts::File SourceTexts::split(std::string text) {
  File file{std::move(text), {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i)
    if (file.text[i] == '\n')
      file.lineStarts.push_back(i + 1);
  return file;
}

const SourceTexts::File &SourceTexts::file(const std::string &path) const {
  if (const auto known = files_.find(path); known != files_.end())
    return known->second;
  // Reading a folder would throw, reading a pipe would wait forever.
  const std::filesystem::path place = root_ + "/" + path;
  std::error_code error;
  std::string text;
  if (std::filesystem::is_regular_file(place, error)) {
    std::ifstream stream(place, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(stream), {});
  }
  return files_[path] = split(std::move(text));
}

const std::string &SourceTexts::text(const std::string &path) const {
  return file(path).text;
}

std::string_view SourceTexts::line(const std::string &path,
                                   unsigned number) const {
  const File &of = file(path);
  if (number == 0 || number > of.lineStarts.size())
    return {};
  std::string_view rest(of.text);
  rest.remove_prefix(of.lineStarts[number - 1]);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

unsigned SourceTexts::lineCount(const std::string &path) const {
  const File &of = file(path);
  const bool endsInLineFeed = of.lineStarts.back() == of.text.size();
  return static_cast<unsigned>(of.lineStarts.size() - (endsInLineFeed ? 1 : 0));
}

}  // namespace reproaudit
