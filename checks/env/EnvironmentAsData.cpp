// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/OutsideCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ExprCXX.h"

using namespace clang;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit::env {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-environment-as-data",
    .family = Family::Env,
    .scope = Scope::Env,
    .tier = Tier::Audit,
    .summary = "Number from the environment becomes part of a result",
    .since = "0.1.0",
    .why = R"md(
Environment variables, host names, users and working directories belong to a
shell, not to an experiment: nobody writes them down, and the same command gives
another result in another terminal, container or cluster.)md",
    .bad = R"cpp(
#include <cstdlib>

struct Options {
  double learningRate = 0.1;
};

void readOptions(Options &options) {
  if (const char *text = std::getenv("LEARNING_RATE"))
    options.learningRate = std::atof(text);
})cpp",
    .good = R"cpp(
#include <cstdlib>

struct Options {
  double learningRate = 0.1;
};

void readOptions(Options &options, const char *argument) {
  options.learningRate = std::atof(argument);
})cpp",
    .limits = "Numbers and hashes only. Paths, switches, and what concerns "
              "threads, devices, ports, logs or caches are no results.",
});

constexpr llvm::StringLiteral kNoResult[] = {
    "thread",  "threads", "worker",   "workers", "verbose", "verbosity",
    "level",   "log",     "debug",    "trace",   "device",  "gpu",
    "cuda",    "path",    "dir",      "port",    "rank",    "world",
    "home",    "tmp",     "cache",    "timeout", "color",   "colour",
    "visible", "size",    "memory",   "buffer",  "proc",    "procs",
    "cpu",     "cpus",    "cores",    "core",    "seed",    "jobs",
    "profile", "print",   "columns",  "term",    "limit",   "interval",
    "node",    "nodes",   "priority", "retries", "rng",     "test",
    "bench",   "stack",   "pool",     "batch"};

/// The name of the variable asked for, if it is written in the call.
StringRef variableAskedFor(const CallExpr &call) {
  if (call.getNumArgs() == 0)
    return {};
  const auto *text =
      dyn_cast<StringLiteral>(call.getArg(0)->IgnoreParenImpCasts());
  return text && text->getCharByteWidth() == 1 ? text->getString()
                                               : StringRef();
}

bool isNumber(QualType type) {
  type = type.getNonReferenceType();
  return type->isArithmeticType() && !type->isBooleanType() &&
         !type->isAnyCharacterType();
}

/// Is what is kept a number? A container counts by its elements.
bool keepsNumber(const Destination &to) {
  if (const auto *op = dyn_cast<BinaryOperator>(to.at))
    return isNumber(op->getType());
  const auto *value = dyn_cast_or_null<ValueDecl>(to.target);
  const auto *expr = dyn_cast<Expr>(to.at);
  return (value != nullptr && isNumber(value->getType())) ||
         (expr != nullptr && isNumber(expr->getType()));
}

class EnvironmentAsDataCheck final : public OutsideCheck {
public:
  EnvironmentAsDataCheck(StringRef name, tidy::ClangTidyContext *context)
      : OutsideCheck(kInfo, name, context) {}

private:
  void judge(const CallExpr &call, ASTContext &context) override;
  bool isResult(const Arrival &arrival, ASTContext &context) const;
};

bool EnvironmentAsDataCheck::isResult(const Arrival &arrival,
                                      ASTContext &context) const {
  const Destination &to = arrival.destination;
  for (const VarDecl *variable : arrival.through)
    if (hasWord(variable->getName(), kNoResult))
      return false;
  if (to.target && to.target->getIdentifier() &&
      hasWord(to.target->getName(), kNoResult))
    return false;
  const FunctionDecl *function = functionAround(*to.at, context);
  const bool concernsResult = function == nullptr ||
                              function->getIdentifier() == nullptr ||
                              !hasWord(function->getName(), kNoResult);
  switch (to.kind) {
  case Kind::Stored:
    return keepsNumber(to);
  case Kind::Returned:
    return concernsResult && function != nullptr &&
           isNumber(function->getReturnType());
  case Kind::Hashed:
    return true;
  default:
    return false;
  }
}

void EnvironmentAsDataCheck::judge(const CallExpr &call, ASTContext &context) {
  const OutsideValue value = environmentRead(call);
  if (!value || hasWord(variableAskedFor(call), kNoResult))
    return;
  for (const Arrival &arrival : arrivalsOf(value, context)) {
    const SourceLocation at = arrival.destination.at->getBeginLoc();
    if (!isResult(arrival, context) || !isFirstAt(at))
      continue;
    finding(at, "a result depends on the environment: %0 decides a number here")
        << call.getDirectCallee() << arrival.destination.at->getSourceRange();
    steps(call, "the environment", arrival);
    cure(at, "take it from an argument or a configuration that is recorded "
             "with the result");
  }
}

}  // namespace

extern constinit const Rule EnvironmentAsData =
    sourceRule<EnvironmentAsDataCheck>(kInfo);

}  // namespace reproaudit::env
