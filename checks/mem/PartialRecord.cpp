// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-partial-record",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Object leaves a function with members that nothing set",
    .since = "0.1.0",
    .why = R"md(
A struct that is filled member by member takes along what it was not given. Sent,
hashed, compared or stored, the forgotten member makes equal objects differ, and
the next reader computes with it.)md",
    .bad = R"cpp(
struct Request {
  int kind;
  int device;
  long offset;
  float scale;
};

Request makeRequest(int device, long offset) {
  Request request;
  request.kind = 1;
  request.device = device;
  request.offset = offset;
  return request;
})cpp",
    .good = R"cpp(
struct Request {
  int kind;
  int device;
  long offset;
  float scale;
};

Request makeRequest(int device, long offset) {
  Request request = {};
  request.kind = 1;
  request.device = device;
  request.offset = offset;
  return request;
})cpp",
    .limits = "Local objects that are returned, or copied into a container. An "
              "object whose address goes anywhere is taken to be complete.",
});

/// Fewer members than that are no attempt to fill the object.
constexpr unsigned kFewestSet = 3;

bool hasNoValue(const VarDecl &variable) {
  if (!variable.hasInit())
    return true;
  const auto *construction =
      dyn_cast<CXXConstructExpr>(variable.getInit()->IgnoreImplicit());
  return construction != nullptr && construction->getNumArgs() == 0 &&
         construction->getConstructor()->isTrivial() &&
         !construction->isListInitialization() &&
         !construction->requiresZeroInitialization();
}

/// How a function uses a local object: the members that it names, and the first
/// expression that takes the object as a whole.
struct Handling {
  llvm::SmallPtrSet<const FieldDecl *, 8> named;
  const Expr *leaves = nullptr;
  bool isReturned = false;
  bool isHidden = false;  ///< Somebody else may have filled it.
};

enum class Exit : std::uint8_t { None, Copied, Returned };

/// `return r;`, `all.push_back(r)`.
Exit exitOf(const Expr &mention, ASTContext &context) {
  const Expr *child = &mention;
  for (;;) {
    const DynTypedNodeList parents = context.getParents(*child);
    if (parents.empty())
      return Exit::None;
    if (parents[0].get<ReturnStmt>())
      return Exit::Returned;
    const auto *parent = parents[0].get<Expr>();
    if (!parent)
      return Exit::None;
    if (const auto *call = dyn_cast<CXXMemberCallExpr>(parent)) {
      const CXXMethodDecl *method = call->getMethodDecl();
      return method && method->getIdentifier() &&
                     (method->getName() == "push_back" ||
                      method->getName() == "emplace_back")
                 ? Exit::Copied
                 : Exit::None;
    }
    if (!isa<ImplicitCastExpr, ParenExpr, CXXConstructExpr, ExprWithCleanups,
             MaterializeTemporaryExpr>(parent))
      return Exit::None;
    child = parent;
  }
}

Handling handlingOf(const VarDecl &variable, ASTContext &context) {
  Handling handling;
  for (const DeclRefExpr *mention : mentionsOf(variable)) {
    const DynTypedNodeList parents = context.getParents(*mention);
    const auto *member =
        parents.empty() ? nullptr : parents[0].get<MemberExpr>();
    const auto *field =
        member ? dyn_cast<FieldDecl>(member->getMemberDecl()) : nullptr;
    if (field) {
      handling.named.insert(field);
      continue;
    }
    const Exit exit = exitOf(*mention, context);
    handling.isHidden |= exit == Exit::None;
    handling.isReturned |= exit == Exit::Returned;
    if (!handling.leaves)
      handling.leaves = mention;
  }
  return handling;
}

class PartialRecordCheck final : public Check {
public:
  PartialRecordCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(
        varDecl(hasLocalStorage(), unless(parmVarDecl()),
                hasType(hasUnqualifiedDesugaredType(recordType())),
                unless(isExpansionInSystemHeader()))
            .bind("object"),
        this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<SourceLocation> reported_;
};

/// Numbers, and arrays of numbers such as `char padding[4]`.
bool holdsNumbers(const FieldDecl &field, const ASTContext &context) {
  const QualType element = context.getBaseElementType(field.getType());
  return !field.hasInClassInitializer() && !field.isUnnamedBitField() &&
         (element->isArithmeticType() || element->isEnumeralType() ||
          element->isPointerType());
}

void PartialRecordCheck::check(const MatchFinder::MatchResult &result) {
  const auto *object = result.Nodes.getNodeAs<VarDecl>("object");
  const RecordDecl *record = object->getType()->getAsRecordDecl();
  if (!record || record->isUnion() ||
      result.Context->getDiagnostics().hasErrorOccurred() ||
      !record->isCompleteDefinition() || !hasNoValue(*object) ||
      result.SourceManager->isInSystemHeader(record->getLocation()))
    return;
  const Handling handling = handlingOf(*object, *result.Context);
  if (handling.isHidden || !handling.leaves ||
      handling.named.size() < kFewestSet)
    return;
  const FieldDecl *forgotten = nullptr;
  unsigned count = 0;
  for (const FieldDecl *field : record->fields()) {
    if (field->getName().empty())
      return;  // anonymous structs and unions share their members
    if (!handling.named.contains(field) &&
        holdsNumbers(*field, *result.Context)) {
      forgotten = forgotten ? forgotten : field;
      ++count;
    }
  }
  if (forgotten == nullptr || count > handling.named.size() ||
      !reported_.insert(handling.leaves->getExprLoc()).second)
    return;
  constexpr StringRef kMessage =
      "%0 leaves the function although nothing set its member %1";
  const SourceLocation at = handling.leaves->getExprLoc();
  // A copy in a container can be completed later.
  (handling.isReturned ? finding(at, kMessage) : noteworthy(at, kMessage))
      << object << forgotten;
  step(object->getLocation(), "%0 starts without values") << object;
  cure(object->getLocation(), "start with '= {}', or set %0 as well")
      << forgotten;
}

}  // namespace

extern constinit const Rule PartialRecord =
    sourceRule<PartialRecordCheck>(kInfo);

}  // namespace reproaudit::mem
