// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Sorts.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

TEST(Comparators, KnowTheOnlyKeyAndAcceptASecondOne) {
  struct {
    const char *arguments;
    Totality totality;
    const char *key;
  } const cases[] = {
      {"v.begin(), v.end(), [&](int a, int b) { return score[a] > score[b]; }",
       Totality::Partial, "score[_]"},
      {"pairs.begin(), pairs.end(),"
       "[](auto &a, auto &b) { return a.first < b.first; }",
       Totality::Partial, "_.first"},
      {"nodes.begin(), nodes.end(), [](auto &a, auto &b) {"
       "  const float x = a.cost; const float y = b.cost; return x < y; }",
       Totality::Partial, "_.cost"},
      {"nodes.begin(), nodes.end(), [](auto &a, auto &b) { return less(a, b); "
       "}",
       Totality::Partial, "_.cost"},
      {"v.begin(), v.end(), [&](int a, int b) {"
       "  return score[index[a]] < score[index[b]]; }",
       Totality::Partial, "score[index[_]]"},
      {"owned.begin(), owned.end()", Totality::Address, ""},
      {"v.begin(), v.end()", Totality::Total, ""},
      {"v.begin(), v.end(), std::greater<>()", Totality::Total, ""},
      {"pairs.begin(), pairs.end()", Totality::Total, ""},
      {"v.begin(), v.end(), [&](int a, int b) {"
       "  return score[a] != score[b] ? score[a] < score[b] : a < b; }",
       Totality::Total, ""},
      {"nodes.begin(), nodes.end(), [](auto &a, auto &b) {"
       "  return std::tie(a.cost, a.id) < std::tie(b.cost, b.id); }",
       Totality::Total, ""},
      {"nodes.begin(), nodes.end(),"
       "[](auto &a, auto &b) { return a.id < b.id; }",
       Totality::Total, ""},
      {"pointers.begin(), pointers.end()", Totality::Address, ""},
      {"pointers.begin(), pointers.end(), [](Node *a, Node *b) {"
       "  return a->cost != b->cost ? a->cost < b->cost : a < b; }",
       Totality::Address, ""},
  };
  std::string code = R"cpp(
    bool less(const Node &a, const Node &b) { return a.cost < b.cost; }
    struct Owned {
      Node *node;
      auto operator<=>(const Owned &) const = default;
    };
  )cpp";
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "void f" + std::to_string(i) +
            "(std::vector<int> &v, std::vector<Node> &nodes,"
            " std::vector<Node *> &pointers,"
            " std::vector<std::pair<float, int>> &pairs,"
            " std::vector<Owned> &owned, const std::vector<int> &index,"
            " const std::vector<float> &score) { std::sort(" +
            cases[i].arguments + "); }\n";
  const OrderUnit unit(code);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const auto *call = unit.inside<CallExpr>(
        "f" + std::to_string(i),
        callExpr(callee(functionDecl(hasName("::std::sort")))));
    const std::optional<Sort> sort = sortOf(*call);
    if (!sort)
      FAIL() << "no sort: " << cases[i].arguments;
    const Comparison found = compares(sort->comparator, sort->projection,
                                      sort->element, unit.context());
    EXPECT_EQ(found.totality, cases[i].totality) << cases[i].arguments;
    EXPECT_EQ(found.key, cases[i].key) << cases[i].arguments;
  }
}

}  // namespace
}  // namespace reproaudit
