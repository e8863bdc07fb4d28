// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A unit with the usual headers, parsed once for each test about order, and
/// ways to find things in it.
#pragma once

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Tooling/Tooling.h"

#include <memory>
#include <string>

namespace reproaudit {

inline constexpr const char *kPrologue = R"cpp(
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <queue>
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
class OrderUnit {
public:
  explicit OrderUnit(const std::string &code)
      : ast_(clang::tooling::buildASTFromCodeWithArgs(kPrologue + code,
                                                      {"-std=c++20"})) {}

  clang::ASTContext &context() const { return ast_->getASTContext(); }

  template <class Node, class Matcher>
  const Node *first(Matcher matcher) const {
    for (const clang::ast_matchers::BoundNodes &nodes :
         clang::ast_matchers::match(matcher.bind("it"), context()))
      return nodes.getNodeAs<Node>("it");
    return nullptr;
  }
  clang::QualType typeOf(const std::string &name) const {
    return variable(name)->getType();
  }
  const clang::VarDecl *variable(const std::string &name) const {
    using namespace clang::ast_matchers;
    return first<clang::VarDecl>(
        varDecl(hasName(name), isExpansionInMainFile()));
  }
  const clang::FunctionDecl *function(const std::string &name) const {
    using namespace clang::ast_matchers;
    return first<clang::FunctionDecl>(
        functionDecl(hasName(name), isDefinition(), isExpansionInMainFile()));
  }
  template <class Node, class Matcher>
  const Node *inside(const std::string &name, Matcher matcher) const {
    for (const clang::ast_matchers::BoundNodes &nodes :
         clang::ast_matchers::match(
             clang::ast_matchers::functionDecl(
                 clang::ast_matchers::equalsNode(function(name)),
                 clang::ast_matchers::forEachDescendant(matcher.bind("it"))),
             context()))
      return nodes.getNodeAs<Node>("it");
    return nullptr;
  }

private:
  std::unique_ptr<clang::ASTUnit> ast_;
};

}  // namespace reproaudit
