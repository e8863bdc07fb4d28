// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ExprCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-pointer-as-data",
    .family = Family::Mem,
    .scope = Scope::Run,
    .tier = Tier::Audit,
    .summary = "Value of an address becomes part of a result",
    .since = "0.1.0",
    .why = R"md(
The allocator and the loader place objects elsewhere on every run. A hash, bucket,
file or order made from an address is as random as they are.)md",
    .bad = R"cpp(
#include <cstdint>
#include <vector>

struct Node {
  int id;
};

std::size_t bucketOf(const Node *node, const std::vector<float> &buckets) {
  return reinterpret_cast<std::uintptr_t>(node) % buckets.size();
})cpp",
    .good = R"cpp(
#include <cstdint>
#include <vector>

struct Node {
  int id;
};

std::size_t bucketOf(const Node *node, const std::vector<float> &buckets) {
  return node->id % buckets.size();
})cpp",
    .limits = "Alignment checks, differences of addresses, hash functors of "
              "tables in memory and handles of foreign interfaces are no data. "
              "Seeds are the subject of repro-nondeterministic-seed.",
});

bool isConstant(const Expr &expr, const ASTContext &context) {
  return !expr.isValueDependent() && expr.isEvaluatable(context);
}

/// Alignment, distance and the way back to a pointer are no data.
bool isHarmless(const Expr &expr, const ASTContext &context) {
  if (expr.getType()->isPointerType() || expr.getType()->isBooleanType())
    return true;
  const auto *binary = dyn_cast<BinaryOperator>(&expr);
  if (!binary)
    return false;
  switch (binary->getOpcode()) {
  case BO_Sub:
  case BO_EQ:
  case BO_NE:
    return true;
  case BO_And:
  case BO_Rem:
    return isConstant(*binary->getRHS(), context) ||
           isConstant(*binary->getLHS(), context);
  default:
    return false;
  }
}

/// `%` by a number that is not constant: a bucket, a shard, a colour.
class BucketSeen {
public:
  explicit BucketSeen(const ASTContext &context) : context_(context) {}

  bool operator()(const Expr &expr) {
    const auto *binary = dyn_cast<BinaryOperator>(&expr);
    seen |= binary != nullptr && binary->getOpcode() == BO_Rem &&
            !isConstant(*binary->getRHS(), context_);
    return isHarmless(expr, context_);
  }

  bool seen = false;

private:
  const ASTContext &context_;
};

bool isHandle(const NamedDecl *decl) {
  static constexpr llvm::StringLiteral kHandles[] = {
      "handle",  "ptr",    "pointer", "address", "addr",    "hash", "hasher",
      "aligned", "align",  "native",  "key",     "context", "lock", "mutex",
      "stripe",  "thread", "owner",   "seed",    "tag"};
  return decl != nullptr && decl->getIdentifier() != nullptr &&
         hasWord(decl->getName(), kHandles);
}

/// `(long)argument` in the start routine of a thread: a number that travelled
/// as a pointer.
bool isSmuggledNumber(const Expr &pointer) {
  const auto *reference = dyn_cast<DeclRefExpr>(pointer.IgnoreParenCasts());
  const auto *parameter =
      reference ? dyn_cast<ParmVarDecl>(reference->getDecl()) : nullptr;
  return parameter != nullptr && parameter->getType()->isVoidPointerType();
}

class PointerAsDataCheck final : public Check {
public:
  PointerAsDataCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(castExpr(hasCastKind(CK_PointerToIntegral),
                                unless(isExpansionInSystemHeader()))
                           .bind("address"),
                       this);
    finder->addMatcher(
        cxxOperatorCallExpr(hasOverloadedOperatorName("<<"),
                            unless(isExpansionInSystemHeader()),
                            callee(cxxMethodDecl(hasParameter(
                                0, hasType(pointsTo(voidType()))))),
                            hasArgument(1, expr(ignoringParenImpCasts(hasType(
                                               pointsTo(recordDecl()))))))
            .bind("printed"),
        this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  bool isResult(const Arrival &arrival, bool isBucket,
                ASTContext &context) const;

  void judgePrinted(const CXXOperatorCallExpr &printed);

  llvm::DenseSet<SourceLocation> reported_;
};

/// `file << "n" << node`: an address stands in the file.
void PointerAsDataCheck::judgePrinted(const CXXOperatorCallExpr &printed) {
  const Expr *stream = printed.getArg(0);
  while (const auto *link =
             dyn_cast<CXXOperatorCallExpr>(stream->IgnoreParenImpCasts()))
    stream = link->getArg(0);
  const SourceLocation at = printed.getArg(1)->getExprLoc();
  if (useOfStream(*stream) != Use::Result || !reported_.insert(at).second)
    return;
  finding(at, "an address is written, which differs in every run")
      << printed.getArg(1)->getSourceRange();
  cure(at, "write an index or an identifier that the input determines");
}

bool PointerAsDataCheck::isResult(const Arrival &arrival, bool isBucket,
                                  ASTContext &context) const {
  const Destination &to = arrival.destination;
  const FunctionDecl *function = functionAround(*to.at, context);
  if (isHandle(function) || (to.kind != Kind::Hashed && isHandle(to.target)))
    return false;
  // operator() of a hash functor
  if (const auto *method = dyn_cast_or_null<CXXMethodDecl>(function);
      method && method->getOverloadedOperator() == OO_Call &&
      !method->getParent()->isLambda())
    return false;
  switch (to.kind) {
  case Kind::Written:
  case Kind::Hashed:
    return true;
  case Kind::Stored:
  case Kind::Returned:
    return isBucket;
  default:
    return false;
  }
}

void PointerAsDataCheck::check(const MatchFinder::MatchResult &result) {
  if (const auto *printed =
          result.Nodes.getNodeAs<CXXOperatorCallExpr>("printed"))
    return judgePrinted(*printed);
  const auto *address = result.Nodes.getNodeAs<CastExpr>("address");
  if (isSmuggledNumber(*address->getSubExpr()))
    return;
  ASTContext &context = *result.Context;
  BucketSeen bucket(context);
  const auto arrivals = arrivalsOf(
      *address, context, [&](const Expr &expr) { return bucket(expr); });
  for (const Arrival &arrival : arrivals) {
    const SourceLocation at = arrival.destination.at->getBeginLoc();
    if (!isResult(arrival, bucket.seen, context) ||
        !reported_.insert(at).second)
      continue;
    finding(at, "the result depends on an address")
        << arrival.destination.at->getSourceRange();
    step(address->getBeginLoc(), "the address becomes a number here");
    for (const VarDecl *variable : arrival.through)
      step(variable->getLocation(), "and is kept in %0") << variable;
    cure(at, "use an index or an identifier that the input determines");
  }
}

}  // namespace

extern constinit const Rule PointerAsData =
    sourceRule<PointerAsDataCheck>(kInfo);

}  // namespace reproaudit::mem
