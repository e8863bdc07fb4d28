// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Reports to write: every shape of a finding, over sources with every trap.
#pragma once

#include "reproaudit/report/Report.h"

#include <string>

namespace reproaudit::samples {

/// A fresh directory with the sources that the samples speak of.
std::string sourceRoot();

/// One finding of every shape: with and without flow, cure, fix, suppression,
/// function and line; in files with tabs, CRLF, wide characters, invalid bytes
/// and a name that needs quoting; and a notice of every level.
Report full();

/// \c full without what is suppressed or incomplete.
Report ordinary();

/// A clean run.
Report clean();

/// full() with what runs showed, compared with a baseline.
Report evidenced();

/// \p count findings over many files, for limits and for looks.
Report many(unsigned count);

}  // namespace reproaudit::samples
