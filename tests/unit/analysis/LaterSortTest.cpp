// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/LaterSort.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

TEST(LaterSort, WantsATotalSortOnEveryPathBeforeTheFirstRead) {
  const std::string sort = "std::sort(list.begin(), list.end());";
  const std::pair<std::string, bool> cases[] = {
      {"", false},
      {"flag = list.empty();", false},
      {sort + "use(list);", false},
      {"if (list.empty()) return false; " + sort + "use(list);", false},
      {"std::set<std::string> s(list.begin(), list.end());", false},
      {"if (list.empty()) { use(list); return false; } " + sort, false},
      {"std::sort(std::begin(list), std::end(list)); use(list);", false},
      {"auto sorted = list; std::sort(sorted.begin(), sorted.end());"
       "use(sorted);",
       false},
      {"auto tidy = [](std::vector<std::string> &l) {"
       "  std::sort(l.begin(), l.end()); }; tidy(list); use(list);",
       false},
      {"auto copy = list; use(copy);", true},
      {"if (list.size() < 2) flag = true; use(list);", true},
      {"use(list);", true},
      {"flag = list[0].empty(); " + sort, true},
      {"if (flag) " + sort + " use(list);", true},
      {"std::sort(list.begin(), list.end(), [](auto &a, auto &b) {"
       "  return a.size() < b.size(); }); use(list);",
       true},
  };
  std::string code = "void use(const std::vector<std::string> &);";
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "bool f" + std::to_string(i) +
            "(Map &map, bool flag) { std::vector<std::string> list;"
            " for (auto &e : map) list.push_back(e.first);" +
            cases[i].first + " return flag; }\n";
  const OrderUnit unit(code);
  const Callers callers;
  const LaterSort later(unit.context(), callers,
                        [](const Stmt &, const Shuffled &) { return false; });
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const std::string name = "f" + std::to_string(i);
    const bool revealed =
        later
            .revealed({unit.inside<VarDecl>(name, varDecl(hasName("list"))),
                       unit.inside<CXXForRangeStmt>(name, cxxForRangeStmt()),
                       unit.function(name)})
            .has_value();
    EXPECT_EQ(revealed, cases[i].second) << cases[i].first;
  }
}

}  // namespace
}  // namespace reproaudit
