// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Ownership of libgit2's objects.
#pragma once

#include <git2.h>

#include <filesystem>
#include <memory>

namespace reproaudit {

/// Keeps libgit2 initialised for as long as it lives.
class Git {
public:
  Git() {
    git_libgit2_init();
    // A repository of another user (a container's bind mount) is still only
    // read.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  }
  ~Git() { git_libgit2_shutdown(); }
  Git(const Git &) = delete;
  Git &operator=(const Git &) = delete;
};

template <auto Free> struct Freeing {
  template <class T> void operator()(T *object) const { Free(object); }
};

template <class T, auto Free> using Owned = std::unique_ptr<T, Freeing<Free>>;
using OwnedRepository = Owned<git_repository, git_repository_free>;

/// The repository around \p start, or nullptr.
inline OwnedRepository openRepository(const std::filesystem::path &start) {
  git_repository *repository = nullptr;
  git_repository_open_ext(&repository, start.c_str(), 0, nullptr);
  return OwnedRepository(repository);
}

}  // namespace reproaudit
