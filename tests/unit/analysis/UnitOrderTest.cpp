// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/UnitOrder.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

#include <string>

using namespace clang;

namespace reproaudit {
namespace {

/// How many visits the body of a function with a hash map has.
struct VisitCase {
  const char *body;
  std::size_t visits;
};

TEST(UnitOrder, FindsEverySpellingOfALoop) {
  const VisitCase cases[] = {
      {"for (auto &e : map) s += e.second;", 1},
      {"for (auto i = map.begin(); i != map.end(); ++i) s += i->second;", 1},
      {"auto i = map.begin(); for (; i != map.end(); ++i) s += i->second;", 1},
      {"Map::iterator i; i = map.begin();"
       " while (i != map.end()) { s += i->second; ++i; }",
       1},
      {"auto i = map.begin(); do s += i->second; while (++i != map.end());", 1},
      {"auto [i, end] = map.equal_range(\"a\");"
       " for (auto j = i; j != end; ++j) s += j->second;",
       1},
      {"if (map.size() == 1) for (auto &e : map) s += e.second;", 0},
      {"if (map.size() > 1) return 0; for (auto &e : map) s += e.second;", 0},
      {"if (map.size() > 1) for (auto &e : map) s += e.second;", 1},
      {"auto i = map.find(\"a\"); if (i != map.end()) s += i->second;", 0},
  };
  std::string code;
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "float f" + std::to_string(i) + "(Map &map, float &s) { " +
            cases[i].body + " return s; }\n";
  const OrderUnit unit(code);
  const auto &visits = orderOfUnit(unit.context(), {}).visits;
  const SourceManager &sources = unit.context().getSourceManager();
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const FunctionDecl *function = unit.function("f" + std::to_string(i));
    std::size_t found = 0;
    for (const Visit &visit : visits)
      found += static_cast<std::size_t>(sources.isPointWithin(
          visit.site->getBeginLoc(), function->getBeginLoc(),
          function->getEndLoc()));
    EXPECT_EQ(found, cases[i].visits) << cases[i].body;
  }
  forgetUnitOrder();
}

TEST(UnitOrder, LooksAtTheComparatorsOfOrderedContainers) {
  const OrderUnit unit(R"cpp(
    struct ByAddress {
      bool operator()(const Node *a, const Node *b) const { return a < b; }
    };
    struct ByCost {
      bool operator()(const Node *a, const Node *b) const {
        return a->cost < b->cost;
      }
    };
    float f(const std::set<Node *, ByAddress> &nodes) {
      float sum = 0;
      for (const Node *node : nodes) sum += node->cost;
      return sum;
    }
    float g(const std::set<Node *, ByCost> &nodes) {
      float sum = 0;
      for (const Node *node : nodes) sum += node->cost;
      return sum;
    })cpp");
  const auto &visits = orderOfUnit(unit.context(), {}).visits;
  ASSERT_EQ(visits.size(), 1U);
  EXPECT_EQ(visits[0].order, Order::Address);
  forgetUnitOrder();
}

}  // namespace
}  // namespace reproaudit
