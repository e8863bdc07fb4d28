// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// How firm a version, a git reference, an image name or a URL is.
#pragma once

#include "reproaudit/analysis/Dependency.h"

#include <string>
#include <string_view>

namespace reproaudit {

/// A hexadecimal string of \p least to \p most digits.
bool isHex(std::string_view text, std::size_t least, std::size_t most);
/// A full commit hash: SHA-1 or SHA-256.
bool isCommit(std::string_view text);
/// A checksum as people write it: hexadecimal, or an algorithm and base64.
bool isChecksum(std::string_view text);

/// The most numbers in a row that `.`, `_` or `-` join: 3 in `v1.2.3-gpu`.
unsigned versionParts(std::string_view text);

/// A word that names a moving target: `latest`, `main`, `nightly`, ...
bool isMovingWord(std::string_view text);

/// What `git checkout REF` would fix.
Strength gitStrength(std::string_view ref);

/// The same for the reference of a CI action: `v4` and `v4.1` are moved on
/// purpose there, only a full version is not.
Strength actionStrength(std::string_view ref);

struct ImageName {
  std::string name;    ///< With registry, without tag.
  std::string tag;     ///< "" if there is none.
  std::string digest;  ///< `sha256:...` or "".
};
ImageName imageName(std::string_view text);
Strength imageStrength(std::string_view image);

/// What a URL alone says about the bytes behind it.
Strength urlStrength(std::string_view url);
/// A scheme that is fetched over the network.
bool isRemote(std::string_view url);
/// This machine, or a cloud's metadata service.
bool isLocalHost(std::string_view url);

/// One requirement as PEP 508 writes it.
struct Requirement {
  std::string name;  ///< "" if the text is none.
  std::string version;
  Strength strength = Strength::None;
  bool local = false;  ///< A path, a wheel, an editable install.
};
Requirement requirement(std::string_view text);

/// The specifier of npm, Cargo and their like: `^1.2`, `~1`, `1.x`, `1.2.3`.
Strength semverStrength(std::string_view spec);

}  // namespace reproaudit
