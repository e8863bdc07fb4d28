// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Effects.h"
#include "reproaudit/analysis/LaterSort.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Tooling/Tooling.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

using namespace clang;
using namespace clang::ast_matchers;
using Kind = reproaudit::Effect::Kind;

namespace reproaudit {
namespace {

constexpr const char *kPrologue = R"cpp(
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>
struct Node { int id; float cost; };
struct ById { bool operator()(const Node *a, const Node *b) const; };
using Map = std::unordered_map<std::string, float>;
template <class T> struct Derived : T {};
namespace my { template <class T> struct Bag {}; }
)cpp";

/// Parsing the headers takes longer than a test: each test parses once.
class Unit {
public:
  explicit Unit(const std::string &code)
      : ast_(tooling::buildASTFromCodeWithArgs(kPrologue + code,
                                               {"-std=c++20"})) {}

  ASTContext &context() const { return ast_->getASTContext(); }

  template <class Node, class Matcher>
  const Node *first(Matcher matcher) const {
    for (const BoundNodes &nodes : match(matcher.bind("it"), context()))
      return nodes.getNodeAs<Node>("it");
    return nullptr;
  }
  QualType typeOf(const std::string &name) const {
    return first<VarDecl>(varDecl(hasName(name), isExpansionInMainFile()))
        ->getType();
  }
  const FunctionDecl *function(const std::string &name) const {
    return first<FunctionDecl>(
        functionDecl(hasName(name), isDefinition(), isExpansionInMainFile()));
  }
  template <class Node, class Matcher>
  const Node *inside(const std::string &name, Matcher matcher) const {
    for (const BoundNodes &nodes :
         match(functionDecl(equalsNode(function(name)),
                            forEachDescendant(matcher.bind("it"))),
               context()))
      return nodes.getNodeAs<Node>("it");
    return nullptr;
  }

private:
  std::unique_ptr<ASTUnit> ast_;
};

TEST(Types, LookThroughAliasesBasesAndKeys) {
  const Unit unit(R"cpp(
    Map alias;
    Derived<Map> derived;
    auto deduced = alias;
    std::map<int, Map> values;
    std::set<Node *> pointers;
    std::set<std::pair<int, Node *>> pairs;
    std::map<std::shared_ptr<Node>, int> smart;
    std::unordered_set<Node *> hashed;
    std::set<Node *, ById> compared;
    std::vector<Node *> sequence;
    std::filesystem::directory_iterator directory;
    my::Bag<int> bag;
  )cpp");
  EXPECT_EQ(orderOf(unit.typeOf("alias")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("derived")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("deduced")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("values")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("pointers")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("pairs")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("smart")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("hashed")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("compared")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("sequence")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("directory")), Order::Directory);
  EXPECT_EQ(orderOf(unit.typeOf("bag")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("bag"), {"my::Bag"}), Order::Hash);
}

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
  const Unit unit(code);
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
  const Unit unit(R"cpp(
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
  std::string code;
  for (std::size_t i = 0; i < std::size(cases); ++i)
    code += "void f" + std::to_string(i) +
            "(std::vector<int> &v, std::vector<Node> &nodes,"
            " std::vector<Node *> &pointers,"
            " std::vector<std::pair<float, int>> &pairs,"
            " const std::vector<float> &score) { std::sort(" +
            cases[i].arguments + "); }\n";
  const Unit unit(code);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const auto *call = unit.inside<CallExpr>(
        "f" + std::to_string(i),
        callExpr(callee(functionDecl(hasName("::std::sort")))));
    const std::optional<Sort> sort = sortOf(*call);
    ASSERT_TRUE(sort.has_value());
    const Comparison found = compares(sort->comparator, sort->projection,
                                      sort->element, unit.context());
    EXPECT_EQ(found.totality, cases[i].totality) << cases[i].arguments;
    EXPECT_EQ(found.key, cases[i].key) << cases[i].arguments;
  }
}

TEST(LaterSort, WantsATotalSortOnEveryPathBeforeTheFirstRead) {
  const std::string sort = "std::sort(list.begin(), list.end());";
  const std::pair<std::string, bool> cases[] = {
      {"", false},
      {"flag = list.empty();", false},
      {sort + "use(list);", false},
      {"if (list.empty()) return false; " + sort + "use(list);", false},
      {"std::set<std::string> s(list.begin(), list.end());", false},
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
  const Unit unit(code);
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
