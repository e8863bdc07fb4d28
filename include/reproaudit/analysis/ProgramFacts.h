// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What rules need to export facts and to link them: names that all units
/// share, and questions to the facts of all units.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/report/Fact.h"

#include "clang/AST/Decl.h"

#include <span>
#include <string>
#include <string_view>

namespace reproaudit {

/// The name by which every unit of the program knows \p decl: qualified, with
/// the types of its parameters for a function, with its number for a parameter.
/// Empty if only this unit, or only one function, knows it.
std::string programName(const clang::NamedDecl *decl);

/// What messages call \p programName: `step` for `ns::Trainer::step(int)`.
std::string_view shortName(std::string_view programName);

/// Those of \p facts, which are sorted, that say \p name, of \p subject.
std::span<const Fact> factsThat(std::span<const Fact> facts,
                                std::string_view name);
std::span<const Fact> factsThat(std::span<const Fact> facts,
                                std::string_view name,
                                std::string_view subject);

/// The finding that \p fact leads to.
Finding findingFrom(const Fact &fact, Level level, std::string message,
                    std::string cure);

}  // namespace reproaudit
