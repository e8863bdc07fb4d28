// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Repository.h"

#include "Git.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

/// Credentials do not belong in a report.
std::string withoutUserInfo(std::string url) {
  const auto scheme = url.find("://");
  const auto at = url.find('@');
  if (scheme != std::string::npos && at != std::string::npos &&
      at < url.find('/', scheme + 3))
    url.erase(scheme + 3, at - scheme - 2);
  return url;
}

/// Folders that hold no sources of the project: tools' own data and builds.
bool isNoSourceFolder(const fs::path &path) {
  const std::string name = path.filename().string();
  std::error_code ignored;
  return name == ".git" || name == ".hg" || name == ".svn" ||
         name == ".cache" || name == ".venv" || name == "node_modules" ||
         fs::exists(path / "CMakeCache.txt", ignored);
}

std::vector<std::string> filesOnDisk(const fs::path &root) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator it(
      root, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && isNoSourceFolder(it->path()))
      it.disable_recursion_pending();
    else if (it->symlink_status(ignored).type() == fs::file_type::regular)
      files.push_back(it->path().lexically_relative(root).generic_string());
  }
  return files;
}

/// Drops what lies in build folders: a new one need not be ignored yet.
void dropBuildFolders(std::vector<std::string> &files) {
  constexpr std::string_view kCache = "CMakeCache.txt";
  std::vector<std::string> folders;
  for (const std::string &file : files)
    if (file.ends_with(kCache) && file.size() > kCache.size())
      folders.push_back(file.substr(0, file.size() - kCache.size()));
  std::erase_if(files, [&](const std::string &file) {
    return std::ranges::any_of(folders, [&](const std::string &folder) {
      return file.starts_with(folder);
    });
  });
}

/// Files that are new and neither added nor ignored yet.
std::vector<std::string> untrackedFiles(git_repository *repository) {
  git_status_options options = GIT_STATUS_OPTIONS_INIT;
  options.show = GIT_STATUS_SHOW_WORKDIR_ONLY;
  options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED |
                  GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                  GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
  git_status_list *raw = nullptr;
  git_status_list_new(&raw, repository, &options);
  const Owned<git_status_list, git_status_list_free> status(raw);
  std::vector<std::string> files;
  for (std::size_t i = 0; i < git_status_list_entrycount(status.get()); ++i) {
    const git_status_entry *entry = git_status_byindex(status.get(), i);
    if (entry->status == GIT_STATUS_WT_NEW)
      files.emplace_back(entry->index_to_workdir->new_file.path);
  }
  dropBuildFolders(files);
  return files;
}

std::vector<std::string> trackedFiles(git_repository *repository) {
  git_index *raw = nullptr;
  git_repository_index(&raw, repository);
  const Owned<git_index, git_index_free> index(raw);
  std::vector<std::string> files;
  files.reserve(git_index_entrycount(index.get()));
  for (std::size_t i = 0; i < git_index_entrycount(index.get()); ++i)
    files.emplace_back(git_index_get_byindex(index.get(), i)->path);
  return files;
}

}  // namespace

Repository::Repository(const fs::path &start) {
  const Git git;
  const OwnedRepository repository = openRepository(start);
  const char *workTree =
      repository ? git_repository_workdir(repository.get()) : nullptr;
  hasGit_ = workTree != nullptr;
  std::error_code error;
  root_ = fs::canonical(hasGit_ ? fs::path(workTree) : start, error);
  if (error)
    root_ = start.lexically_normal();
  if (!root_.has_filename())
    root_ = root_.parent_path();
}

std::string Repository::relative(std::string_view path) const {
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(fs::path(path), error);
  const fs::path &whole = error ? fs::path(path) : resolved;
  std::string relative = whole.lexically_relative(root_).generic_string();
  if (relative == ".." || relative.starts_with("../") || relative == ".")
    relative.clear();
  return relative;
}

std::vector<std::string> Repository::files() const {
  const Git git;
  std::vector<std::string> files;
  if (const OwnedRepository repository =
          hasGit_ ? openRepository(root_) : OwnedRepository(nullptr)) {
    files = trackedFiles(repository.get());
    std::ranges::move(untrackedFiles(repository.get()),
                      std::back_inserter(files));
    std::erase_if(files, [&](const std::string &path) {
      std::error_code ignored;
      return fs::symlink_status(root_ / path, ignored).type() !=
             fs::file_type::regular;
    });
  } else {
    files = filesOnDisk(root_);
  }
  std::ranges::sort(files);
  files.erase(std::ranges::unique(files).begin(), files.end());
  return files;
}

std::string Repository::day() const {
  const Git git;
  const OwnedRepository repository =
      hasGit_ ? openRepository(root_) : OwnedRepository(nullptr);
  git_object *head = nullptr;
  if (!repository ||
      git_revparse_single(&head, repository.get(), "HEAD^{commit}") != 0)
    return "";
  const Owned<git_object, git_object_free> owned(head);
  const std::chrono::sys_seconds time{std::chrono::seconds(
      git_commit_time(reinterpret_cast<const git_commit *>(head)))};
  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(time)};
  return llvm::formatv("{0,0+4}-{1,0+2}-{2,0+2}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

Revision Repository::revision() const {
  const Git git;
  Revision revision;
  const OwnedRepository repository =
      hasGit_ ? openRepository(root_) : OwnedRepository(nullptr);
  if (!repository)
    return revision;
  git_remote *remoteRaw = nullptr;
  if (git_remote_lookup(&remoteRaw, repository.get(), "origin") == 0) {
    const Owned<git_remote, git_remote_free> remote(remoteRaw);
    if (const char *url = git_remote_url(remote.get()))
      revision.repository = withoutUserInfo(url);
  }
  git_reference *headRaw = nullptr;
  if (git_repository_head(&headRaw, repository.get()) == 0) {
    const Owned<git_reference, git_reference_free> head(headRaw);
    if (const git_oid *commit = git_reference_target(head.get()))
      revision.commit = git_oid_tostr_s(commit);
    if (git_reference_is_branch(head.get()) != 0)
      revision.branch = git_reference_shorthand(head.get());
  }
  return revision;
}

}  // namespace reproaudit
