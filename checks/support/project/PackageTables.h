// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The records that lists of packages become.
#pragma once

#include "Lock.h"

#include "reproaudit/analysis/Document.h"

#include <string>
#include <string_view>

namespace reproaudit {

/// One package; \p lock may fix what \p version leaves open.
void addPackage(Reading &reading, std::string_view ecosystem, std::string name,
                std::string version, Strength strength, unsigned line,
                bool advisory = false, const Lock &lock = {});

/// A PEP 508 string; one that is none is ignored.
void addRequirement(Reading &reading, std::string_view ecosystem,
                    std::string_view text, unsigned line, bool advisory = false,
                    const Lock &lock = {});

/// The tables of pixi, npm, Pipfile and their like: name to version or to a
/// table with `version`, `path`, or `git` and a revision.
void addTable(Reading &reading, std::string_view ecosystem, const Node &table,
              const Lock &lock, bool advisory);

}  // namespace reproaudit
