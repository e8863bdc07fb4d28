// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What git itself declares: submodules, and the pointers of git-lfs.
#include "Ini.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <git2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace reproaudit {
namespace {

/// The commits that git's index holds for submodules, by path; nothing if
/// \p root is no repository.
std::optional<std::map<std::string, std::string>>
gitlinks(const std::string &root) {
  std::optional<std::map<std::string, std::string>> out;
  git_libgit2_init();
  git_repository *repository = nullptr;
  git_index *index = nullptr;
  if (git_repository_open(&repository, root.c_str()) == 0 &&
      git_repository_index(&index, repository) == 0) {
    out.emplace();
    for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
      const git_index_entry *entry = git_index_get_byindex(index, i);
      if (entry->mode != GIT_FILEMODE_COMMIT)
        continue;
      char text[GIT_OID_HEXSZ + 1];
      out->emplace(entry->path, git_oid_tostr(text, sizeof text, &entry->id));
    }
  }
  git_index_free(index);
  git_repository_free(repository);
  git_libgit2_shutdown();
  return out;
}

}  // namespace

void readSubmodules(Reading &reading) {
  const auto links = gitlinks(reading.project().root());
  if (!links)
    return;  // without git nothing tells
  const std::vector<IniValue> values = parseIni(reading.text());
  std::map<std::string, std::string> urls;
  for (const IniValue &one : values)
    if (one.key == "url")
      urls[one.section] = one.value;
  for (const IniValue &one : values) {
    if (one.key != "path")
      continue;
    const auto link = links->find(one.value);
    const bool isThere = link != links->end();
    reading.add({.artefact = Artefact::Source,
                 .ecosystem = "git submodule",
                 .name = one.value,
                 .declared = isThere ? link->second : "",
                 .resolved = isThere ? link->second : "",
                 .strength = isThere ? Strength::Content : Strength::None,
                 .at = reading.at(one.line),
                 .evidence = {},
                 .group = {},
                 .origin = urls[one.section]});
  }
}

/// `*.bin filter=lfs ...` of .gitattributes: each such file that is a pointer
/// must say what it points to. One that is no pointer is in git itself.
void readGitAttributes(Reading &reading) {
  const Project &project = reading.project();
  const std::string folder(folderOf(reading.path()));
  unsigned number = 0;
  for (const std::string_view line : lines(reading.text())) {
    ++number;
    const std::vector<std::string> parts = words(line);
    if (parts.empty() || parts[0].starts_with('#') ||
        std::ranges::find(parts, "filter=lfs") == parts.end() ||
        !parts[0].starts_with("*."))
      continue;
    const std::string_view end = std::string_view(parts[0]).substr(1);
    for (const std::string &path : project.files()) {
      if (!path.ends_with(end) || !path.starts_with(folder))
        continue;
      const std::string_view pointer = project.text(path);
      if (!pointer.starts_with("version https://git-lfs.github.com/spec/"))
        continue;
      const std::size_t oid = pointer.find("\noid sha256:");
      const bool isWhole = oid != std::string_view::npos &&
                           isHex(pointer.substr(oid + 12, 64), 64, 64);
      reading.add({.artefact = Artefact::Data,
                   .ecosystem = "git-lfs",
                   .name = path,
                   .declared = {},
                   .resolved = {},
                   .strength = isWhole ? Strength::Content : Strength::None,
                   .at = {path, 1, 0, 1, 0},
                   .evidence = {{reading.at(number), "git-lfs keeps it"}},
                   .group = {}});
    }
  }
}

}  // namespace reproaudit
