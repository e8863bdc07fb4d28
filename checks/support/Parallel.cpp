// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Parallel.h"

#include "Launches.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/OpenMP.h"
#include "reproaudit/analysis/PerUnit.h"
#include "reproaudit/analysis/Types.h"
#include "reproaudit/analysis/UnitIndex.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace reproaudit {
namespace {

/// The function that \p call means or, in a template that is not instantiated,
/// those that it may mean.
SmallVector<const FunctionDecl *, 2> candidates(const CallExpr &call) {
  if (const FunctionDecl *callee = call.getDirectCallee())
    return {callee};
  SmallVector<const FunctionDecl *, 2> found;
  const auto *name = dyn_cast<UnresolvedLookupExpr>(call.getCallee());
  if (!name)
    return found;
  for (const NamedDecl *decl : name->decls()) {
    decl = decl->getUnderlyingDecl();
    if (const auto *pattern = dyn_cast<FunctionTemplateDecl>(decl))
      decl = pattern->getTemplatedDecl();
    const auto *function = dyn_cast<FunctionDecl>(decl);
    if (function && function->getMinRequiredArguments() <= call.getNumArgs() &&
        call.getNumArgs() <= function->getNumParams())
      found.push_back(function);
  }
  return found;
}

/// Finds the regions of one function.
class RegionFinder {
public:
  RegionFinder(const FunctionDecl &function, int depth)
      : context_(function.getASTContext()), depth_(depth) {
    enclosing_.push_back(&function);
  }

  std::vector<ParallelRegion> find() {
    walk(enclosing_.front()->getBody());
    markRepeated();
    return std::move(regions_);
  }

private:
  void walk(const Stmt *stmt);
  void walkChildren(const Stmt &stmt) {
    for (const Stmt *child : stmt.children())
      walk(child);
  }
  void walkDirective(const OMPExecutableDirective &directive);
  void walkLambda(const LambdaExpr &lambda);
  void openRegion(const OMPExecutableDirective &directive);
  void checkStart(const Expr &start);
  void start(const Expr &start, const Launch &launch);
  void bindParameters(const Callable &callable,
                      ArrayRef<const Expr *> arguments, ParallelRegion &region);
  bool runsInParallel(const CallExpr &call, unsigned index) const;
  bool runsInParallel(const FunctionDecl &callee, unsigned parameter) const;
  void markRepeated();

  const ASTContext &context_;
  const int depth_;
  std::vector<ParallelRegion> regions_;
  std::vector<const FunctionDecl *> enclosing_;
  /// The region that an OpenMP directive met now belongs to.
  std::optional<size_t> openMP_;
  /// What the innermost loop declares, and whether there is one.
  SmallVector<const VarDecl *, 8> ofLoop_;
  bool inLoop_ = false;
  /// The variable whose initialiser is being walked.
  const VarDecl *initialised_ = nullptr;
};

void RegionFinder::walk(const Stmt *stmt) {
  if (!stmt)
    return;
  if (const auto *directive = dyn_cast<OMPExecutableDirective>(stmt))
    return walkDirective(*directive);
  if (const auto *captured = dyn_cast<CapturedStmt>(stmt))
    return walk(captured->getCapturedStmt());
  if (const auto *lambda = dyn_cast<LambdaExpr>(stmt))
    return walkLambda(*lambda);
  if (isa<ForStmt, CXXForRangeStmt, WhileStmt, DoStmt>(stmt)) {
    const llvm::SaveAndRestore<SmallVector<const VarDecl *, 8>> outer(ofLoop_,
                                                                      {});
    const llvm::SaveAndRestore<bool> inside(inLoop_, true);
    return walkChildren(*stmt);
  }
  if (const auto *declarations = dyn_cast<DeclStmt>(stmt)) {
    for (const Decl *declaration : declarations->decls())
      if (const auto *variable = dyn_cast<VarDecl>(declaration)) {
        if (inLoop_)
          ofLoop_.push_back(variable);
        if (openMP_)
          regions_[*openMP_].privates.insert(variable);
        const llvm::SaveAndRestore<const VarDecl *> here(initialised_,
                                                         variable);
        walk(variable->getInit());
      }
    return;
  }
  if (isa<CallExpr, CXXConstructExpr>(stmt))
    checkStart(*cast<Expr>(stmt));
  walkChildren(*stmt);
}

void RegionFinder::walkLambda(const LambdaExpr &lambda) {
  for (const Expr *init : lambda.capture_inits())
    walk(init);
  const FunctionDecl *function = callOperator(lambda);
  enclosing_.push_back(function);
  const llvm::SaveAndRestore<SmallVector<const VarDecl *, 8>> loop(ofLoop_, {});
  const llvm::SaveAndRestore<bool> notInLoop(inLoop_, false);
  walk(function->getBody());
  enclosing_.pop_back();
}

void RegionFinder::walkDirective(const OMPExecutableDirective &directive) {
  const OpenMPDirectiveKind kind = directive.getDirectiveKind();
  const bool starts =
      isOpenMPParallelDirective(kind) || isOpenMPTeamsDirective(kind) ||
      (!openMP_ &&
       (isOpenMPWorksharingDirective(kind) || isOpenMPTaskingDirective(kind)));
  const llvm::SaveAndRestore<std::optional<size_t>> outer(openMP_);
  if (starts && !isSerial(directive, context_))
    openRegion(directive);
  if (openMP_) {
    ParallelRegion &region = regions_[*openMP_];
    region.directives.push_back(&directive);
    for (const PrivateVariable &own : privateVariables(directive)) {
      region.privates.insert(own.variable);
      if (own.reduced)
        region.reduced.insert(own.variable);
    }
    for (const VarDecl *variable : distributedVariables(directive)) {
      region.indices.insert(variable);
      region.privates.insert(variable);
    }
    if (isOpenMPTaskingDirective(kind))
      region.indices.insert(ofLoop_.begin(), ofLoop_.end());
  }
  if (directive.hasAssociatedStmt())
    walk(directive.getAssociatedStmt());
}

/// What is private around a nested region is not so inside it, unless it is
/// declared there or named again.
void RegionFinder::openRegion(const OMPExecutableDirective &directive) {
  ParallelRegion region;
  region.start = region.body = region.directive = &directive;
  region.enclosing = enclosing_;
  // An orphaned task runs once for each time that it is met.
  const OpenMPDirectiveKind kind = directive.getDirectiveKind();
  if (isOpenMPTaskingDirective(kind) && !isOpenMPTaskLoopDirective(kind))
    region.repeated = inLoop_;
  openMP_ = regions_.size();
  regions_.push_back(std::move(region));
}

void RegionFinder::checkStart(const Expr &expression) {
  const auto launches = launchesOf(expression);
  for (const Launch &launch : launches)
    start(expression, launch);
  const auto *call = dyn_cast<CallExpr>(&expression);
  if (!launches.empty() || !call)
    return;
  for (unsigned i = 0; i < call->getNumArgs(); ++i)
    if (callableOf(call->getArg(i)) && runsInParallel(*call, i))
      start(*call, {ParallelRegion::Kind::Algorithm, call->getArg(i), {}});
}

void RegionFinder::start(const Expr &expression, const Launch &launch) {
  const Callable callable = callableOf(launch.callable);
  if (!callable)
    return;
  ParallelRegion region;
  region.kind = launch.kind;
  region.start = &expression;
  region.lambda = callable.lambda;
  region.callable = callable.function;
  region.body = callable.function->getBody();
  region.enclosing = enclosing_;
  if (launch.kind != ParallelRegion::Kind::Algorithm) {
    const bool joinedAtOnce =
        initialised_ != nullptr && llvm::is_contained(ofLoop_, initialised_);
    region.repeated = inLoop_ && !joinedAtOnce;
    region.indices.insert(ofLoop_.begin(), ofLoop_.end());
    region.privates.insert(ofLoop_.begin(), ofLoop_.end());
  }
  bindParameters(callable, launch.arguments, region);
  regions_.push_back(std::move(region));
}

void RegionFinder::bindParameters(const Callable &callable,
                                  ArrayRef<const Expr *> arguments,
                                  ParallelRegion &region) {
  // A method comes with its object first.
  const auto *method = dyn_cast<CXXMethodDecl>(callable.function);
  const bool withObject = method != nullptr && callable.lambda == nullptr &&
                          method->isInstance() &&
                          method->getOverloadedOperator() != OO_Call;
  if (withObject && !arguments.empty()) {
    region.object = arguments.front();
    arguments = arguments.drop_front();
  }
  for (unsigned i = 0; i < callable.function->getNumParams(); ++i) {
    const ParmVarDecl *parameter = callable.function->getParamDecl(i);
    region.privates.insert(parameter);
    if (i < arguments.size())
      region.arguments[parameter] = arguments[i];
    else
      region.indices.insert(parameter);
  }
}

/// True if a function that \p call may mean runs argument \p index in parallel.
bool RegionFinder::runsInParallel(const CallExpr &call, unsigned index) const {
  if (isParallelLoop(calledName(call)))
    return true;  // It may have no body to show.
  return llvm::any_of(candidates(call), [&](const FunctionDecl *callee) {
    return runsInParallel(*callee, index);
  });
}

/// True if \p callee calls its \p parameter in a region of its own, or hands it
/// to something that does.
bool RegionFinder::runsInParallel(const FunctionDecl &callee,
                                  unsigned parameter) const {
  const FunctionDecl *definition = nullptr;
  if (depth_ == 0 || !callee.hasBody(definition) ||
      parameter >= definition->getNumParams() ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return false;
  const ParmVarDecl *wanted = definition->getParamDecl(parameter);
  const auto isWanted = [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<DeclRefExpr>(&stmt);
    return expr && expr->getDecl() == wanted;
  };
  RegionFinder inner(*definition, depth_ - 1);
  for (const ParallelRegion &region : inner.find())
    if (anyStmt(region.body, isWanted) || anyStmt(region.start, isWanted))
      return true;
  return anyStmt(definition->getBody(), [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    for (unsigned i = 0; call && i < call->getNumArgs(); ++i)
      if (isWanted(*bare(call->getArg(i))) && inner.runsInParallel(*call, i))
        return true;
    return false;
  });
}

/// The same body started twice is repeated, loop or not.
void RegionFinder::markRepeated() {
  for (ParallelRegion &one : regions_)
    for (const ParallelRegion &other : regions_)
      if (&one != &other && one.body == other.body)
        one.repeated = true;
}

const FunctionDecl *functionOf(const VarDecl &variable) {
  const DeclContext *context = variable.getDeclContext();
  while (context && !isa<FunctionDecl>(context))
    context = context->getParent();
  return dyn_cast_or_null<FunctionDecl>(context);
}

/// True if \p call waits for threads or tasks.
bool waits(const CallExpr &call) {
  const StringRef name = calledName(call);
  return name.ends_with("join") || name.starts_with("wait") || name == "get";
}

/// True if what \p function starts goes on when it returns. Methods start
/// threads for another object each time.
bool isLeftRunning(const FunctionDecl &function) {
  const auto *method = dyn_cast<CXXMethodDecl>(&function);
  return (method == nullptr || !method->isInstance()) &&
         !anyStmt(function.getBody(), [](const Stmt &stmt) {
           const auto *call = dyn_cast<CallExpr>(&stmt);
           return call && waits(*call);
         });
}

/// True if the unit calls \p function in a loop or at several places.
bool isCalledAgain(const FunctionDecl &function) {
  const auto &index = perUnit<UnitIndex>(function.getASTContext());
  unsigned calls = 0;
  for (const Call &call : index.calls()) {
    if (call.callee->getCanonicalDecl() != function.getCanonicalDecl())
      continue;
    ++calls;
    for (unsigned block = call.place.block; block != 0;
         block = index.block(block).parent)
      if (isa_and_nonnull<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(
              index.block(block).owner))
        return true;
  }
  return calls > 1;
}

}  // namespace

bool ParallelRegion::surrounds(const VarDecl &variable) const {
  return !privates.contains(&variable) &&
         llvm::is_contained(enclosing, functionOf(variable));
}

bool ParallelRegion::isShared(const VarDecl &variable) const {
  if (variable.getTLSKind() != VarDecl::TLS_None ||
      variable.hasAttr<OMPThreadPrivateDeclAttr>() ||
      privates.contains(&variable))
    return false;
  if (variable.hasGlobalStorage())
    return true;
  if (!surrounds(variable))
    return false;
  if (!lambda)
    return true;
  for (const LambdaCapture &capture : lambda->captures())
    if (capture.capturesVariable() &&
        capture.getCapturedVar()->getCanonicalDecl() ==
            variable.getCanonicalDecl())
      return capture.getCaptureKind() == LCK_ByRef;
  return true;
}

bool isJoinedBefore(const ParallelRegion &earlier,
                    const ParallelRegion &later) {
  const FunctionDecl &function = *earlier.enclosing.front();
  const SourceManager &sources = function.getASTContext().getSourceManager();
  const auto isBetween = [&](SourceLocation place) {
    return sources.isBeforeInTranslationUnit(earlier.start->getEndLoc(),
                                             place) &&
           sources.isBeforeInTranslationUnit(place, later.start->getBeginLoc());
  };
  return anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    return call && waits(*call) && isBetween(call->getExprLoc());
  });
}

std::vector<ParallelRegion> parallelRegions(const FunctionDecl &function) {
  if (!function.doesThisDeclarationHaveABody())
    return {};
  constexpr int kHelpers = 4;
  std::vector<ParallelRegion> regions = RegionFinder(function, kHelpers).find();
  for (ParallelRegion &region : regions)
    if (!region.repeated && !region.directive && isLeftRunning(function) &&
        isCalledAgain(function))
      region.repeated = true;
  return regions;
}

}  // namespace reproaudit
