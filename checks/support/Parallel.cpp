// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Parallel.h"

#include "reproaudit/analysis/Accumulation.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Initialisers, and functions that pass a callable on, are followed this far.
constexpr int kDepth = 6;

StringRef nameOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

StringRef recordName(QualType type) {
  if (type.isNull())
    return {};
  type = type.getNonReferenceType();
  if (type->isPointerType())
    type = type->getPointeeType();
  return nameOf(type->getAsCXXRecordDecl());
}

bool isThread(QualType type) {
  const StringRef name = recordName(type);
  return name == "thread" || name == "jthread";
}

bool isParallelPolicy(QualType type) {
  const StringRef name = recordName(type);
  return name == "parallel_policy" || name == "parallel_unsequenced_policy";
}

/// `parallel_for`, `parallelFor`, `ParallelFor`, `parallel_for_each`, ...
bool isParallelLoop(StringRef name) {
  const std::string lower = name.lower();
  const StringRef word(lower);
  return (word.contains("parallel") &&
          (word.contains("for") || word.contains("each") ||
           word.contains("invoke") || word.contains("do") ||
           word.contains("reduce") || word.contains("scan") ||
           word.contains("transform") || word.contains("map"))) ||
         (word.contains("blockingmap") || word == "mapped_reduced");
}

/// Methods of a pool, executor or task group that run their argument.
bool isSubmission(StringRef method, StringRef owner) {
  static constexpr StringRef kOwners[] = {
      "pool",       "executor",   "scheduler",  "task_group",
      "taskgroup",  "taskqueue",  "task_queue", "workqueue",
      "work_queue", "dispatcher", "threads",    "flow",
  };
  static constexpr StringRef kVerbs[] = {
      "submit", "enqueue", "post",    "schedule", "push",    "detach",
      "run",    "async",   "spawn",   "dispatch", "execute", "add",
      "launch", "start",   "emplace", "apply",
  };
  const std::string lower = owner.lower();
  const std::string verb = method.lower();
  return llvm::any_of(
             kOwners,
             [&](StringRef word) { return StringRef(lower).contains(word); }) &&
         llvm::any_of(kVerbs, [&](StringRef word) {
           return StringRef(verb).starts_with(word);
         });
}

/// What is called when \p callable is: a lambda or a function with a body.
struct Callable {
  const LambdaExpr *lambda = nullptr;
  const FunctionDecl *function = nullptr;

  explicit operator bool() const { return function != nullptr; }
};

Callable callableOf(const Expr *expression, int depth = kDepth) {
  // A default argument that no call needed has no expression yet.
  if (depth == 0 || !expression)
    return {};
  expression = bare(expression);
  if (const auto *lambda = dyn_cast<LambdaExpr>(expression))
    return {lambda, callOperator(*lambda)};
  if (const auto *address = dyn_cast<UnaryOperator>(expression);
      address && address->getOpcode() == UO_AddrOf)
    return callableOf(address->getSubExpr(), depth - 1);
  if (const auto *made = dyn_cast<CXXConstructExpr>(expression);
      made && made->getNumArgs() > 0 &&
      recordName(made->getType()).contains("function"))
    return callableOf(made->getArg(0), depth - 1);
  if (const auto *call = dyn_cast<CallExpr>(expression)) {
    const StringRef name = nameOf(call->getDirectCallee());
    if (call->getNumArgs() > 0 &&
        (name == "ref" || name == "cref" || name == "move" ||
         name == "forward" || name == "bind"))
      return callableOf(call->getArg(0), depth - 1);
  }
  if (const auto *reference = dyn_cast<DeclRefExpr>(expression)) {
    const FunctionDecl *definition = nullptr;
    if (const auto *function = dyn_cast<FunctionDecl>(reference->getDecl()))
      return function->hasBody(definition) ? Callable{nullptr, definition}
                                           : Callable{};
    const auto *variable = dyn_cast<VarDecl>(reference->getDecl());
    if (variable && variable->hasInit())
      if (Callable callable = callableOf(variable->getInit(), depth - 1))
        return callable;
  }
  // Initialisers in templates may have no type yet.
  if (expression->getType().isNull())
    return {};
  // An object of a class with a call operator.
  const CXXRecordDecl *record = expression->getType()->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition() || record->isLambda() ||
      record->getASTContext().getSourceManager().isInSystemHeader(
          record->getLocation()))
    return {};
  for (const CXXMethodDecl *method : record->methods())
    if (method->getOverloadedOperator() == OO_Call && method->hasBody())
      return {nullptr, method};
  return {};
}

bool isConstant(const Expr *expression, uint64_t wanted,
                const ASTContext &context) {
  Expr::EvalResult value;
  return expression && !expression->isValueDependent() &&
         expression->EvaluateAsInt(value, context) && value.Val.isInt() &&
         value.Val.getInt() == wanted;
}

/// True if \p directive is told to use one thread.
bool isSerial(const OMPExecutableDirective &directive,
              const ASTContext &context) {
  for (const OMPClause *clause : directive.clauses()) {
    if (const auto *threads = dyn_cast<OMPNumThreadsClause>(clause);
        threads && isConstant(threads->getNumThreads(), 1, context))
      return true;
    if (const auto *condition = dyn_cast<OMPIfClause>(clause);
        condition && isConstant(condition->getCondition(), 0, context))
      return true;
  }
  return false;
}

/// The variable in the list of a clause; `sum[0:n]` names sum.
const VarDecl *listedVariable(const Stmt *named) {
  const auto *expr = dyn_cast_or_null<Expr>(named);
  while (expr) {
    expr = bare(expr);
    if (const auto *section = dyn_cast<ArraySectionExpr>(expr))
      expr = section->getBase();
    else if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
      expr = element->getBase();
    else
      return namedVariable(expr);
  }
  return nullptr;
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
  void readClauses(const OMPExecutableDirective &directive,
                   ParallelRegion &region);
  void readLoops(const OMPExecutableDirective &directive,
                 ParallelRegion &region);
  void checkConstruction(const CXXConstructExpr &made);
  void checkCall(const CallExpr &call);
  void checkStdAlgorithm(const CallExpr &call);
  void launch(ParallelRegion::Kind kind, const Expr &start,
              ArrayRef<const Expr *> callableAndArguments);
  void launchAll(const CallExpr &call);
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
    llvm::SaveAndRestore<SmallVector<const VarDecl *, 8>> outer(ofLoop_, {});
    llvm::SaveAndRestore<bool> inside(inLoop_, true);
    return walkChildren(*stmt);
  }
  if (const auto *declarations = dyn_cast<DeclStmt>(stmt)) {
    for (const Decl *declaration : declarations->decls())
      if (const auto *variable = dyn_cast<VarDecl>(declaration)) {
        if (inLoop_)
          ofLoop_.push_back(variable);
        if (openMP_)
          regions_[*openMP_].privates.insert(variable);
        llvm::SaveAndRestore<const VarDecl *> here(initialised_, variable);
        walk(variable->getInit());
      }
    return;
  }
  if (const auto *made = dyn_cast<CXXConstructExpr>(stmt))
    checkConstruction(*made);
  else if (const auto *call = dyn_cast<CallExpr>(stmt))
    checkCall(*call);
  walkChildren(*stmt);
}

void RegionFinder::walkLambda(const LambdaExpr &lambda) {
  for (const Expr *init : lambda.capture_inits())
    walk(init);
  const FunctionDecl *function = callOperator(lambda);
  enclosing_.push_back(function);
  llvm::SaveAndRestore<SmallVector<const VarDecl *, 8>> loop(ofLoop_, {});
  llvm::SaveAndRestore<bool> notInLoop(inLoop_, false);
  walk(function->getBody());
  enclosing_.pop_back();
}

void RegionFinder::walkDirective(const OMPExecutableDirective &directive) {
  const OpenMPDirectiveKind kind = directive.getDirectiveKind();
  const bool starts =
      isOpenMPParallelDirective(kind) || isOpenMPTeamsDirective(kind) ||
      (!openMP_ &&
       (isOpenMPWorksharingDirective(kind) || isOpenMPTaskingDirective(kind)));
  llvm::SaveAndRestore<std::optional<size_t>> outer(openMP_);
  if (starts && !isSerial(directive, context_)) {
    ParallelRegion region;
    region.start = region.body = region.directive = &directive;
    region.enclosing = enclosing_;
    if (isOpenMPTaskingDirective(kind) && !openMP_)
      region.indices.insert(ofLoop_.begin(), ofLoop_.end());
    // What is private around a nested region is not so inside it, unless it is
    // declared there or named again.
    openMP_ = regions_.size();
    regions_.push_back(std::move(region));
  }
  if (openMP_) {
    regions_[*openMP_].directives.push_back(&directive);
    readClauses(directive, regions_[*openMP_]);
    readLoops(directive, regions_[*openMP_]);
    if (isOpenMPTaskingDirective(kind))
      regions_[*openMP_].indices.insert(ofLoop_.begin(), ofLoop_.end());
  }
  if (directive.hasAssociatedStmt())
    walk(directive.getAssociatedStmt());
}

void RegionFinder::readClauses(const OMPExecutableDirective &directive,
                               ParallelRegion &region) {
  for (const OMPClause *clause : directive.clauses())
    if (isa<OMPPrivateClause, OMPFirstprivateClause, OMPLastprivateClause,
            OMPReductionClause, OMPTaskReductionClause, OMPInReductionClause,
            OMPLinearClause>(clause))
      for (const Stmt *named : clause->children())
        if (const VarDecl *variable = listedVariable(named)) {
          region.privates.insert(variable);
          if (isa<OMPReductionClause, OMPTaskReductionClause,
                  OMPInReductionClause>(clause))
            region.reduced.insert(variable);
        }
}

void RegionFinder::readLoops(const OMPExecutableDirective &directive,
                             ParallelRegion &region) {
  const auto *loops = dyn_cast<OMPLoopBasedDirective>(&directive);
  if (!loops || directive.getDirectiveKind() == llvm::omp::OMPD_simd)
    return;  // Lanes of one thread.
  const Stmt *stmt = directive.getAssociatedStmt()->IgnoreContainers(true);
  for (unsigned level = 0; stmt && level < loops->getLoopsNumber(); ++level) {
    const VarDecl *variable = nullptr;
    if (const auto *loop = dyn_cast<ForStmt>(stmt)) {
      if (const auto *init = dyn_cast_or_null<DeclStmt>(loop->getInit()))
        variable = dyn_cast<VarDecl>(*init->decl_begin());
      else if (const auto *assign =
                   dyn_cast_or_null<BinaryOperator>(loop->getInit()))
        variable = namedVariable(assign->getLHS());
      stmt = loop->getBody();
    } else if (const auto *range = dyn_cast<CXXForRangeStmt>(stmt)) {
      variable = range->getLoopVariable();
      stmt = range->getBody();
    }
    if (variable) {
      region.indices.insert(variable);
      region.privates.insert(variable);
    }
    if (const auto *block = dyn_cast_or_null<CompoundStmt>(stmt);
        block && block->size() == 1)
      stmt = block->body_front();
  }
}

void RegionFinder::checkConstruction(const CXXConstructExpr &made) {
  if (!isThread(made.getType()) || made.getNumArgs() == 0)
    return;
  SmallVector<const Expr *, 4> parts(made.arg_begin(), made.arg_end());
  launch(ParallelRegion::Kind::Thread, made, parts);
}

void RegionFinder::checkCall(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee || call.getNumArgs() == 0)
    return;
  const StringRef name = nameOf(callee);
  SmallVector<const Expr *, 4> parts(call.arg_begin(), call.arg_end());
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const QualType object =
        method->getImplicitObjectArgument()->IgnoreParenImpCasts()->getType();
    const auto *container = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
        object.getNonReferenceType()->getAsCXXRecordDecl());
    const bool ofThreads =
        container && container->getTemplateArgs().size() > 0 &&
        container->getTemplateArgs()[0].getKind() == TemplateArgument::Type &&
        isThread(container->getTemplateArgs()[0].getAsType());
    if (ofThreads && name.starts_with("emplace"))
      return launch(ParallelRegion::Kind::Thread, call, parts);
    if (isSubmission(name, recordName(object)))
      return launch(ParallelRegion::Kind::Task, call, parts);
  }
  if (name == "async" && callee->isInStdNamespace()) {
    ArrayRef<const Expr *> arguments = parts;
    if (recordName(parts[0]->getType()).empty() &&
        parts[0]->getType()->isEnumeralType()) {
      constexpr uint64_t kDeferred = 2;
      if (isConstant(parts[0], kDeferred, context_))
        return;
      arguments = arguments.drop_front();
    }
    return launch(ParallelRegion::Kind::Task, call, arguments);
  }
  if (name == "pthread_create" && parts.size() == 4)
    return launch(ParallelRegion::Kind::Thread, call, {parts[2], parts[3]});
  if (isParallelPolicy(parts[0]->getType()) || isParallelLoop(name))
    return launchAll(call);
  for (unsigned i = 0; i < parts.size() && i < callee->getNumParams(); ++i)
    if (callableOf(parts[i]) && runsInParallel(*callee, i))
      launch(ParallelRegion::Kind::Algorithm, call, {parts[i]});
}

/// Every callable argument of \p call runs in parallel.
void RegionFinder::launchAll(const CallExpr &call) {
  for (const Expr *argument : call.arguments())
    launch(ParallelRegion::Kind::Algorithm, call, {argument});
}

void RegionFinder::launch(ParallelRegion::Kind kind, const Expr &start,
                          ArrayRef<const Expr *> parts) {
  const Callable callable =
      parts.empty() ? Callable{} : callableOf(parts.front());
  if (!callable)
    return;
  ParallelRegion region;
  region.kind = kind;
  region.start = &start;
  region.lambda = callable.lambda;
  region.callable = callable.function;
  region.body = callable.function->getBody();
  region.enclosing = enclosing_;
  if (kind != ParallelRegion::Kind::Algorithm) {
    const bool joinedAtOnce =
        initialised_ && llvm::is_contained(ofLoop_, initialised_);
    region.repeated = inLoop_ && !joinedAtOnce;
    region.indices.insert(ofLoop_.begin(), ofLoop_.end());
    region.privates.insert(ofLoop_.begin(), ofLoop_.end());
  }
  // A method comes with its object first.
  const auto *method = dyn_cast<CXXMethodDecl>(callable.function);
  const bool withObject = method && !callable.lambda && method->isInstance() &&
                          method->getOverloadedOperator() != OO_Call;
  ArrayRef<const Expr *> arguments = parts.drop_front();
  if (withObject && !arguments.empty())
    arguments = arguments.drop_front();
  for (unsigned i = 0; i < callable.function->getNumParams(); ++i) {
    const ParmVarDecl *parameter = callable.function->getParamDecl(i);
    region.privates.insert(parameter);
    if (i < arguments.size())
      region.arguments[parameter] = arguments[i];
    else
      region.indices.insert(parameter);
  }
  regions_.push_back(std::move(region));
}

/// True if \p callee calls its \p parameter in a region of its own, or hands it
/// to something that does.
bool RegionFinder::runsInParallel(const FunctionDecl &callee,
                                  unsigned parameter) const {
  const FunctionDecl *definition = nullptr;
  if (depth_ == 0 || !callee.hasBody(definition) ||
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
  // Passed on to `parallel_for` and the like, which have no body to show.
  return anyStmt(definition->getBody(), [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const FunctionDecl *next = call ? call->getDirectCallee() : nullptr;
    return next && isParallelLoop(nameOf(next)) &&
           llvm::any_of(call->arguments(), [&](const Expr *argument) {
             return isWanted(*bare(argument));
           });
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

bool refersToAnother(QualType type) {
  const StringRef name = recordName(type);
  return name == "atomic_ref" || name == "reference_wrapper" ||
         name.ends_with("iterator") || name == "__wrap_iter";  // libc++'s
}

bool isThreadNumber(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"omp_get_thread_num", "get_thread_num", "GetThreadNum"}, true)
      .Cases({"current_thread_index", "getThreadNum", "get_id"}, true)
      .Case("sched_getcpu", true)
      .Default(false);
}

}  // namespace

bool ParallelRegion::isShared(const VarDecl &variable) const {
  if (variable.getTLSKind() != VarDecl::TLS_None ||
      variable.hasAttr<OMPThreadPrivateDeclAttr>() ||
      privates.contains(&variable))
    return false;
  if (variable.hasGlobalStorage())
    return true;
  if (!llvm::is_contained(enclosing, functionOf(variable)))
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

std::vector<ParallelRegion> parallelRegions(const FunctionDecl &function) {
  if (!function.doesThisDeclarationHaveABody())
    return {};
  constexpr int kHelpers = 3;
  return RegionFinder(function, kHelpers).find();
}

Sharing Sharing::inside(const Expr &call, const FunctionDecl &callee) const {
  Sharing inner(*region_);
  ArrayRef<const Expr *> arguments;
  if (const auto *made = dyn_cast<CXXConstructExpr>(&call)) {
    arguments = {made->getArgs(), made->getNumArgs()};
    inner.this_ = Reach::Private;
  } else {
    const auto &plain = *cast<CallExpr>(&call);
    arguments = {plain.getArgs(), plain.getNumArgs()};
    const auto *method = dyn_cast<CXXMethodDecl>(&callee);
    if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
      const Expr *object = member->getImplicitObjectArgument();
      inner.this_ = object->getType()->isPointerType()
                        ? reachOfPointee(object, kDepth)
                        : reach(object, kDepth);
    } else if (isa<CXXOperatorCallExpr>(call) && method && !arguments.empty()) {
      inner.this_ = method->getParent()->isLambda()
                        ? this_
                        : reach(arguments.front(), kDepth);
      arguments = arguments.drop_front();
    }
  }
  for (unsigned i = 0; i < callee.getNumParams() && i < arguments.size(); ++i) {
    const ParmVarDecl *parameter = callee.getParamDecl(i);
    const QualType type = parameter->getType();
    inner.parameters_[parameter] =
        type->isReferenceType() ? reach(arguments[i], kDepth)
        : type->isPointerType() ? reachOfPointee(arguments[i], kDepth)
                                : Reach::Private;
    inner.owners_[parameter] = owner(arguments[i], kDepth);
  }
  return inner;
}

Reach Sharing::reach(const Expr &object) const {
  return reach(&object, kDepth);
}

Reach Sharing::owner(const Expr &index) const { return owner(&index, kDepth); }

bool Sharing::seesShared() const {
  return this_ == Reach::Shared ||
         llvm::any_of(parameters_, [](const auto &bound) {
           return bound.second == Reach::Shared;
         });
}

Reach Sharing::reach(const Expr *object, int depth) const {
  if (depth == 0)
    return Reach::Private;
  object = bare(object);
  if (isa<CXXThisExpr>(object))
    return this_;
  if (const VarDecl *variable = namedVariable(object))
    return reachOfVariable(*variable, depth);
  if (const auto *member = dyn_cast<MemberExpr>(object)) {
    if (isa<VarDecl>(member->getMemberDecl()))
      return reachOfVariable(*cast<VarDecl>(member->getMemberDecl()), depth);
    return member->isArrow() ? reachOfPointee(member->getBase(), depth - 1)
                             : reach(member->getBase(), depth - 1);
  }
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object)) {
    const Expr *base = bare(subscript->getBase());
    const Reach whole = base->getType()->isPointerType()
                            ? reachOfPointee(base, depth - 1)
                            : reach(base, depth - 1);
    return element(whole, subscript->getIdx(), depth);
  }
  if (const auto *unary = dyn_cast<UnaryOperator>(object)) {
    if (unary->getOpcode() == UO_Deref)
      return reachOfPointee(unary->getSubExpr(), depth - 1);
    return reach(unary->getSubExpr(), depth - 1);
  }
  if (const auto *choice = dyn_cast<ConditionalOperator>(object))
    return std::max(reach(choice->getTrueExpr(), depth - 1),
                    reach(choice->getFalseExpr(), depth - 1));
  if (const auto *call = dyn_cast<CallExpr>(object))
    return reachOfCall(*call, depth);
  if (const auto *made = dyn_cast<CXXConstructExpr>(object);
      made && made->getNumArgs() > 0 && refersToAnother(made->getType()))
    return reach(made->getArg(0), depth - 1);
  return Reach::Private;
}

Reach Sharing::reachOfVariable(const VarDecl &variable, int depth) const {
  if (auto bound = parameters_.find(&variable); bound != parameters_.end())
    return bound->second;
  if (region_->isShared(variable))
    return Reach::Shared;
  if (!variable.getType()->isReferenceType() &&
      !refersToAnother(variable.getType()))
    return Reach::Private;
  if (auto argument = region_->arguments.find(&variable);
      argument != region_->arguments.end())
    return reach(argument->second, depth - 1);
  if (region_->indices.contains(&variable))
    return Reach::OwnSlot;
  return variable.getInit() ? reach(variable.getInit(), depth - 1)
                            : Reach::Private;
}

Reach Sharing::reachOfPointee(const Expr *pointer, int depth) const {
  if (depth == 0)
    return Reach::Private;
  pointer = bare(pointer);
  if (isa<CXXThisExpr>(pointer))
    return this_;
  if (const VarDecl *variable = namedVariable(pointer)) {
    if (variable->getType()->isReferenceType())
      return reachOfVariable(*variable, depth);
    if (auto bound = parameters_.find(variable); bound != parameters_.end())
      return bound->second;
    if (region_->isShared(*variable))
      return Reach::Shared;
    if (auto argument = region_->arguments.find(variable);
        argument != region_->arguments.end())
      return reachOfPointee(argument->second, depth - 1);
    if (!region_->indices.contains(variable) || variable->getInit()) {
      // A copy of an outer pointer still points outside.
      const bool captured =
          region_->lambda && !region_->privates.contains(variable) &&
          llvm::is_contained(region_->enclosing, functionOf(*variable));
      if (captured)
        return Reach::Shared;
      return variable->getInit()
                 ? reachOfPointee(variable->getInit(), depth - 1)
                 : Reach::Private;
    }
    return Reach::OwnSlot;
  }
  if (const auto *unary = dyn_cast<UnaryOperator>(pointer);
      unary && unary->getOpcode() == UO_AddrOf)
    return reach(unary->getSubExpr(), depth - 1);
  if (const auto *sum = dyn_cast<BinaryOperator>(pointer);
      sum && sum->isAdditiveOp()) {
    const bool pointerFirst = sum->getLHS()->getType()->isPointerType();
    return element(
        reachOfPointee(pointerFirst ? sum->getLHS() : sum->getRHS(), depth - 1),
        pointerFirst ? sum->getRHS() : sum->getLHS(), depth);
  }
  return reach(pointer, depth - 1);
}

Reach Sharing::reachOfCall(const CallExpr &call, int depth) const {
  const StringRef name = nameOf(call.getDirectCallee());
  if (name == "local")  // The copy of this thread, by convention.
    return Reach::Private;
  const Expr *base = nullptr;
  ArrayRef<const Expr *> rest(call.getArgs(), call.getNumArgs());
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
    base = member->getImplicitObjectArgument();
  } else if (!rest.empty() &&
             (isa<CXXOperatorCallExpr>(call) || name == "ref" ||
              name == "get" || name == "move" || name == "begin" ||
              name == "addressof")) {
    base = rest.front();
    rest = rest.drop_front();
  }
  if (!base)
    return Reach::Private;
  Reach reached = base->getType()->isPointerType()
                      ? reachOfPointee(base, depth - 1)
                      : reach(base, depth - 1);
  for (const Expr *index : rest)
    reached = std::min(reached, element(reached, index, depth));
  return reached;
}

Reach Sharing::element(Reach base, const Expr *index, int depth) const {
  return base == Reach::Shared ? owner(index, depth - 1) : base;
}

Reach Sharing::owner(const Expr *index, int depth) const {
  // An argument that a template has not been given yet is nobody's own.
  if (depth <= 0 || !index)
    return Reach::Shared;
  index = bare(index);
  if (const VarDecl *variable = namedVariable(index)) {
    if (auto bound = owners_.find(variable); bound != owners_.end())
      return bound->second;
    if (auto argument = region_->arguments.find(variable);
        argument != region_->arguments.end())
      return owner(argument->second, depth - 1);
    const Expr *init =
        region_->isShared(*variable) ? nullptr : variable->getInit();
    const Reach fromInit = init ? owner(init, depth - 1) : Reach::Shared;
    if (fromInit != Reach::Shared)
      return fromInit;
    return region_->indices.contains(variable) ? Reach::OwnSlot : fromInit;
  }
  if (const auto *op = dyn_cast<BinaryOperator>(index)) {
    const BinaryOperatorKind kind = op->getOpcode();
    if (kind != BO_Add && kind != BO_Sub && kind != BO_Mul && kind != BO_Shl &&
        kind != BO_Or && kind != BO_Xor)
      return Reach::Shared;
    return std::min(owner(op->getLHS(), depth - 1),
                    owner(op->getRHS(), depth - 1));
  }
  if (const auto *unary = dyn_cast<UnaryOperator>(index)) {
    // `next++` on an atomic hands every number out once.
    if (unary->isIncrementDecrementOp() &&
        unary->getSubExpr()->getType()->isAtomicType())
      return Reach::OwnSlot;
    return owner(unary->getSubExpr(), depth - 1);
  }
  if (const auto *member = dyn_cast<MemberExpr>(index))
    return member->isArrow() ? Reach::Shared
                             : owner(member->getBase(), depth - 1);
  if (const auto *call = dyn_cast<CallExpr>(index)) {
    const StringRef name = nameOf(call->getDirectCallee());
    if (isThreadNumber(name))
      return Reach::ThreadSlot;
    if (name == "fetch_add" || name == "fetch_sub")
      return Reach::OwnSlot;
    if (const auto *op = dyn_cast<CXXOperatorCallExpr>(call);
        op &&
        (op->getOperator() == OO_PlusPlus ||
         op->getOperator() == OO_MinusMinus) &&
        recordName(op->getArg(0)->IgnoreParenImpCasts()->getType()) == "atomic")
      return Reach::OwnSlot;
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(call))
      return owner(method->getImplicitObjectArgument(), depth - 1);
    if (name == "min" || name == "max")
      return std::min(owner(call->getArg(0), depth - 1),
                      owner(call->getArg(1), depth - 1));
  }
  return Reach::Shared;
}

}  // namespace reproaudit
