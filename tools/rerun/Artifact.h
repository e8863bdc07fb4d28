// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/rerun/Run.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace reproaudit {

/// Makes an artifact of bytes that arrive in pieces: hashes all, keeps some.
class ArtifactBuilder {
public:
  ArtifactBuilder(std::string name, unsigned mode) {
    artifact_.name = std::move(name);
    artifact_.mode = mode;
    XXH3_64bits_reset(&state_);
  }

  void append(std::string_view bytes) {
    XXH3_64bits_update(&state_, bytes.data(), bytes.size());
    artifact_.size += bytes.size();
    const std::size_t room = kKeptBytes - artifact_.bytes.size();
    artifact_.bytes.append(bytes, 0, std::min(bytes.size(), room));
  }

  std::uint64_t size() const { return artifact_.size; }

  Artifact finish() {
    artifact_.hash = XXH3_64bits_digest(&state_);
    return std::move(artifact_);
  }

private:
  Artifact artifact_;
  XXH3_state_t state_;
};

inline Artifact makeArtifact(std::string name, std::string_view bytes) {
  ArtifactBuilder builder(std::move(name), 0);
  builder.append(bytes);
  return builder.finish();
}

}  // namespace reproaudit
