// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/ProgramFacts.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/STLExtras.h"

#include <map>
#include <set>

using namespace clang;
using namespace clang::ast_matchers;
using llvm::StringRef;

namespace reproaudit::order {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-static-registration-order",
    .family = Family::Order,
    .scope = Scope::Build,
    .tier = Tier::Audit,
    .summary = "List that the globals of several files append themselves to",
    .since = "0.1.0",
    .why = R"md(
Objects at namespace scope are initialised file by file, in an order that only
the linker knows, and static members of templates in no order at all. If they
append themselves to a list, another linker or another order of the object files
gives another list: other ids of operators, another default backend.)md",
    .bad = R"cpp(
#include <string>
#include <vector>

std::vector<std::string> registry;

template <class T> struct Registered {
  static bool done;
};
template <class T>
bool Registered<T>::done = (registry.push_back(T::kName), true);

struct Adam { static constexpr const char *kName = "adam"; };
bool known = Registered<Adam>::done;)cpp",
    .good = R"cpp(
#include <set>
#include <string>

std::set<std::string> registry;

template <class T> struct Registered { static bool done; };
template <class T>
bool Registered<T>::done = registry.insert(T::kName).second;)cpp",
    .limits = R"md(
Needs all units of the program: clang-tidy and clangd stay silent, and so does a
scan in which one file registers everything. A registry that some function sorts
is taken to be in order.)md",
});

/// The sequence with static storage that \p expr names: a global, a static
/// member, or a function that hands one out.
const NamedDecl *registryOf(const Expr *expr) {
  const Expr *whole = containerOf(expr);
  if (shapeOf(whole->getType()) != Shape::Sequence)
    return nullptr;
  if (const VarDecl *variable = namedVariable(whole))
    return variable->hasGlobalStorage() ? variable : nullptr;
  if (const auto *member = dyn_cast<MemberExpr>(whole))
    return dyn_cast<VarDecl>(member->getMemberDecl());
  const auto *call = dyn_cast<CallExpr>(whole);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  return callee && call->getNumArgs() == 0 &&
                 (callee->isGlobal() || callee->isStatic())
             ? callee
             : nullptr;
}

/// The registry to which \p call appends, or null.
const NamedDecl *appendedBy(const CallExpr &call) {
  const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
  const StringRef name = method ? nameOf(method->getMethodDecl()) : StringRef();
  return name == "push_back" || name == "emplace_back"
             ? registryOf(method->getImplicitObjectArgument())
             : nullptr;
}

class StaticRegistrationOrderCheck final : public Check {
public:
  StaticRegistrationOrderCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  void initialised(const VarDecl &variable);
  void defined(const FunctionDecl &function);
};

void StaticRegistrationOrderCheck::registerMatchers(MatchFinder *finder) {
  if (!linksFacts())
    return;
  const auto own = unless(isExpansionInSystemHeader());
  finder->addMatcher(varDecl(hasGlobalStorage(), unless(isStaticLocal()),
                             hasInitializer(expr()), own)
                         .bind("variable"),
                     this);
  finder->addMatcher(
      functionDecl(isDefinition(), hasBody(stmt()), own).bind("function"),
      this);
}

/// Exports what runs before main.
void StaticRegistrationOrderCheck::initialised(const VarDecl &variable) {
  const bool isUnordered =
      isTemplateInstantiation(variable.getTemplateSpecializationKind());
  const std::string name = programName(&variable);
  const auto runs = [&](const std::string &function) {
    fact(variable.getLocation(), isUnordered ? "runs in any order" : "runs",
         function);
  };
  anyStmt(variable.getInit(), [&](const Stmt &stmt) {
    const FunctionDecl *function = nullptr;
    if (const auto *made = dyn_cast<CXXConstructExpr>(&stmt)) {
      function = made->getConstructor();
    } else if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      function = call->getDirectCallee();
      if (const NamedDecl *registry = appendedBy(*call)) {
        runs(name);
        fact(call->getExprLoc(), "appends", name, programName(registry));
      }
    }
    if (function && !function->isInStdNamespace() && !function->isImplicit())
      runs(programName(function));
    return false;
  });
}

/// Exports what functions do to registries, and what registrars call.
void StaticRegistrationOrderCheck::defined(const FunctionDecl &function) {
  const auto *made = dyn_cast<CXXConstructorDecl>(&function);
  const bool isRegistrar = made != nullptr && made->getParent()->field_empty();
  anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
    if (!callee)
      return false;
    const std::optional<Sort> sort = sortOf(*call);
    if (const NamedDecl *sorted = sort ? registryOf(sort->sequence) : nullptr)
      fact(call->getExprLoc(), "sorts", programName(sorted));
    else if (const NamedDecl *registry = appendedBy(*call))
      fact(call->getExprLoc(), "appends", programName(&function),
           programName(registry));
    else if (isRegistrar && !callee->isInStdNamespace())
      fact(call->getExprLoc(), "calls", programName(&function),
           programName(callee));
    return false;
  });
}

void StaticRegistrationOrderCheck::check(
    const MatchFinder::MatchResult &result) {
  if (const auto *variable = result.Nodes.getNodeAs<VarDecl>("variable"))
    initialised(*variable);
  else
    defined(*result.Nodes.getNodeAs<FunctionDecl>("function"));
}

/// What all units together know.
class Registrations {
public:
  explicit Registrations(std::span<const Fact> facts) {
    for (const Fact &fact : facts) {
      if (StringRef(fact.name).starts_with("runs"))
        runs_[fact.subject].push_back(&fact);
      else if (fact.name == "calls")
        calls_[fact.subject].insert(fact.object);
      else if (fact.name == "sorts")
        sorted_.insert(fact.subject);
      else if (fact.name == "appends")
        appends_.emplace(fact.subject, &fact);
    }
  }

  std::vector<Finding> judge() const {
    std::vector<Finding> findings;
    for (const auto &[function, append] : appends_) {
      const std::vector<const Fact *> places = runners(function);
      if (isOpen(places) && !sorted_.contains(append->object))
        findings.push_back(finding(*append, places));
    }
    return findings;
  }

private:
  /// The globals whose initialisation runs \p function.
  std::vector<const Fact *> runners(const std::string &function) const {
    std::vector<const Fact *> found;
    for (const auto &[runner, places] : runs_) {
      const auto calls = calls_.find(runner);
      if (runner == function ||
          (calls != calls_.end() && calls->second.contains(function)))
        llvm::append_range(found, places);
    }
    return found;
  }

  /// Does the order of \p places depend on more than one file's text?
  static bool isOpen(const std::vector<const Fact *> &places) {
    return llvm::any_of(places, [&](const Fact *place) {
      return place->name != "runs" ||
             place->finding.at.path != places.front()->finding.at.path;
    });
  }

  static Finding finding(const Fact &append,
                         const std::vector<const Fact *> &places) {
    constexpr std::size_t kShown = 3;
    Finding found = append.finding;
    found.level = Level::Note;
    found.message = "globals append themselves to '" +
                    std::string(shortName(append.object)) +
                    "' in an order that only the linker knows";
    for (const Fact *place : ArrayRef(places).take_front(kShown))
      found.flow.push_back({place->finding.at, "registered here before main"});
    found.cure = {append.finding.at, "sort the registry by name before it is "
                                     "used, or keep it in a map"};
    return found;
  }

  std::map<std::string, std::vector<const Fact *>> runs_;
  std::map<std::string, std::set<std::string>> calls_;
  std::set<std::string> sorted_;
  std::map<std::string, const Fact *> appends_;
};

std::vector<Finding> link(std::span<const Fact> facts) {
  return Registrations(facts).judge();
}

}  // namespace

extern constinit const Rule StaticRegistrationOrder =
    sourceRule<StaticRegistrationOrderCheck>(kInfo, link);

}  // namespace reproaudit::order
