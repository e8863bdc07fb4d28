// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the readers of container and CI formats share.
#pragma once

#include "Lock.h"
#include "Readers.h"
#include "Shell.h"

#include "reproaudit/analysis/Document.h"

#include <string>
#include <string_view>

namespace reproaudit {

/// Adds the image \p text that line \p line names. Text that is not resolved
/// is a note; an empty one is nothing. \p lock may hold its digest.
void addImage(Reading &reading, std::string_view ecosystem,
              std::string_view text, unsigned line, const Lock &lock = {});

/// Adds every `image:` below \p node, whatever holds it.
void readImages(Reading &reading, std::string_view ecosystem, const Node &node);

/// A machine of a CI service whose software changes without notice: `x-latest`.
void addRunner(Reading &reading, const Node &runner);

/// Reads \p script, written in the node's shell, as commands.
void readScript(Reading &reading, const Node &script, ShellMachine &machine);

/// The tree of the YAML or JSON file being read; faults become notices.
Node yamlOf(Reading &reading);
Node jsonOf(Reading &reading);
Node tomlOf(Reading &reading);

/// Commands of \p machine become records; to be called once per machine.
void finishScripts(Reading &reading, ShellMachine &machine, bool buildsImage);

}  // namespace reproaudit
