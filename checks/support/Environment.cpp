// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Environment.h"

#include "reproaudit/analysis/Names.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Where a function leaves its value: -1 in what it returns, else the argument
/// that points to it; -2: not one of these functions.
constexpr int kReturned = -1;
constexpr int kNotOurs = -2;

StringRef identifierOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

/// A function that no class and no namespace but std owns.
bool isGlobal(const FunctionDecl &function) {
  const DeclContext *around = function.getDeclContext()->getRedeclContext();
  return around->isTranslationUnit() || around->isStdNamespace() ||
         function.isExternC();
}

int clockOutput(const FunctionDecl &function) {
  const StringRef name = identifierOf(&function);
  if (const auto *method = dyn_cast<CXXMethodDecl>(&function))
    return name == "now" && method->isStatic() &&
                   identifierOf(method->getParent()).contains("clock")
               ? kReturned
               : kNotOurs;
  if (!isGlobal(function))
    return kNotOurs;
  return llvm::StringSwitch<int>(name)
      .Cases({"time", "clock", "times", "localtime", "__rdtsc", "_rdtsc",
              "__builtin_ia32_rdtsc", "__builtin_readcyclecounter",
              "omp_get_wtime", "MPI_Wtime", "GetTickCount", "GetTickCount64",
              "clock64"},
             kReturned)
      .Cases(
          {"gettimeofday", "timespec_get", "ftime", "QueryPerformanceCounter"},
          0)
      .Cases({"clock_gettime", "localtime_r"}, 1)
      .Default(kNotOurs);
}

int environmentOutput(const FunctionDecl &function) {
  const StringRef name = identifierOf(&function);
  if (name == "current_path" && function.getNumParams() <= 1)
    return kReturned;
  if (!isGlobal(function))
    return kNotOurs;
  return llvm::StringSwitch<int>(name)
      .Cases({"getenv", "secure_getenv", "getlogin", "get_current_dir_name",
              "gethostid", "getuid", "getcwd"},
             kReturned)
      .Cases({"gethostname", "getdomainname", "uname", "getlogin_r"}, 0)
      .Default(kNotOurs);
}

/// The variable that argument \p index of \p call points to.
const VarDecl *pointedVariable(const CallExpr &call, unsigned index) {
  if (index >= call.getNumArgs())
    return nullptr;
  const Expr *argument = call.getArg(index)->IgnoreParenImpCasts();
  if (const auto *address = dyn_cast<UnaryOperator>(argument);
      address && address->getOpcode() == UO_AddrOf)
    argument = address->getSubExpr()->IgnoreParenImpCasts();
  const auto *ref = dyn_cast<DeclRefExpr>(argument);
  return ref ? dyn_cast<VarDecl>(ref->getDecl()) : nullptr;
}

OutsideValue valueAt(const CallExpr &call, int output) {
  if (output == kNotOurs)
    return {};
  // `time(&t)` returns the time and stores it as well.
  const VarDecl *filled =
      pointedVariable(call, output == kReturned ? 0 : output);
  if (output == kReturned)
    return {&call,
            identifierOf(call.getDirectCallee()) == "time" ? filled : nullptr};
  return filled ? OutsideValue{&call, filled} : OutsideValue{};
}

/// `double now() { return clock() / 1e6; }`: looks for the clock, and for the
/// difference that would make the function a stopwatch.
class WrapperWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  bool VisitCallExpr(const CallExpr *call) override {
    const FunctionDecl *callee = call->getDirectCallee();
    readsClock |= callee != nullptr && clockOutput(*callee) != kNotOurs;
    return true;
  }
  bool VisitBinaryOperator(const BinaryOperator *op) override {
    subtracts |= op->getOpcode() == BO_Sub;
    return true;
  }
  bool VisitCXXOperatorCallExpr(const CXXOperatorCallExpr *op) override {
    subtracts |= op->getOperator() == OO_Minus;
    return true;
  }

  bool readsClock = false;
  bool subtracts = false;
};

bool wrapsClock(const FunctionDecl &function) {
  const FunctionDecl *definition = nullptr;
  if (!function.getReturnType()->isArithmeticType() ||
      !isNamedLikeTime(identifierOf(&function)) ||
      !function.hasBody(definition))
    return false;
  WrapperWalk walk;
  walk.TraverseStmt(definition->getBody());
  return walk.readsClock && !walk.subtracts;
}

}  // namespace

OutsideValue clockRead(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (callee && wrapsClock(*callee))
    return {&call, nullptr};
  return callee ? valueAt(call, clockOutput(*callee)) : OutsideValue{};
}

OutsideValue environmentRead(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  return callee ? valueAt(call, environmentOutput(*callee)) : OutsideValue{};
}

bool isNamedLikeTime(StringRef name) {
  static constexpr llvm::StringLiteral kWords[] = {
      "time",         "times",        "timestamp",  "stamp",     "now",
      "start",        "started",      "begin",      "end",       "stop",
      "last",         "prev",         "previous",   "elapsed",   "duration",
      "clock",        "tick",         "ticks",      "tic",       "toc",
      "date",         "deadline",     "timeout",    "expire",    "expires",
      "expiry",       "created",      "modified",   "updated",   "mtime",
      "ts",           "tp",           "t0",         "t1",        "t2",
      "millis",       "micros",       "nanos",      "ms",        "us",
      "usec",         "ns",           "nsec",       "sec",       "secs",
      "second",       "seconds",      "wall",       "cycles",    "cycle",
      "when",         "since",        "finished",   "launched",  "interval",
      "delay",        "latency",      "timer",      "stopwatch", "perf",
      "tsc",          "rdtsc",        "wtime",      "timing",    "tv",
      "cputime",      "walltime",     "runtime",    "uptime",    "today",
      "milliseconds", "microseconds", "nanoseconds"};
  return hasWord(name, kWords);
}

bool isTimeType(QualType type) {
  type = type.getNonReferenceType();
  // `time_t` is an alias of long: the spelling is all that tells.
  while (const auto *alias = type->getAs<TypedefType>()) {
    const StringRef name = alias->getDecl()->getName();
    if (name == "time_t" || name == "clock_t" || name == "clockid_t")
      return true;
    type = alias->desugar();
  }
  const RecordDecl *record = type->getAsRecordDecl();
  return record != nullptr && llvm::StringSwitch<bool>(identifierOf(record))
                                  .Cases({"time_point", "duration", "timeval",
                                          "timespec", "tm", "timeb", "rusage"},
                                         true)
                                  .Default(false);
}

}  // namespace reproaudit
