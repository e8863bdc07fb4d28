// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Changes.h"

#include "Git.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace reproaudit {
namespace {

using OwnedTree = Owned<git_tree, git_tree_free>;
using OwnedDiff = Owned<git_diff, git_diff_free>;
using OwnedObject = Owned<git_object, git_object_free>;
using OwnedIndex = Owned<git_index, git_index_free>;

OwnedObject resolve(git_repository *repository, const std::string &reference) {
  git_object *object = nullptr;
  git_revparse_single(&object, repository, (reference + "^{commit}").c_str());
  return OwnedObject(object);
}

OwnedTree treeOf(git_repository *repository, const git_oid &commit) {
  git_commit *raw = nullptr;
  if (git_commit_lookup(&raw, repository, &commit) != 0)
    return nullptr;
  const Owned<git_commit, git_commit_free> owned(raw);
  git_tree *tree = nullptr;
  git_commit_tree(&tree, owned.get());
  return OwnedTree(tree);
}

/// Each changed file with its text on the old side.
Changes changesOf(git_repository *repository, git_diff *diff) {
  Changes changes;
  for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
    const git_diff_delta *delta = git_diff_get_delta(diff, i);
    std::optional<std::string> text;
    git_blob *raw = nullptr;
    if (delta->status != GIT_DELTA_ADDED &&
        delta->status != GIT_DELTA_UNTRACKED &&
        git_blob_lookup(&raw, repository, &delta->old_file.id) == 0) {
      const Owned<git_blob, git_blob_free> blob(raw);
      text.emplace(static_cast<const char *>(git_blob_rawcontent(blob.get())),
                   static_cast<std::size_t>(git_blob_rawsize(blob.get())));
    }
    changes[delta->new_file.path] = std::move(text);
  }
  return changes;
}

std::unexpected<std::string> noGit() {
  return std::unexpected(
      std::string("comparing with a revision needs a git repository with at "
                  "least one commit"));
}

/// What is about to be committed. `git commit -a` and `git commit FILE` tell
/// their hooks of an index of their own.
OwnedIndex indexOfCommit(git_repository *repository) {
  git_index *index = nullptr;
  const char *own = std::getenv("GIT_INDEX_FILE");
  std::error_code ignored;
  if (own == nullptr || !std::filesystem::exists(own, ignored) ||
      git_index_open(&index, own) != 0)
    git_repository_index(&index, repository);
  return OwnedIndex(index);
}

git_diff_options optionsWith(std::uint32_t flags) {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_IGNORE_SUBMODULES | flags;
  return options;
}

}  // namespace

std::expected<Comparison, std::string>
comparisonWith(const Repository &repository, const std::string &reference) {
  const Git git;
  const OwnedRepository opened = openRepository(repository.root());
  if (!opened)
    return noGit();
  const OwnedObject head = resolve(opened.get(), "HEAD");
  if (!head)
    return noGit();
  const OwnedObject target = resolve(opened.get(), reference);
  if (!target)
    return std::unexpected(
        llvm::formatv("git knows no revision '{0}' here; fetch it first, for "
                      "example with `git fetch origin {0}`",
                      reference)
            .str());
  git_oid base;
  if (git_merge_base(&base, opened.get(), git_object_id(target.get()),
                     git_object_id(head.get())) != 0)
    return std::unexpected(
        llvm::formatv("'{0}' and HEAD have no common commit here{1}", reference,
                      git_repository_is_shallow(opened.get()) != 0
                          ? "; the clone is shallow: run `git fetch "
                            "--unshallow` or check out with full history"
                          : "")
            .str());
  const OwnedTree tree = treeOf(opened.get(), base);
  const git_diff_options options =
      optionsWith(GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS);
  git_diff *diff = nullptr;
  if (!tree || git_diff_tree_to_workdir_with_index(&diff, opened.get(),
                                                   tree.get(), &options) != 0)
    return std::unexpected(
        llvm::formatv("git cannot compare with '{0}': {1}", reference,
                      git_error_last() ? git_error_last()->message : "")
            .str());
  return Comparison{.base = changesOf(opened.get(), OwnedDiff(diff).get())};
}

std::expected<Comparison, std::string>
comparisonOfStaged(const Repository &repository) {
  const Git git;
  const OwnedRepository opened = openRepository(repository.root());
  if (!opened)
    return noGit();
  // Before the first commit everything staged is new.
  const OwnedObject head = resolve(opened.get(), "HEAD");
  const OwnedTree tree = head ? treeOf(opened.get(), *git_object_id(head.get()))
                              : OwnedTree(nullptr);
  const OwnedIndex index = indexOfCommit(opened.get());
  const git_diff_options options = optionsWith(0);
  git_diff *unstaged = nullptr;
  git_diff *staged = nullptr;
  if (git_diff_index_to_workdir(&unstaged, opened.get(), index.get(),
                                &options) != 0)
    return noGit();
  const OwnedDiff ownedUnstaged(unstaged);
  if (git_diff_tree_to_index(&staged, opened.get(), tree.get(), index.get(),
                             &options) != 0)
    return noGit();
  const OwnedDiff ownedStaged(staged);
  return Comparison{.now = changesOf(opened.get(), unstaged),
                    .base = changesOf(opened.get(), staged)};
}

}  // namespace reproaudit
