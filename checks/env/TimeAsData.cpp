// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/OutsideCheck.h"
#include "reproaudit/analysis/RandomApi.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit::env {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-time-as-data",
    .family = Family::Env,
    .scope = Scope::Run,
    .summary = "Value of a clock becomes part of a result",
    .since = "0.1.0",
    .why = R"md(
A clock never says the same thing twice. Measuring with it is fine; a feature,
weight, identifier or file that holds its value, or a loop that stops when time
is up, gives another result on every run.)md",
    .bad = R"cpp(
#include <ctime>
#include <vector>

void addFeature(std::vector<float> &features) {
  features.push_back(static_cast<float>(std::time(nullptr) % 86400));
})cpp",
    .good = R"cpp(
#include <ctime>
#include <iostream>

void step();

void timedStep() {
  const std::time_t start = std::time(nullptr);
  step();
  std::cerr << "step took " << std::time(nullptr) - start << " s\n";
})cpp",
    .limits =
        "Differences of times are durations and only judged where they "
        "end a loop. What is stored under the name or the type of a time "
        "is a time. Seeds are the subject of repro-nondeterministic-seed.",
});

bool isDifference(const Expr &expr) {
  if (const auto *binary = dyn_cast<BinaryOperator>(&expr))
    return binary->getOpcode() == BO_Sub;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&expr))
    return op->getOperator() == OO_Minus;
  const auto *call = dyn_cast<CallExpr>(&expr);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  return callee != nullptr && callee->getIdentifier() != nullptr &&
         callee->getName() == "difftime";
}

/// Names under which a clock's value is at home: times, and identities that
/// are meant to be unique.
bool mayHoldTime(const NamedDecl &decl) {
  static constexpr llvm::StringLiteral kUnique[] = {"seed",    "uuid",  "guid",
                                                    "token",   "nonce", "salt",
                                                    "session", "tmp",   "temp"};
  if (!decl.getIdentifier())
    return true;  // operator(), conversion: their owner decides
  if (isNamedLikeTime(decl.getName()) || hasWord(decl.getName(), kUnique))
    return true;
  const auto *value = dyn_cast<ValueDecl>(&decl);
  if (value && (isTimeType(value->getType()) || isEngine(value->getType())))
    return true;  // the state of an engine is a seed, which other rules judge
  const auto *owner = dyn_cast<CXXRecordDecl>(decl.getDeclContext());
  return owner != nullptr && owner->getIdentifier() != nullptr &&
         isNamedLikeTime(owner->getName());
}

/// Where a time ends to be data: in a difference, which measures, and in a
/// random generator, whose seed other rules judge.
bool endsTime(const Expr &expr) {
  static constexpr llvm::StringLiteral kRandom[] = {"seed", "rand", "srand",
                                                    "random", "shuffle"};
  const auto *call = dyn_cast<CallExpr>(&expr);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  return isDifference(expr) ||
         (callee != nullptr && callee->getIdentifier() != nullptr &&
          hasWord(callee->getName(), kRandom));
}

/// Looks for what shows that a loop does not compute but wait or measure.
class PurposeWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  bool VisitCallExpr(const CallExpr *call) override {
    static constexpr llvm::StringLiteral kWaiting[] = {
        "sleep",  "wait",      "poll",  "yield", "select",   "recv",   "accept",
        "usleep", "nanosleep", "pause", "try",   "progress", "connect"};
    const FunctionDecl *callee = call->getDirectCallee();
    if (callee && callee->getIdentifier())
      waits |= hasWord(callee->getName(), kWaiting);
    computes = true;
    return true;
  }
  bool VisitBinaryOperator(const BinaryOperator *op) override {
    computes |= op->isAssignmentOp();
    return true;
  }
  bool VisitBreakStmt(const BreakStmt *) override { return leaves = true; }
  bool VisitReturnStmt(const ReturnStmt *) override { return leaves = true; }
  bool TraverseLambdaExpr(const LambdaExpr *) override { return true; }

  bool waits = false;
  bool computes = false;
  bool leaves = false;
};

bool measures(const FunctionDecl *function) {
  static constexpr llvm::StringLiteral kMeasuring[] = {
      "bench", "benchmark", "measure", "profile",   "wait",   "poll",  "sleep",
      "spin",  "retry",     "test",    "calibrate", "warmup", "timed", "until"};
  return function != nullptr && function->getIdentifier() != nullptr &&
         (hasWord(function->getName(), kMeasuring) ||
          isNamedLikeTime(function->getName()));
}

/// The loop whose end the clock decides, if it computes something.
const Stmt *limitedLoop(const Stmt &decision) {
  const Stmt *body = nullptr;
  if (const auto *loop = dyn_cast<WhileStmt>(&decision))
    body = loop->getBody();
  else if (const auto *loop = dyn_cast<DoStmt>(&decision))
    body = loop->getBody();
  else if (const auto *loop = dyn_cast<ForStmt>(&decision))
    body = loop->getBody();
  if (!body)
    return nullptr;
  PurposeWalk walk;
  walk.TraverseStmt(body);
  return walk.computes && !walk.waits ? &decision : nullptr;
}

class TimeAsDataCheck final : public OutsideCheck {
public:
  TimeAsDataCheck(StringRef name, tidy::ClangTidyContext *context)
      : OutsideCheck(kInfo, name, context) {}

private:
  void judge(const CallExpr &call, ASTContext &context) override;
  bool isResult(const Arrival &arrival, ASTContext &context) const;
  void report(const CallExpr &clock, const Arrival &arrival);
  void reportLoop(const CallExpr &clock, const Stmt &loop);
};

bool TimeAsDataCheck::isResult(const Arrival &arrival,
                               ASTContext &context) const {
  const Destination &to = arrival.destination;
  switch (to.kind) {
  case Kind::Stored:
    return to.target != nullptr && !mayHoldTime(*to.target) &&
           !measures(functionAround(*to.at, context));
  case Kind::Returned: {
    const FunctionDecl *function = functionAround(*to.at, context);
    return function != nullptr &&
           function->getReturnType()->isArithmeticType() &&
           !function->getReturnType()->isBooleanType() &&
           !isTimeType(function->getReturnType()) && !mayHoldTime(*function);
  }
  case Kind::Written:
  case Kind::Hashed:
    return true;
  default:
    return false;
  }
}

void TimeAsDataCheck::report(const CallExpr &clock, const Arrival &arrival) {
  const Destination &to = arrival.destination;
  const SourceLocation at = to.at->getBeginLoc();
  if (!isFirstAt(at))
    return;
  const int kind = to.kind == Kind::Stored     ? 0
                   : to.kind == Kind::Returned ? 1
                   : to.kind == Kind::Written  ? 2
                                               : 3;
  finding(at, "the value of a clock is %select{stored in %1|returned as a "
              "result|written to a file|hashed}0")
      << kind << (to.target ? to.target : clock.getDirectCallee())
      << to.at->getSourceRange();
  steps(clock, "the clock", arrival);
  cure(at, "compute it from the input or from a step counter; keep times for "
           "measuring and logging");
}

void TimeAsDataCheck::reportLoop(const CallExpr &clock, const Stmt &loop) {
  if (!isFirstAt(loop.getBeginLoc()))
    return;
  noteworthy(loop.getBeginLoc(),
             "a clock decides how often this loop computes");
  step(clock.getBeginLoc(), "the clock is read here");
  cure(loop.getBeginLoc(), "limit the number of iterations, not the time");
}

void TimeAsDataCheck::judge(const CallExpr &call, ASTContext &context) {
  const OutsideValue time = clockRead(call);
  if (!time)
    return;
  const FunctionDecl *wrapper = functionAround(call, context);
  if (wrapper && wrapper->getIdentifier() && mayHoldTime(*wrapper))
    return;
  for (const Arrival &arrival : arrivalsOf(time, context, endsTime))
    if (isResult(arrival, context))
      report(call, arrival);
  for (const Arrival &arrival : arrivalsOf(time, context))
    if (arrival.destination.kind == Kind::Decision)
      if (const Stmt *loop = limitedLoop(*arrival.destination.at);
          loop && !measures(functionAround(*loop, context)))
        reportLoop(call, *loop);
}

}  // namespace

extern constinit const Rule TimeAsData = sourceRule<TimeAsDataCheck>(kInfo);

}  // namespace reproaudit::env
