// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// destinationOf: one step after the other from a value to what keeps it.
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Sinks.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit {
namespace {

StringRef identifierOf(const NamedDecl &decl) {
  return decl.getIdentifier() ? decl.getName() : StringRef();
}

bool isInSystemHeader(const Decl &decl) {
  return decl.getASTContext().getSourceManager().isInSystemHeader(
      decl.getLocation());
}

bool isLocalValue(const VarDecl &variable) {
  return variable.isLocalVarDeclOrParm() && !variable.isStaticLocal() &&
         !variable.getType()->isReferenceType();
}

/// What a call that the project did not write does with an argument; nullopt
/// if the value lives on in what it returns.
std::optional<Kind> useByLibrary(const FunctionDecl &callee) {
  constexpr auto kLivesOn = Kind::Unknown;
  const Kind kind =
      llvm::StringSwitch<Kind>(identifierOf(callee))
          .Cases({"srand", "srandom", "srand48", "seed48", "initstate", "seed",
                  "manual_seed", "default_seed", "set_seed", "init_genrand"},
                 Kind::Seeded)
          .Cases({"hash_value", "hash_combine", "crc32", "adler32",
                  "_Hash_bytes", "XXH32", "XXH64", "XXH3_64bits", "MD5", "SHA1",
                  "SHA256"},
                 Kind::Hashed)
          .Cases({"fwrite", "write", "pwrite", "put", "sputn"}, Kind::Written)
          .Cases({"to_string", "to_wstring", "strftime", "ctime", "ctime_r",
                  "asctime", "put_time", "format", "snprintf", "sprintf",
                  "vsnprintf", "format_to", "strcpy", "strcat", "strncpy"},
                 Kind::Text)
          .Cases({"sleep", "usleep", "nanosleep", "sleep_for", "sleep_until",
                  "wait_for", "wait_until", "poll", "select", "epoll_wait",
                  "pthread_cond_timedwait", "try_lock_for", "try_lock_until",
                  "alarm", "setitimer", "futex", "close", "free", "kill"},
                 Kind::Diagnostic)
          .Cases({"__assert_fail", "perror", "syslog", "exit", "abort"},
                 Kind::Diagnostic)
          .Default(kLivesOn);
  if (kind != kLivesOn)
    return kind;
  if (callee.getReturnType()->isVoidType())
    return Kind::Nowhere;
  return std::nullopt;
}

/// What the name of a project's own function promises to do with a value.
Kind useByName(const FunctionDecl &callee) {
  static constexpr llvm::StringLiteral kSeed[] = {"seed", "srand", "reseed"};
  static constexpr llvm::StringLiteral kHash[] = {
      "hash", "crc", "crc32", "checksum", "digest", "fingerprint"};
  static constexpr llvm::StringLiteral kWrite[] = {
      "write", "save", "serialize", "serialise", "dump", "emit", "export"};
  const StringRef name = identifierOf(callee);
  if (hasWord(name, kSeed))
    return Kind::Seeded;
  if (hasWord(name, kHash))
    return Kind::Hashed;
  if (hasWord(name, kWrite))
    return Kind::Written;
  return Kind::Argument;
}

bool isEngine(const CXXRecordDecl &record) {
  return llvm::StringSwitch<bool>(identifierOf(record))
      .Cases({"mersenne_twister_engine", "linear_congruential_engine",
              "subtract_with_carry_engine", "discard_block_engine",
              "shuffle_order_engine", "independent_bits_engine", "seed_seq",
              "philox_engine"},
             true)
      .Default(false);
}

bool isString(const CXXRecordDecl &record) {
  return llvm::StringSwitch<bool>(identifierOf(record))
      .Cases({"basic_string", "basic_string_view", "path"}, true)
      .Default(false);
}

bool isHasher(const CXXRecordDecl &record) {
  static constexpr llvm::StringLiteral kHash[] = {"hash", "hasher"};
  return hasWord(identifierOf(record), kHash);
}

bool isMutator(StringRef method) {
  return llvm::StringSwitch<bool>(method)
      .Cases({"push_back", "emplace_back", "push", "emplace", "insert",
              "push_front", "append", "assign", "add", "fill", "store"},
             true)
      .Default(false);
}

class Climb {
public:
  Climb(ASTContext &context, llvm::function_ref<bool(const Expr &)> ends)
      : context_(context), ends_(ends) {}

  Destination from(const Expr &value);

private:
  using Step = std::optional<Destination>;  // nullopt: climb on

  Step throughStatement(const Stmt &parent, const Expr &child);
  Step throughExpression(const Expr &parent, const Expr &child);
  Step throughBinary(const BinaryOperator &parent, const Expr &child);
  Step throughOperator(const CXXOperatorCallExpr &call, const Expr &child);
  Step throughCall(const CallExpr &call, const Expr &child);
  Step throughConstruction(const CXXConstructExpr &parent);
  Destination into(const Expr &place, const Stmt &at);
  Destination into(const ValueDecl &target, const Stmt &at);

  ASTContext &context_;
  llvm::function_ref<bool(const Expr &)> ends_;
};

Destination Climb::into(const ValueDecl &target, const Stmt &at) {
  const auto *variable = dyn_cast<VarDecl>(&target);
  const bool local = variable != nullptr && variable->isLocalVarDeclOrParm() &&
                     !variable->isStaticLocal();
  return {local ? Kind::Variable : Kind::Stored, &at, &target};
}

/// An assignment to \p place, the left-hand side of \p at.
Destination Climb::into(const Expr &place, const Stmt &at) {
  const Expr *plain = place.IgnoreParenImpCasts();
  if (const auto *ref = dyn_cast<DeclRefExpr>(plain)) {
    const auto *variable = dyn_cast<VarDecl>(ref->getDecl());
    return {variable && isLocalValue(*variable) ? Kind::Variable : Kind::Stored,
            &at, ref->getDecl()};
  }
  if (const auto *member = dyn_cast<MemberExpr>(plain)) {
    // A field of a library's record (`ts.tv_sec`) belongs to its variable.
    const auto *base =
        dyn_cast<DeclRefExpr>(member->getBase()->IgnoreParenImpCasts());
    if (base && isInSystemHeader(*member->getMemberDecl()))
      return into(*base, at);
    return {Kind::Stored, &at, member->getMemberDecl()};
  }
  if (plain->getType()->isAnyCharacterType())
    return {Kind::Text, &at, nullptr};
  const Expr *base = plain;
  for (;;) {
    base = base->IgnoreParenImpCasts();
    if (const auto *element = dyn_cast<ArraySubscriptExpr>(base))
      base = element->getBase();
    else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(base))
      base = call->getArg(0);
    else if (const auto *unary = dyn_cast<UnaryOperator>(base))
      base = unary->getSubExpr();
    else
      break;
  }
  const NamedDecl *target = nullptr;
  if (const auto *ref = dyn_cast<DeclRefExpr>(base))
    target = ref->getDecl();
  else if (const auto *member = dyn_cast<MemberExpr>(base))
    target = member->getMemberDecl();
  return {Kind::Stored, &at, target};
}

Climb::Step Climb::throughBinary(const BinaryOperator &parent,
                                 const Expr &child) {
  const bool isRight = parent.getRHS() == &child;
  if (parent.isAssignmentOp())
    return isRight ? into(*parent.getLHS(), parent)
                   : Destination{Kind::Nowhere, &parent};
  if (parent.getOpcode() == BO_Comma && !isRight)
    return Destination{Kind::Nowhere, &parent};
  return std::nullopt;
}

Climb::Step Climb::throughOperator(const CXXOperatorCallExpr &call,
                                   const Expr &child) {
  const bool isFirst = call.getNumArgs() > 0 && call.getArg(0) == &child;
  if (call.isAssignmentOp())
    return isFirst ? Destination{Kind::Nowhere, &call}
                   : into(*call.getArg(0), call);
  if (call.getOperator() == OO_LessLess && !isFirst &&
      !call.getArg(0)->getType()->isArithmeticType()) {
    switch (useOfStream(*call.getArg(0))) {
    case Use::Diagnostic:
      return Destination{Kind::Diagnostic, &call};
    case Use::Printed:
      return Destination{Kind::Printed, &call};
    case Use::Result:
      return Destination{Kind::Written, &call};
    case Use::Unknown:
      return Destination{Kind::Text, &call};
    }
  }
  if (call.getOperator() == OO_Call && !isFirst)
    if (const auto *method =
            dyn_cast_or_null<CXXMethodDecl>(call.getDirectCallee());
        method && isHasher(*method->getParent()))
      return Destination{Kind::Hashed, &call};
  return std::nullopt;
}

Climb::Step Climb::throughCall(const CallExpr &call, const Expr &child) {
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    return throughOperator(*op, child);
  switch (useOfCall(call)) {
  case Use::Diagnostic:
    return Destination{Kind::Diagnostic, &call};
  case Use::Printed:
    return Destination{Kind::Printed, &call};
  case Use::Result:
    return Destination{Kind::Written, &call};
  case Use::Unknown:
    break;
  }
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return Destination{Kind::Argument, &call};
  const auto *member = dyn_cast<CXXMemberCallExpr>(&call);
  const bool isObject = member != nullptr && call.getCallee() == &child;
  if (isObject)
    return callee->getReturnType()->isVoidType()
               ? Step(Destination{Kind::Nowhere, &call})
               : std::nullopt;
  if (member && isMutator(identifierOf(*callee)))
    return into(*member->getImplicitObjectArgument(), call);
  if (member && identifierOf(*callee) == "seed")
    return Destination{Kind::Seeded, &call, callee};
  if (!isInSystemHeader(*callee) && callee->getBuiltinID() == 0)
    return Destination{useByName(*callee), &call, callee};
  if (const std::optional<Kind> kind = useByLibrary(*callee))
    return Destination{*kind, &call, callee};
  return std::nullopt;
}

Climb::Step Climb::throughConstruction(const CXXConstructExpr &parent) {
  const CXXRecordDecl &record = *parent.getConstructor()->getParent();
  if (isEngine(record))
    return Destination{Kind::Seeded, &parent, &record};
  if (isString(record))
    return Destination{Kind::Text, &parent, &record};
  return std::nullopt;
}

Climb::Step Climb::throughExpression(const Expr &parent, const Expr &child) {
  if (const auto *binary = dyn_cast<BinaryOperator>(&parent))
    return throughBinary(*binary, child);
  if (const auto *call = dyn_cast<CallExpr>(&parent))
    return throughCall(*call, child);
  if (const auto *construction = dyn_cast<CXXConstructExpr>(&parent))
    return throughConstruction(*construction);
  if (const auto *cast = dyn_cast<CastExpr>(&parent);
      cast && cast->getCastKind() == CK_ToVoid)
    return Destination{Kind::Nowhere, &parent};
  if (const auto *choice = dyn_cast<AbstractConditionalOperator>(&parent);
      choice && choice->getCond() == &child)
    return Destination{Kind::Decision, &parent};
  if (isa<CXXThrowExpr>(parent))
    return Destination{Kind::Diagnostic, &parent};
  if (isa<LambdaExpr, CXXDeleteExpr, UnaryExprOrTypeTraitExpr>(parent))
    return Destination{Kind::Nowhere, &parent};
  if (isa<CXXNewExpr>(parent))
    return Destination{Kind::Unknown, &parent};
  return std::nullopt;
}

Climb::Step Climb::throughStatement(const Stmt &parent, const Expr &child) {
  if (const auto *expr = dyn_cast<Expr>(&parent))
    return throughExpression(*expr, child);
  if (isa<ReturnStmt>(parent))
    return Destination{Kind::Returned, &parent};
  const auto *loop = dyn_cast<ForStmt>(&parent);
  if ((loop && loop->getCond() == &child) ||
      isa<IfStmt, SwitchStmt, WhileStmt, DoStmt>(parent)) {
    // The statement under an `if` without braces is a child as well.
    if (const auto *branch = dyn_cast<IfStmt>(&parent);
        branch && branch->getCond() != &child)
      return Destination{Kind::Nowhere, &parent};
    return Destination{Kind::Decision, &parent};
  }
  return Destination{Kind::Nowhere, &parent};
}

Destination Climb::from(const Expr &value) {
  const Expr *child = &value;
  for (;;) {
    // The arguments of a dependent `T x(a, b)` are an expression without a
    // type.
    if (child->getType().isNull())
      return {Kind::Unknown, child};
    if (isInDiagnosticMacro(child->getBeginLoc(), context_) &&
        child->getType()->isVoidType())
      return {Kind::Diagnostic, child};
    if (ends_ && ends_(*child))
      return {Kind::Nowhere, child};
    const DynTypedNodeList parents = context_.getParents(*child);
    if (parents.empty())
      return {Kind::Unknown, child};
    const DynTypedNode &parent = parents[0];
    if (const auto *variable = parent.get<VarDecl>())
      return into(*variable, *child);
    if (const auto *initializer = parent.get<CXXCtorInitializer>())
      return {Kind::Stored, child, initializer->getAnyMember()};
    if (const auto *field = parent.get<FieldDecl>())
      return {Kind::Stored, child, field};
    const auto *statement = parent.get<Stmt>();
    if (!statement)
      return {Kind::Unknown, child};
    if (Step arrived = throughStatement(*statement, *child)) {
      if (isInDiagnosticMacro(statement->getBeginLoc(), context_) &&
          arrived->kind != Kind::Returned && arrived->kind != Kind::Stored)
        return {Kind::Diagnostic, statement};
      return *arrived;
    }
    child = cast<Expr>(statement);
  }
}

}  // namespace

Destination destinationOf(const Expr &value, ASTContext &context,
                          llvm::function_ref<bool(const Expr &)> ends) {
  return Climb(context, ends).from(value);
}

}  // namespace reproaudit
