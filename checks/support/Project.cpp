// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Project.h"

#include <utility>

namespace reproaudit {

Project::Project(std::string root, std::vector<std::string> files,
                 std::vector<ProjectUnit> units)
    : files_(std::move(files)), units_(std::move(units)),
      texts_(std::move(root)) {}

}  // namespace reproaudit
