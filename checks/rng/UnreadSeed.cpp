// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ParentMapContext.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unread-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Seed option that can be set and is never used",
    .since = "0.1.0",
    .why = R"md(
An option that is parsed, stored and perhaps logged, but that no generator ever
gets, is worse than none: users set it, see it in the log and believe that their
runs are seeded.)md",
    .bad = R"cpp(
#include <cstdlib>
#include <random>

struct Options {
  unsigned seed = 1;
  int count = 10;
};

int main(int, char **argv) {
  Options options;
  options.seed = std::atoi(argv[1]);
  std::mt19937 engine(42);
  return static_cast<int>(engine() % options.count);
})cpp",
    .good = R"cpp(
#include <cstdlib>
#include <random>

struct Options {
  unsigned seed = 1;
  int count = 10;
};

int main(int, char **argv) {
  Options options;
  options.seed = std::atoi(argv[1]);
  std::mt19937 engine(options.seed);
  return static_cast<int>(engine() % options.count);
})cpp",
    .limits = "Members and global numbers that are called seeds. All units of "
              "the program are needed, so only `scan` reports them.",
});

enum class Mention : std::uint8_t { Sets, Reads, Talks };

/// The first parent of \p expr that is more than parentheses.
const Stmt *parentOf(const Expr *expr, ASTContext &context) {
  const Stmt *at = expr;
  do {
    const DynTypedNodeList parents = context.getParents(*at);
    at = parents.empty() ? nullptr : parents[0].get<Stmt>();
  } while (isa_and_nonnull<ParenExpr>(at));
  return at;
}

/// True if parameter \p i of \p callee takes whatever it gets by `T &&`.
bool forwards(const FunctionDecl *callee, unsigned i) {
  const FunctionDecl *pattern = callee->getTemplateInstantiationPattern();
  if (!pattern || pattern->param_empty())
    return false;
  QualType type =
      pattern->getParamDecl(std::min(i, pattern->getNumParams() - 1))
          ->getType();
  if (const auto *pack = type->getAs<PackExpansionType>())
    type = pack->getPattern();
  return type->isRValueReferenceType();
}

/// True if \p call may store to \p argument, which it gets by reference.
bool mayStore(const CallExpr *call, const Expr *argument) {
  const FunctionDecl *callee = call->getDirectCallee();
  if (!callee)
    return false;
  const bool member =
      isa<CXXOperatorCallExpr>(call) && isa<CXXMethodDecl>(callee);
  for (unsigned i = static_cast<unsigned int>(member); i < call->getNumArgs();
       ++i)
    if (call->getArg(i)->IgnoreParens() == argument &&
        i - static_cast<unsigned int>(member) < callee->getNumParams()) {
      const QualType type =
          callee->getParamDecl(i - static_cast<unsigned int>(member))
              ->getType();
      return type->isLValueReferenceType() &&
             !forwards(callee, i - static_cast<unsigned int>(member)) &&
             !type->getPointeeType().isConstQualified();
    }
  return false;
}

Mention mentionOf(const Expr *expr, ASTContext &context) {
  const Stmt *parent = parentOf(expr, context);
  if (const auto *op = dyn_cast_or_null<BinaryOperator>(parent);
      op && op->getOpcode() == BO_Assign &&
      op->getLHS()->IgnoreParens() == expr)
    return Mention::Sets;
  if (const auto *op = dyn_cast_or_null<UnaryOperator>(parent);
      op && op->getOpcode() == UO_AddrOf)
    return Mention::Sets;
  if (const auto *call = dyn_cast_or_null<CallExpr>(parent);
      call && mayStore(call, expr))
    return Mention::Sets;
  return isOnlyShown(arrivalsOf(*expr, context)) ? Mention::Talks
                                                 : Mention::Reads;
}

class UnreadSeedCheck final : public RandomCheck {
public:
  UnreadSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
};

void UnreadSeedCheck::judge(const RandomUse &use) {
  if (!linksFacts())
    return;
  ASTContext &context = use.unit().context();
  if (!use.drawings().empty())
    fact(use.drawings().front().at->getExprLoc(), "draws", "anything");
  for (const UnitIndex::Declared &declared : use.unit().declared()) {
    if (!isNumericSeed(declared.decl) || isa<ParmVarDecl>(declared.decl))
      continue;
    const SourceLocation at = declared.decl->getLocation();
    const std::string name = programName(declared.decl);
    for (const Expr *expr : use.unit().mentions(declared.decl))
      if (const Mention mention = mentionOf(expr, context);
          mention != Mention::Talks)
        fact(at, mention == Mention::Sets ? "can be set" : "is read", name);
    if (FieldUses::in(context).isReadByName(declared.decl->getName()))
      fact(at, "is read", name);
  }
}

std::vector<Finding> link(std::span<const Fact> facts) {
  std::vector<Finding> findings;
  if (factsThat(facts, "draws").empty())
    return findings;
  std::string_view last;
  for (const Fact &fact : factsThat(facts, "can be set")) {
    if (fact.subject == last ||
        !factsThat(facts, "is read", fact.subject).empty())
      continue;
    last = fact.subject;
    findings.push_back(
        findingFrom(fact, Level::Warning,
                    "'" + std::string(shortName(fact.subject)) +
                        "' can be set, but no random generator ever gets it",
                    "seed the generators from it, or remove the option"));
  }
  return findings;
}

}  // namespace

extern constinit const Rule UnreadSeed =
    sourceRule<UnreadSeedCheck>(kInfo, link);

}  // namespace reproaudit::rng
