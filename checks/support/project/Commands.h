// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What commands fetch: clones, downloads, packages. Follows a clone to the
/// checkout after it and a download to its verification.
#pragma once

#include "Readers.h"
#include "Shell.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// Adds the dependencies of \p commands. \p buildsImage: packages of the
/// operating system end in a product, not on a throw-away machine.
void readCommands(Reading &reading, const std::vector<Command> &commands,
                  bool buildsImage);

/// The words of \p command without `sudo`, `env A=B`, `time` and their like.
std::vector<std::string> bareWords(const Command &command);

/// What one package manager call installs; false if \p words are none.
bool readPackages(Reading &reading, const Command &command,
                  const std::vector<std::string> &words, bool buildsImage);

/// What `huggingface.co/NAME/resolve/REVISION/...` names.
struct HubUrl {
  std::string name;
  std::string revision;
};
std::optional<HubUrl> hubUrl(std::string_view text);
void addHubFile(Reading &reading, const HubUrl &url, unsigned line);

/// Adds a record for each hub URL in \p text.
void readHubUrls(Reading &reading, std::string_view text, unsigned line);

}  // namespace reproaudit
