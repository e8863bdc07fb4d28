// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Launches.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Initialisers and wrappers of callables are followed this far.
constexpr int kDepth = 6;

using Kind = ParallelRegion::Kind;
using Launches = SmallVector<Launch, 2>;

bool isThread(QualType type) {
  const StringRef name = recordName(type);
  return name == "thread" || name == "jthread";
}

bool isParallelPolicy(QualType type) {
  const StringRef name = recordName(type);
  return name == "parallel_policy" || name == "parallel_unsequenced_policy";
}

/// True if \p type is a container of threads.
bool holdsThreads(QualType type) {
  const QualType element = firstArgument(type);
  return !element.isNull() && isThread(element);
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

/// Where a function that starts one thread takes what the thread runs, and
/// what that gets.
struct Starter {
  StringRef name;
  unsigned callable;
  unsigned argument;
};

constexpr Starter kStarters[] = {
    {"pthread_create", 2, 3}, {"thrd_create", 1, 2},    {"g_thread_new", 1, 2},
    {"CreateThread", 2, 3},   {"_beginthreadex", 2, 3},
};

Launch launch(Kind kind, ArrayRef<const Expr *> callableAndArguments) {
  const ArrayRef<const Expr *> arguments = callableAndArguments.drop_front();
  return {
      kind, callableAndArguments.front(), {arguments.begin(), arguments.end()}};
}

/// `std::async` with or without a policy.
Launches asynchronous(ArrayRef<const Expr *> arguments) {
  const QualType first = arguments.front()->getType();
  if (!first->isEnumeralType())
    return {launch(Kind::Task, arguments)};
  constexpr int64_t kDeferred = 2;
  const auto &context = first->castAs<EnumType>()->getDecl()->getASTContext();
  Expr::EvalResult policy;
  const bool deferred = !arguments.front()->isValueDependent() &&
                        arguments.front()->EvaluateAsInt(policy, context) &&
                        policy.Val.getInt() == kDeferred;
  if (deferred || arguments.size() == 1)
    return {};
  return {launch(Kind::Task, arguments.drop_front())};
}

Launches launchesOfMethod(const CXXMemberCallExpr &call,
                          ArrayRef<const Expr *> arguments) {
  const StringRef name = nameOf(call.getMethodDecl());
  const QualType object =
      call.getImplicitObjectArgument()->IgnoreParenImpCasts()->getType();
  if (holdsThreads(object) && name.starts_with("emplace"))
    return {launch(Kind::Thread, arguments)};
  if (isSubmission(name, recordName(object)))
    return {launch(Kind::Task, arguments)};
  return {};
}

Launches launchesOfCall(const CallExpr &call) {
  const SmallVector<const Expr *, 6> arguments(call.arguments());
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    if (Launches found = launchesOfMethod(*method, arguments); !found.empty())
      return found;
  const StringRef name = calledName(call);
  if (name == "async" &&
      (!call.getDirectCallee() || call.getDirectCallee()->isInStdNamespace()))
    return asynchronous(arguments);
  for (const Starter &starter : kStarters)
    if (name == starter.name && arguments.size() > starter.argument)
      return {launch(Kind::Thread, {arguments[starter.callable],
                                    arguments[starter.argument]})};
  Launches all;
  if (isParallelPolicy(arguments.front()->getType()) || isParallelLoop(name))
    for (const Expr *argument : arguments)
      all.push_back(launch(Kind::Algorithm, {argument}));
  return all;
}

Callable callableOf(const Expr *expression, int depth);

/// What `std::ref(f)`, `std::bind(f, ...)` or `std::function(f)` calls.
Callable wrappedCallable(const Expr &expression, int depth) {
  if (const auto *address = dyn_cast<UnaryOperator>(&expression);
      address && address->getOpcode() == UO_AddrOf)
    return callableOf(address->getSubExpr(), depth);
  if (const auto *made = dyn_cast<CXXConstructExpr>(&expression);
      made != nullptr && made->getNumArgs() > 0 &&
      recordName(made->getType()).contains("function"))
    return callableOf(made->getArg(0), depth);
  const auto *call = dyn_cast<CallExpr>(&expression);
  if (!call || call->getNumArgs() == 0)
    return {};
  const StringRef name = nameOf(call->getDirectCallee());
  const bool wraps = name == "ref" || name == "cref" || name == "move" ||
                     name == "forward" || name == "bind";
  return wraps ? callableOf(call->getArg(0), depth) : Callable{};
}

Callable namedCallable(const ValueDecl &named, int depth) {
  const FunctionDecl *definition = nullptr;
  if (const auto *function = dyn_cast<FunctionDecl>(&named))
    return function->hasBody(definition) ? Callable{nullptr, definition}
                                         : Callable{};
  const auto *variable = dyn_cast<VarDecl>(&named);
  return variable && variable->hasInit()
             ? callableOf(variable->getInit(), depth)
             : Callable{};
}

/// The call operator of an object of the user's class.
Callable functor(QualType type) {
  // Initialisers in templates may have no type yet.
  if (type.isNull())
    return {};
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition() || record->isLambda() ||
      record->getASTContext().getSourceManager().isInSystemHeader(
          record->getLocation()))
    return {};
  for (const CXXMethodDecl *method : record->methods())
    if (method->getOverloadedOperator() == OO_Call && method->hasBody())
      return {nullptr, method};
  return {};
}

Callable callableOf(const Expr *expression, int depth) {
  // A default argument that no call needed has no expression yet.
  if (depth == 0 || !expression)
    return {};
  expression = bare(expression);
  if (const auto *lambda = dyn_cast<LambdaExpr>(expression))
    return {lambda, callOperator(*lambda)};
  if (const Callable inner = wrappedCallable(*expression, depth - 1))
    return inner;
  if (const auto *reference = dyn_cast<DeclRefExpr>(expression))
    if (const Callable named = namedCallable(*reference->getDecl(), depth - 1))
      return named;
  return functor(expression->getType());
}

}  // namespace

Callable callableOf(const Expr *expression) {
  return callableOf(expression, kDepth);
}

bool isParallelLoop(StringRef name) {
  static constexpr StringRef kActions[] = {
      "for", "each", "invoke", "do", "reduce", "scan", "transform", "map",
  };
  const std::string lower = name.lower();
  const StringRef word(lower);
  return (word.contains("parallel") &&
          llvm::any_of(
              kActions,
              [&](StringRef action) { return word.contains(action); })) ||
         word.contains("blockingmap") || word == "mapped_reduced";
}

Launches launchesOf(const Expr &start) {
  if (const auto *made = dyn_cast<CXXConstructExpr>(&start)) {
    if (!isThread(made->getType()) || made->getNumArgs() == 0)
      return {};
    const SmallVector<const Expr *, 4> arguments(made->arguments());
    return {launch(Kind::Thread, arguments)};
  }
  const auto *call = dyn_cast<CallExpr>(&start);
  if (!call || call->getNumArgs() == 0)
    return {};
  return launchesOfCall(*call);
}

}  // namespace reproaudit
