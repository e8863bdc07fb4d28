// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The compiler flags that change numbers.
#pragma once

#include "Readers.h"

#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Flag {
  SettingKind kind;
  std::string text;
};

/// The value-changing flags in \p text: words of a flag string, items of a
/// list, branches of a generator expression.
std::vector<Flag> flagsIn(std::string_view text);

/// Adds a setting for each flag in \p text.
void addFlags(Reading &reading, std::string_view text, unsigned line,
              bool isOptional, const std::string &program = {});

/// Settings of the compile commands that no build file explains.
void readUnitFlags(const Project &project, Inventory &out);

}  // namespace reproaudit
