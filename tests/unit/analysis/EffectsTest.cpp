// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Effects.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

using namespace clang;
using namespace clang::ast_matchers;
using Kind = reproaudit::Effect::Kind;

namespace reproaudit {
namespace {

using Kinds = std::vector<Kind>;

/// A loop over a hash map: what stands before it, in it and after it.
struct LoopCase {
  const char *before;
  const char *body;
  const char *after;
  Kinds kinds;
};

void PrintTo(const LoopCase &loop, std::ostream *out) { *out << loop.body; }

TEST(Effects, AreWhatTheOrderDecides) {
  const LoopCase cases[] = {
      {"", "e.second *= 2;", "", {}},
      {"", "out[e.first] = e.second;", "", {}},
      {"", "out[e.first] += e.second;", "", {}},
      {"size_t n = 0;", "n += e.first.size(); ++n;", "out[\"n\"] = n;", {}},
      {"bool found = false;",
       "if (e.second > 1) found = true;",
       "if (found) out.clear();",
       {}},
      {"", "if (e.second > 1) return;", "", {}},
      {"", "float sum = 0; sum += e.second; out[e.first] = sum;", "", {}},
      {"float s = 0;", "s += e.second;", "out[\"s\"] = s;", {Kind::FloatFold}},
      {"long s = 0;", "s += e.second;", "out[\"s\"] = s;", {}},
      {"float s = 0;", "s += 1.0;", "out[\"s\"] = s;", {}},
      {"size_t h = 0;",
       "h = h * 31 + e.first.size();",
       "out[\"h\"] = h;",
       {Kind::OrderedFold}},
      {"size_t h = 0;",
       "h ^= e.first.size(); h *= 1099511628211u;",
       "out[\"h\"] = h;",
       {Kind::OrderedFold}},
      {"", "list.push_back(e.first);", "", {Kind::Append}},
      {"std::string text;",
       "text += e.first;",
       "list.push_back(text);",
       {Kind::Output}},
      {"int n = 0;", "out[e.first] = n++;", "", {Kind::Number}},
      {"std::string last;",
       "last = e.first;",
       "list.push_back(last);",
       {Kind::Overwrite}},
      {"std::mt19937 rng; std::normal_distribution<float> d;",
       "e.second = d(rng);",
       "",
       {Kind::Draw}},
      {"float best = 0; std::string which;",
       "if (e.second > best) { best = e.second; which = e.first; }",
       "list.push_back(which);",
       {Kind::TieBreak}},
      {"float s = 0;", "s += e.second;", "", {}},
      {"float s = 0;", "s += e.second;", "s = 1; out[\"s\"] = s;", {}},
      {"float s = 0, most = 0;",
       "s += e.second; most = std::max(most, s);",
       "out[\"s\"] = most;",
       {Kind::FloatFold}},
      {"",
       "if (out.find(e.first) != out.end()) list.push_back(e.first);",
       "",
       {Kind::Append}},
      {"", "if (e.first == \"a\") list.push_back(e.first);", "", {}},
      {"bool all = false;",
       "if (e.first == \"a\" || all) list.push_back(e.first);",
       "",
       {Kind::Append}},
      {"std::vector<std::string> names;",
       "for (auto &n : names) if (e.first == n) list.push_back(e.first);",
       "",
       {Kind::Append}},
      {"int n = 0; std::function<void(int)> f = [&](int i) { n = i; };",
       "f(int(e.second));",
       "out[\"n\"] = n;",
       {Kind::Overwrite}},
      {"std::string b;", "b = e.first; out[b] = b.size();", "", {}},
      {"Node *p = nullptr; int n = 0;",
       "int *q = &n; q = nullptr; (void)p; (void)q;",
       "",
       {}},
  };
  std::string code;
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "void f" + std::to_string(i) +
            "(Map &map, std::map<std::string, float> &out,"
            " std::vector<std::string> &list) { " +
            cases[i].before + " for (auto &e : map) { " + cases[i].body +
            " } " + cases[i].after + " }\n";
  const OrderUnit unit(code);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const std::string name = "f" + std::to_string(i);
    const auto *loop = unit.inside<CXXForRangeStmt>(name, cxxForRangeStmt());
    const Iteration iteration{.function = unit.function(name),
                              .site = loop,
                              .body = loop->getBody(),
                              .elements = {loop->getLoopVariable()},
                              .uniqueKeys = true};
    Kinds kinds;
    for (const Effect &effect : effectsOf(iteration, unit.context()))
      kinds.push_back(effect.kind);
    EXPECT_EQ(kinds, cases[i].kinds) << testing::PrintToString(cases[i]);
  }
}

TEST(Effects, FollowsCallsWithTheirArguments) {
  const OrderUnit unit(R"cpp(
    void add(float &target, float value) { target += value; }
    float f(const Map &map) {
      float sum = 0;
      for (auto &e : map) add(sum, e.second);
      return sum;
    })cpp");
  const auto *loop = unit.inside<CXXForRangeStmt>("f", cxxForRangeStmt());
  const auto found = effectsOf({.function = unit.function("f"),
                                .site = loop,
                                .body = loop->getBody(),
                                .elements = {loop->getLoopVariable()}},
                               unit.context());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Kind::FloatFold);
  EXPECT_EQ(found[0].target->getNameAsString(), "sum");
  EXPECT_EQ(found[0].calls.size(), 1U);
}

TEST(Effects, EntersARecursiveCallOnce) {
  const OrderUnit unit(R"cpp(
    struct Tree { std::unordered_map<int, Tree *> below; int id; };
    void f(const Tree &tree, std::vector<int> &out) {
      out.push_back(tree.id);
      for (auto &e : tree.below) f(*e.second, out);
    })cpp");
  const auto *loop = unit.inside<CXXForRangeStmt>("f", cxxForRangeStmt());
  const auto found = effectsOf({.function = unit.function("f"),
                                .site = loop,
                                .body = loop->getBody(),
                                .elements = {loop->getLoopVariable()}},
                               unit.context());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Kind::Append);
  EXPECT_EQ(found[0].target->getNameAsString(), "out");
}

}  // namespace
}  // namespace reproaudit
