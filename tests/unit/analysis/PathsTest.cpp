// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Paths.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

/// A loop that writes `x`, with what stands around it.
struct DeadCase {
  const char *before;
  const char *after;
  bool isDead;
};

TEST(Paths, AVariableIsDeadIfNobodyReadsItBeforeItIsSetAnew) {
  const DeadCase cases[] = {
      {"int x = 0;", "", true},
      {"int x = 0;", "use(x);", false},
      {"int x = 0;", "x = 3; use(x);", true},
      {"int x = 0;", "x = x + 1; use(x);", false},
      {"int x = 0;", "if (flag) x = 3; use(x);", false},
      {"int x = 0;", "if (flag) x = 3; else x = 4; use(x);", true},
      {"int x = 0;", "auto f = [&] { use(x); }; f();", false},
      {"for (int round = 0; round < 3; ++round) { int x = 0;", "}", true},
      {"int x = 0; for (int round = 0; round < 3; ++round) { use(x);", "}",
       false},
      {"static int x = 0;", "", false},
  };
  std::string code = "void use(int);";
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "void f" + std::to_string(i) +
            "(const std::vector<int> &list, bool flag) { " + cases[i].before +
            " for (int e : list) x = e; " + cases[i].after + " }\n";
  const OrderUnit unit(code);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const std::string name = "f" + std::to_string(i);
    EXPECT_EQ(
        isDeadAfter(*unit.inside<VarDecl>(name, varDecl(hasName("x"))),
                    *unit.inside<CXXForRangeStmt>(name, cxxForRangeStmt()),
                    *unit.function(name), unit.context()),
        cases[i].isDead)
        << cases[i].before << cases[i].after;
  }
}

}  // namespace
}  // namespace reproaudit
