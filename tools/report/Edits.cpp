// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Edits.h"

#include "Concat.h"
#include "reproaudit/report/Unicode.h"

#include <algorithm>
#include <map>

namespace reproaudit {
namespace {

/// Each with its line feed; the last one may have none.
std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

/// The bytes [begin, end) of a text and what takes their place.
struct Replacement {
  std::size_t begin, end;
  std::string_view text;
};

class Offsets {
public:
  explicit Offsets(std::string_view text)
      : size_(text.size()), lines_(linesOf(text)) {
    for (const std::string_view line : lines_)
      starts_.push_back(static_cast<std::size_t>(line.data() - text.data()));
  }

  /// The offset of a place; the end of the text is one, too.
  std::optional<std::size_t> of(unsigned line, unsigned column) const {
    if (line == starts_.size() + 1 && column == 1)
      return size_;
    if (line == 0 || column == 0 || line > starts_.size())
      return std::nullopt;
    return starts_[line - 1] + byteOfColumn(lines_[line - 1], column);
  }

private:
  std::size_t size_;
  std::vector<std::string_view> lines_;
  std::vector<std::size_t> starts_;
};

/// \p edits in the order of the text, or nullopt if they contradict.
std::optional<std::vector<Replacement>> replacements(std::string_view text,
                                                     std::vector<Edit> &edits) {
  std::ranges::sort(edits);
  const auto twice = std::ranges::unique(edits);
  edits.erase(twice.begin(), twice.end());
  const Offsets offsets(text);
  std::vector<Replacement> result;
  for (const Edit &edit : edits) {
    const auto begin = offsets.of(edit.at.line, edit.at.column);
    const auto end = offsets.of(edit.at.endLine, edit.at.endColumn);
    if (!begin || !end || *begin > *end ||
        (!result.empty() && *begin < result.back().end))
      return std::nullopt;
    result.push_back({*begin, *end, edit.text});
  }
  return result;
}

/// Some lines of a file, and those that take their place.
struct Change {
  std::size_t first, last;  ///< Lines [first, last), counted from 0.
  std::string text;
};

/// The lines that \p edits touch; edits of one line are one change.
std::vector<Change> changes(std::string_view text,
                            const std::vector<Replacement> &replacements) {
  const std::vector<std::string_view> lines = linesOf(text);
  const auto lineOf = [&](std::size_t offset) {
    return static_cast<std::size_t>(std::count(
        text.begin(), text.begin() + static_cast<long>(offset), '\n'));
  };
  const auto startOf = [&](std::size_t line) {
    return line < lines.size()
               ? static_cast<std::size_t>(lines[line].data() - text.data())
               : text.size();
  };
  std::vector<Change> result;
  std::size_t done = 0;  // Everything before is in a change or unchanged.
  for (const Replacement &each : replacements) {
    const std::size_t first = lineOf(each.begin);
    if (result.empty() || first >= result.back().last) {
      if (!result.empty())
        result.back().text +=
            text.substr(done, startOf(result.back().last) - done);
      done = startOf(first);
      result.push_back({first, first, ""});
    }
    Change &change = result.back();
    change.text += text.substr(done, each.begin - done);
    change.text += each.text;
    done = each.end;
    change.last = std::min(lineOf(each.end) + 1, lines.size());
  }
  if (!result.empty())
    result.back().text += text.substr(done, startOf(result.back().last) - done);
  return result;
}

/// \p change without the lines that it leaves as they are.
void trim(Change &change, const std::vector<std::string_view> &old) {
  std::vector<std::string_view> lines = linesOf(change.text);
  std::size_t begin = 0, end = lines.size();
  while (change.first < change.last && begin < end &&
         old[change.first] == lines[begin])
    ++change.first, ++begin;
  while (change.first < change.last && begin < end &&
         old[change.last - 1] == lines[end - 1])
    --change.last, --end;
  std::string kept;
  for (std::size_t i = begin; i < end; ++i)
    kept += lines[i];
  change.text = kept;
}

std::string marked(char mark, std::string_view line) {
  std::string result = mark + std::string(line);
  if (!line.ends_with('\n'))
    result += "\n\\ No newline at end of file\n";
  return result;
}

/// The changes [begin, end), which are close together, as one hunk.
/// \p shift is how many lines the changes before have added.
std::string hunk(const std::vector<std::string_view> &old, const Change *begin,
                 const Change *end, long &shift) {
  constexpr std::size_t kContext = 3;
  const std::size_t first = begin->first - std::min(begin->first, kContext);
  const std::size_t last = std::min((end - 1)->last + kContext, old.size());
  std::string body;
  std::size_t next = first, added = 0;
  const auto copyUntil = [&](std::size_t line, char mark) {
    for (; next < line; ++next)
      body += marked(mark, old[next]);
  };
  for (const Change *change = begin; change != end; ++change) {
    copyUntil(change->first, ' ');
    copyUntil(change->last, '-');
    const std::vector<std::string_view> lines = linesOf(change->text);
    for (const std::string_view line : lines)
      body += marked('+', line);
    added += lines.size();
    added -= change->last - change->first;
  }
  copyUntil(last, ' ');
  const std::size_t count = last - first, newCount = count + added;
  // A side without lines names the line before it.
  const long newFirst = static_cast<long>(first) + shift;
  shift += static_cast<long>(added);
  return concat("@@ -", first + (count > 0 ? 1 : 0), ",", count, " +",
                newFirst + (newCount > 0 ? 1 : 0), ",", newCount, " @@\n") +
         body;
}

std::string diffOfFile(std::string_view path, std::string_view text,
                       std::vector<Change> changes) {
  const std::vector<std::string_view> old = linesOf(text);
  for (Change &change : changes)
    trim(change, old);
  std::string diff = concat("--- a/", path, "\n+++ b/", path, "\n");
  long shift = 0;
  constexpr std::size_t kApart = 6;  // Twice the context.
  for (std::size_t begin = 0, end = 0; begin < changes.size(); begin = end) {
    for (end = begin + 1; end < changes.size() &&
                          changes[end].first <= changes[end - 1].last + kApart;)
      ++end;
    diff += hunk(old, &changes[begin], &changes[begin] + (end - begin), shift);
  }
  return diff;
}

}  // namespace

std::optional<std::string> applyEdits(std::string_view text,
                                      std::vector<Edit> edits) {
  const auto ordered = replacements(text, edits);
  if (!ordered)
    return std::nullopt;
  std::string result;
  std::size_t done = 0;
  for (const Replacement &each : *ordered) {
    result += text.substr(done, each.begin - done);
    result += each.text;
    done = each.end;
  }
  return result += text.substr(done);
}

std::string unifiedDiff(const std::vector<Edit> &edits,
                        const SourceTexts &texts) {
  std::map<std::string, std::vector<Edit>> ofFile;
  for (const Edit &edit : edits)
    ofFile[edit.at.path].push_back(edit);
  std::string diff;
  for (auto &[path, own] : ofFile) {
    const std::string &text = texts.text(path);
    const auto ordered = replacements(text, own);
    if (!ordered)
      return "";
    diff += diffOfFile(path, text, changes(text, *ordered));
  }
  return diff;
}

}  // namespace reproaudit
