// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SharedAccess.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace reproaudit {
namespace {

/// The value that the local variable \p index was declared with, else itself.
const Expr *declaredValue(const Expr *index) {
  const VarDecl *variable = namedVariable(bare(index));
  return variable && !isa<ParmVarDecl>(variable) && variable->getInit()
             ? variable->getInit()
             : index;
}

/// True if \p index computes with \p part: `tid + half` with `tid`.
bool computesWith(const Expr *index, const Expr &part,
                  const ASTContext &context) {
  return anyStmt(declaredValue(index), [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    return expr && sameObject(*expr, part, context);
  });
}

/// True if the two compute alike, if from variables of two loops that hand out
/// the elements alike.
bool areEqual(const Expr &left, const Expr &right, const ASTContext &context,
              int depth = 4) {
  if (sameObject(left, right, context))
    return true;
  if (depth == 0)
    return false;
  if (const auto *one = dyn_cast<BinaryOperator>(bare(&left))) {
    const auto *other = dyn_cast<BinaryOperator>(bare(&right));
    return (other != nullptr) && one->getOpcode() == other->getOpcode() &&
           areEqual(*one->getLHS(), *other->getLHS(), context, depth - 1) &&
           areEqual(*one->getRHS(), *other->getRHS(), context, depth - 1);
  }
  const VarDecl *first = namedVariable(bare(&left));
  const VarDecl *second = namedVariable(bare(&right));
  return (first != nullptr) && (second != nullptr) &&
         (first->getInit() != nullptr) && (second->getInit() != nullptr) &&
         areEqual(*first->getInit(), *second->getInit(), context, depth - 1);
}

/// True if the same threads come to both, as far as tests tell.
bool passAlike(const SharedAccess &one, const SharedAccess &other,
               const ASTContext &context) {
  if (one.tests.empty() || other.tests.empty())
    return one.tests.empty() && other.tests.empty();
  return sameObject(*one.tests.back()->getCond(),
                    *other.tests.back()->getCond(), context);
}

bool isTemporaryStorage(QualType type) {
  if (const auto *dependent = type->getAs<DependentNameType>())
    return dependent->getIdentifier()->isStr("TempStorage");
  return recordName(type).ends_with("TempStorage");
}

}  // namespace

bool isBarrier(const Stmt &stmt) {
  if (const auto *assembly = dyn_cast<GCCAsmStmt>(&stmt)) {
    const std::string text = assembly->getAsmString();
    return StringRef(text).contains("bar.") ||
           StringRef(text).contains("barrier");
  }
  const auto *call = dyn_cast<CallExpr>(&stmt);
  if (!call)
    return false;
  const StringRef name = calledName(*call);
  return name.starts_with("__sync") ||
         name.starts_with("__builtin_amdgcn_s_barrier") || name == "sync" ||
         name.contains("wait") || name.contains("barrier");
}

bool testsThread(const Expr &condition, int depth) {
  return anyStmt(&condition, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return variable &&
           (nameOf(variable) == "threadIdx" ||
            (depth > 0 && !isa<ParmVarDecl>(variable) && variable->getInit() &&
             testsThread(*variable->getInit(), depth - 1)));
  });
}

const VarDecl *mentionedShared(const Stmt *root) {
  const VarDecl *found = nullptr;
  anyStmt(root, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<DeclRefExpr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    if (variable && isBlockShared(*variable))
      found = variable;
    return found != nullptr;
  });
  return found;
}

const VarDecl *storageOf(const CallExpr &call) {
  const Expr *object = nullptr;
  if (const auto *member = dyn_cast<MemberExpr>(call.getCallee()))
    object = member->getBase();
  else if (const auto *dependent =
               dyn_cast<CXXDependentScopeMemberExpr>(call.getCallee());
           dependent && !dependent->isImplicitAccess())
    object = dependent->getBase();
  if (!object)
    return nullptr;
  const VarDecl *variable = namedVariable(bare(object));
  const Stmt *root =
      variable && variable->getInit() ? variable->getInit() : object;
  const VarDecl *found = nullptr;
  anyStmt(root, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    if (expr && isa<MemberExpr, DeclRefExpr, ArraySubscriptExpr>(expr) &&
        isTemporaryStorage(expr->getType()))
      found = mentionedShared(expr);
    return found != nullptr;
  });
  return found;
}

bool isSameThread(const SharedAccess &one, const SharedAccess &other,
                  const ASTContext &context) {
  if (one.single && other.single)
    return true;
  if (one.cooperative || other.cooperative ||
      one.indices.size() != other.indices.size())
    return false;
  bool own = false;
  bool ofThread = false;
  for (unsigned i = 0; i < one.indices.size(); ++i) {
    if (!areEqual(*one.indices[i], *other.indices[i], context))
      return false;
    own = own || identityOf(*one.indices[i]).thread;
    ofThread = ofThread || testsThread(*one.indices[i]);
  }
  // Threads that share an element have at least all stored it themselves.
  return own || (ofThread && passAlike(one, other, context));
}

bool areApart(const SharedAccess &one, const SharedAccess &other,
              const ASTContext &context) {
  const auto part = [](const SharedAccess &access) -> const Expr * {
    if (access.indices.size() < 2 || identityOf(*access.indices[0]).thread)
      return nullptr;
    return access.indices[0];
  };
  const Expr *left = part(one);
  const Expr *right = part(other);
  return (left != nullptr) && (right != nullptr) &&
         (!sameObject(*left, *right, context) ||
          (namedVariable(left) != nullptr));
}

bool isTreeStep(const SharedAccess &read, const SharedAccess &write,
                const ASTContext &context) {
  const auto common = [&](const IfStmt *test) {
    return llvm::is_contained(write.tests, test);
  };
  if (!llvm::any_of(read.tests, common))
    return false;
  if (read.tests.back() == write.tests.back())
    return true;
  if (read.indices.size() != write.indices.size())
    return false;
  for (unsigned i = 0; i < read.indices.size(); ++i)
    if (!computesWith(read.indices[i], *write.indices[i], context) &&
        !computesWith(write.indices[i], *read.indices[i], context))
      return false;
  return true;
}

void SharedState::add(llvm::SmallVectorImpl<SharedAccess> &accesses,
                      const SharedAccess &access) {
  const auto isKnown = [&](const SharedAccess &known) {
    return known.expression == access.expression &&
           known.tests == access.tests && known.single == access.single;
  };
  if (llvm::none_of(accesses, isKnown))
    accesses.push_back(access);
}

bool isOwnSlice(const VarDecl &pointer) {
  return pointer.getType()->isPointerType() && pointer.getInit() != nullptr &&
         anyStmt(pointer.getInit(), [](const Stmt &stmt) {
           const auto *op = dyn_cast<BinaryOperator>(&stmt);
           return op != nullptr &&
                  (op->getOpcode() == BO_Mul || op->getOpcode() == BO_Shl) &&
                  identityOf(*op).thread;
         });
}

void SharedState::join(const SharedState &other) {
  if (!other.reached)
    return;
  reached = true;
  for (const auto &[object, pending] : other.of) {
    Pending &mine = of[object];
    for (const SharedAccess &access : pending.reads)
      SharedState::add(mine.reads, access);
    for (const SharedAccess &access : pending.writes)
      SharedState::add(mine.writes, access);
  }
}

}  // namespace reproaudit
