// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Device.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/StmtCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

/// Initialisers, operators and wrappers are followed this far.
constexpr int kDepth = 12;

bool names(const Stmt &root, StringRef wanted) {
  return anyStmt(&root, [&](const Stmt &stmt) {
    const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
    return reference && nameOf(reference->getDecl()) == wanted;
  });
}

Identity identityWithin(const Expr *index, int depth) {
  if (depth == 0)
    return {};
  index = bare(index);
  if (isa<PseudoObjectExpr, MemberExpr>(index))
    return {names(*index, "threadIdx"), names(*index, "blockIdx")};
  if (const VarDecl *variable = namedVariable(index))
    return variable->getInit() && !isa<ParmVarDecl>(variable)
               ? identityWithin(variable->getInit(), depth - 1)
               : Identity{};
  if (const auto *op = dyn_cast<BinaryOperator>(index)) {
    const BinaryOperatorKind kind = op->getOpcode();
    if (kind != BO_Add && kind != BO_Sub && kind != BO_Mul && kind != BO_Shl &&
        kind != BO_Or && kind != BO_Xor)
      return {};
    return identityWithin(op->getLHS(), depth - 1) |
           identityWithin(op->getRHS(), depth - 1);
  }
  if (const auto *call = dyn_cast<CallExpr>(index)) {
    const StringRef name = nameOf(call->getDirectCallee());
    if (name == "thread_rank")
      return {true, false};
    if (name == "block_rank" || name == "group_index")
      return {false, true};
    const FunctionDecl *callee = nullptr;
    if (call->getNumArgs() == 0 && call->getDirectCallee() &&
        call->getDirectCallee()->hasBody(callee))
      return {names(*callee->getBody(), "threadIdx"),
              names(*callee->getBody(), "blockIdx")};
  }
  return {};
}

Identity targetWithin(const Expr *target, int depth) {
  if (depth == 0)
    return {};
  target = bare(target);
  if (const auto *unary = dyn_cast<UnaryOperator>(target))
    return targetWithin(unary->getSubExpr(), depth - 1);
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(target))
    // Not getBase(): in a template that takes either side.
    return targetWithin(subscript->getLHS(), depth - 1) |
           identityWithin(subscript->getRHS(), depth);
  if (const auto *sum = dyn_cast<BinaryOperator>(target);
      sum && sum->isAdditiveOp()) {
    const bool pointerFirst = sum->getLHS()->getType()->isPointerType();
    return targetWithin(pointerFirst ? sum->getLHS() : sum->getRHS(),
                        depth - 1) |
           identityWithin(pointerFirst ? sum->getRHS() : sum->getLHS(), depth);
  }
  if (const auto *member = dyn_cast<MemberExpr>(target))
    return targetWithin(member->getBase(), depth - 1);
  if (const auto *call = dyn_cast<CallExpr>(target)) {
    Identity all;
    for (const Expr *argument : call->arguments())
      all = all | identityWithin(argument, depth) |
            targetWithin(argument, depth - 1);
    return all;
  }
  if (const auto *made = dyn_cast<CXXConstructExpr>(target);
      made && made->getNumArgs() > 0)
    return targetWithin(made->getArg(0), depth - 1);
  const VarDecl *variable = namedVariable(target);
  if (variable != nullptr && variable->getInit() != nullptr &&
      !isa<ParmVarDecl>(variable) &&
      (variable->getType()->isPointerOrReferenceType() ||
       variable->getType()->isRecordType()))
    return targetWithin(variable->getInit(), depth - 1);
  return {};
}

/// Rounded in advance, values add exactly: `(big + x) - big`, `quantize(x)`,
/// a number of elements.
bool isPreRounded(const Expr *value, const ASTContext &context, int depth = 3) {
  if (!value || depth == 0)
    return value == nullptr;
  const auto *cast = dyn_cast<CastExpr>(value->IgnoreParens());
  if (addsExactly(value, context) ||
      (cast && cast->getCastKind() == CK_IntegralToFloating))
    return true;
  value = bare(value);
  if (const auto *difference = dyn_cast<BinaryOperator>(value);
      difference && difference->getOpcode() == BO_Sub) {
    const auto *sum = dyn_cast<BinaryOperator>(bare(difference->getLHS()));
    return sum != nullptr && sum->getOpcode() == BO_Add &&
           (sameObject(*sum->getLHS(), *difference->getRHS(), context) ||
            sameObject(*sum->getRHS(), *difference->getRHS(), context));
  }
  if (const auto *call = dyn_cast<CallExpr>(value)) {
    const StringRef name = nameOf(call->getDirectCallee());
    return name.contains_insensitive("round") ||
           name.contains_insensitive("trunc") ||
           name.contains_insensitive("quanti") ||
           name.starts_with("__float2int");
  }
  const VarDecl *variable = namedVariable(value);
  return variable != nullptr && !isa<ParmVarDecl>(variable) &&
         variable->getInit() != nullptr &&
         isPreRounded(variable->getInit(), context, depth - 1);
}

const ParmVarDecl *parameterBehind(const Expr *target) {
  for (int depth = kDepth; target && depth > 0; --depth) {
    const VarDecl *variable = rootVariable(target);
    if (!variable)
      return nullptr;
    if (const auto *parameter = dyn_cast<ParmVarDecl>(variable))
      return parameter->getType()->isPointerOrReferenceType() ||
                     parameter->getType()->isRecordType()
                 ? parameter
                 : nullptr;
    target = variable->getInit();
  }
  return nullptr;
}

/// Finds the sums of one function.
class SumFinder {
public:
  SumFinder(const FunctionDecl &function, int depth)
      : function_(function), context_(function.getASTContext()), depth_(depth) {
  }

  std::vector<DeviceSum> find() {
    walk(function_.getBody());
    return std::move(sums_);
  }

private:
  void walk(const Stmt *stmt);
  void walkChildren(const Stmt &stmt) {
    for (const Stmt *child : stmt.children())
      walk(child);
  }
  void walkBranch(const IfStmt &branch);
  void walkBlock(const CompoundStmt &block);
  void checkAccess(const AtomicAccess &access);
  void checkCall(const CallExpr &call);
  void add(const Expr &place, const Expr &target, QualType element,
           const FunctionDecl *wrapper);

  const FunctionDecl &function_;
  const ASTContext &context_;
  const int depth_;
  std::vector<DeviceSum> sums_;
  Identity single_;  ///< How far a test singles the thread out.
  const Stmt *loop_ = nullptr;
};

/// A function that does no more than add where it is told to: it has no thread
/// and no data of its own, so its callers are to blame.
bool isWrapper(const FunctionDecl &function) {
  if (isKernel(function) || !isa<CompoundStmt>(function.getBody()))
    return false;
  constexpr unsigned kFewStatements = 3;
  return nameOf(&function).contains_insensitive("atomic") ||
         (cast<CompoundStmt>(function.getBody())->size() <= kFewStatements &&
          !names(*function.getBody(), "threadIdx") &&
          !names(*function.getBody(), "blockIdx"));
}

/// True if the unit calls \p function or instantiates it.
bool isCalled(const FunctionDecl &function) {
  const FunctionTemplateDecl *pattern = function.getDescribedFunctionTemplate();
  return function.isReferenced() ||
         (pattern != nullptr && !pattern->specializations().empty());
}

/// The parameter of \p callee at whose address it adds, if it is a wrapper.
std::optional<std::pair<const ParmVarDecl *, QualType>>
wrappedSum(const FunctionDecl &callee, int depth) {
  if (depth == 0 || !isWrapper(callee))
    return std::nullopt;
  for (const DeviceSum &sum : SumFinder(callee, depth - 1).find())
    if (const ParmVarDecl *parameter =
            sum.target ? parameterBehind(sum.target) : nullptr)
      return std::pair{parameter, sum.element};
  return std::nullopt;
}

void SumFinder::walk(const Stmt *stmt) {
  if (!stmt)
    return;
  if (const auto *block = dyn_cast<CompoundStmt>(stmt))
    return walkBlock(*block);
  if (const auto *branch = dyn_cast<IfStmt>(stmt))
    return walkBranch(*branch);
  if (const auto *lambda = dyn_cast<LambdaExpr>(stmt))
    return walk(callOperator(*lambda)->getBody());
  const bool loops = isa<ForStmt, WhileStmt, DoStmt>(stmt);
  const llvm::SaveAndRestore<const Stmt *> loop(loop_, loops ? stmt : loop_);
  if (const auto *expression = dyn_cast<Expr>(stmt)) {
    if (const auto access = atomicAccess(*expression))
      checkAccess(*access);
    else if (const auto *call = dyn_cast<CallExpr>(stmt))
      checkCall(*call);
  } else if (const auto *assembly = dyn_cast<GCCAsmStmt>(stmt)) {
    if (!floatingReduction(assembly->getAsmString()).empty() &&
        assembly->getNumInputs() > 0)
      add(*assembly->getInputExpr(0), *assembly->getInputExpr(0),
          context_.FloatTy, nullptr);
  }
  walkChildren(*stmt);
}

void SumFinder::walkBranch(const IfStmt &branch) {
  walk(branch.getInit());
  walk(branch.getCond());
  {
    const llvm::SaveAndRestore<Identity> single(
        single_, single_ | singledOutBy(*branch.getCond()));
    walk(branch.getThen());
  }
  walk(branch.getElse());
}

/// `if (threadIdx.x != 0) return;` singles out for the rest of the block.
void SumFinder::walkBlock(const CompoundStmt &block) {
  const llvm::SaveAndRestore<Identity> single(single_);
  for (const Stmt *stmt : block.body()) {
    walk(stmt);
    const auto *branch = dyn_cast<IfStmt>(stmt);
    if (!branch || branch->getElse())
      continue;
    const Stmt *then = branch->getThen();
    if (const auto *inner = dyn_cast<CompoundStmt>(then);
        inner && inner->size() == 1)
      then = inner->body_front();
    const auto *condition = dyn_cast<BinaryOperator>(bare(branch->getCond()));
    if (isa<ReturnStmt>(then) && condition &&
        (condition->getOpcode() == BO_NE || condition->getOpcode() == BO_GT))
      single_ = single_ | identityOf(*condition->getLHS());
  }
}

void SumFinder::checkAccess(const AtomicAccess &access) {
  if (access.op == AtomicAccess::Op::Add) {
    const bool mayRound = access.element->isDependentType() ||
                          !roundingType(access.element).isNull();
    if (mayRound && !isPreRounded(access.value, context_))
      add(*access.access, *access.target, access.element, nullptr);
  } else if (access.op == AtomicAccess::Op::CompareExchange && loop_) {
    if (const auto sum = floatingSwap(access, *loop_))
      add(*access.access, *access.target, sum->rounds, nullptr);
  }
}

void SumFinder::checkCall(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(callee);
  if (method && method->getParent()->isLambda())
    return;  // Its body is walked where it is written.
  if (!callee || !callee->hasBody(definition) || definition == &function_ ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return;
  const auto sum = wrappedSum(*definition, depth_);
  if (!sum)
    return;
  const unsigned index = sum->first->getFunctionScopeIndex();
  for (unsigned i = 0; i < call.getNumArgs(); ++i)
    if (i != index && isPreRounded(call.getArg(i), context_) &&
        !roundingType(call.getArg(i)->getType()).isNull())
      return;
  if (index < call.getNumArgs())
    add(call, *call.getArg(index), sum->second, definition);
}

void SumFinder::add(const Expr &place, const Expr &target, QualType element,
                    const FunctionDecl *wrapper) {
  const VarDecl *variable = rootVariable(&target);
  const bool shared = variable != nullptr && isBlockShared(*variable);
  const Identity own = identityOfTarget(target) | single_;
  if (own.thread && (own.block || shared))
    return;  // One writer.
  sums_.push_back({&place, &target, element, wrapper});
}

}  // namespace

bool isKernel(const FunctionDecl &function) {
  return function.hasAttr<CUDAGlobalAttr>();
}

bool isDeviceCode(const FunctionDecl &function) {
  return isKernel(function) || function.hasAttr<CUDADeviceAttr>();
}

bool isBlockShared(const VarDecl &variable) {
  return variable.hasAttr<CUDASharedAttr>();
}

Identity identityOf(const Expr &index) {
  return identityWithin(&index, kDepth);
}

Identity identityOfTarget(const Expr &target) {
  return targetWithin(&target, kDepth);
}

Identity singledOutBy(const Expr &condition) {
  const Expr *test = bare(&condition);
  if (const auto *inverted = dyn_cast<UnaryOperator>(test);
      inverted && inverted->getOpcode() == UO_LNot)
    return identityOf(*inverted->getSubExpr());
  const auto *op = dyn_cast<BinaryOperator>(test);
  if (!op)
    return {};
  if (op->getOpcode() == BO_LAnd)
    return singledOutBy(*op->getLHS()) | singledOutBy(*op->getRHS());
  const auto *bound = dyn_cast<IntegerLiteral>(bare(op->getRHS()));
  const bool first = (bound != nullptr) &&
                     ((op->getOpcode() == BO_LT && bound->getValue() == 1) ||
                      (op->getOpcode() == BO_LE && bound->getValue() == 0));
  if (op->getOpcode() != BO_EQ && !first)
    return {};
  return identityOf(*op->getLHS()) | identityOf(*op->getRHS());
}

std::vector<DeviceSum> deviceSums(const FunctionDecl &function) {
  constexpr int kWrappers = 4;
  std::vector<DeviceSum> sums = SumFinder(function, kWrappers).find();
  if (!isWrapper(function))
    return sums;
  // The callers of a wrapper are to blame; of a template that only other
  // templates call, as `OP::Map(i, ...)`, none is known.
  const bool mayHaveHiddenCallers =
      function.isTemplated() && !isCalled(function) &&
      !nameOf(&function).contains_insensitive("atomic");
  std::erase_if(sums, [&](const DeviceSum &sum) {
    return sum.target && parameterBehind(sum.target) &&
           !(mayHaveHiddenCallers && sum.element->isDependentType());
  });
  return sums;
}

void DeviceCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(
      functionDecl(isDefinition(), unless(isImplicit()),
                   unless(isExpansionInSystemHeader()),
                   anyOf(hasAttr(attr::CUDAGlobal), hasAttr(attr::CUDADevice)))
          .bind("function"),
      this);
}

void DeviceCheck::check(const MatchFinder::MatchResult &result) {
  const auto *function = result.Nodes.getNodeAs<FunctionDecl>("function");
  if (function->hasBody())
    judge(*function);
}

}  // namespace reproaudit
