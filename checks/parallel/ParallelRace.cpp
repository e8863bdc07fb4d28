// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Collision.h"
#include "reproaudit/analysis/OpenMP.h"
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-parallel-race",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary =
        "Parallel code writes what all threads share without synchronisation",
    .since = "0.1.0",
    .why = R"md(
A variable that is declared outside a parallel body and written inside belongs
to all threads at once. Updates get lost and values of one iteration turn up in
another, as the scheduler likes. It is a race and undefined behaviour, and its
usual sign is a result that differs from run to run.

The same holds for the element of a shared array that two iterations can reach:
a histogram, an embedding that "hogwild" threads update, a scratch buffer, or a
neighbour that is read while its own iteration writes it.)md",
    .bad = R"cpp(
void normalise(float *values, const float *scale, int count) {
  float factor;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    factor = scale[i];
    values[i] *= factor;
  }
})cpp",
    .good = R"cpp(
void normalise(float *values, const float *scale, int count) {
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    const float factor = scale[i];
    values[i] *= factor;
  }
})cpp",
    .limits = "Storing a constant, as a flag, is not reported, nor is a store "
              "to an element that a table chooses: it may be a permutation. "
              "Tables whose name says that their entries differ (offsets, "
              "permutations) are believed.",
    .flags = "-fopenmp",
});

struct Race {
  enum class Kind { None, Variable, Element, Neighbour };
  Kind kind = Kind::None;
  const Expr *read = nullptr;  ///< The other half of a dependency.
};

class ParallelRaceCheck final : public ParallelCheck {
public:
  ParallelRaceCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
  void report(const ParallelWrite &write, const Race &race,
              const NamedDecl &object);
  void cureOf(const Race &race, const NamedDecl &object);
};

/// True if every execution stores the same, as when a flag is raised, or when
/// everybody asks how many threads there are.
bool storesTheSame(const ParallelWrite &write) {
  if (write.kind != ParallelWrite::Kind::Store || !write.value)
    return false;
  return !anyStmt(write.value, [&](const Stmt &stmt) {
    if (isa<ArraySubscriptExpr, CXXOperatorCallExpr>(stmt))
      return true;
    if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      const FunctionDecl *callee = call->getDirectCallee();
      return !callee || !callee->getIdentifier() ||
             !(callee->getName() == "omp_get_num_threads" ||
               callee->getName() == "omp_get_max_threads");
    }
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return variable && !write.region->isShared(*variable);
  });
}

/// A type whose assignment does nothing but store.
bool isPlainData(QualType type) {
  type = type.getNonReferenceType();
  if (type.isVolatileQualified() || type->isAtomicType())
    return false;
  return type->isScalarType() || shapeOf(type) == Shape::Sequence;
}

/// True if another thread or task that this function starts writes the same
/// variable, so that one execution of each is enough for a race.
bool hasRival(const ParallelWrite &write, const ParallelCode &code) {
  const NamedDecl *written = namedRoot(write.target);
  return llvm::any_of(code.writes, [&](const ParallelWrite &other) {
    return other.region && other.region != write.region &&
           other.region->enclosing == write.region->enclosing &&
           !other.region->directive && other.guard == Guard::None &&
           namedVariable(other.target) == written &&
           !isJoinedBefore(*write.region, *other.region) &&
           !isJoinedBefore(*other.region, *write.region);
  });
}

/// True if \p write is one that executions may do at the same time.
bool isUnguarded(const ParallelWrite &write) {
  return write.kind != ParallelWrite::Kind::Append && write.region != nullptr &&
         !write.once && write.guard == Guard::None &&
         (write.reach == Reach::Shared || write.reach == Reach::OwnSlot) &&
         isPlainData(write.target->getType()) && !measuresTime(write.value) &&
         !(write.region->directive != nullptr &&
           undividedLoop(*write.region->directive) != nullptr);
}

/// A variable, member or what a pointer leads to; not an element.
bool isSingleObject(const Expr &target) {
  const Expr *object = bare(&target);
  const auto *pointed = dyn_cast<UnaryOperator>(object);
  return namedVariable(object) != nullptr || isa<MemberExpr>(object) ||
         (pointed != nullptr &&
          namedVariable(pointed->getSubExpr()) != nullptr);
}

/// Two executions that only store may meet in a table of unique places, and do
/// no harm if they store the same.
Race raceOf(const ParallelWrite &write, const ParallelCode &code,
            const ASTContext &context) {
  using Kind = Race::Kind;
  if (!isUnguarded(write))
    return {};
  // Of what a callee does, sums that everybody adds to: counters that it keeps
  // are statistics.
  if (write.via)
    return {write.region->repeated && isSingleObject(*write.target) &&
                    isArrivalOrderedSum(write, context)
                ? Kind::Variable
                : Kind::None};
  const bool isVariable = namedVariable(write.target) != nullptr ||
                          isa<MemberExpr>(bare(write.target));
  if (!write.region->repeated)
    return {isVariable && namedVariable(write.target) &&
                    !storesTheSame(write) && hasRival(write, code)
                ? Kind::Variable
                : Kind::None};
  const Origin origin = elementOrigin(*write.region, *write.target);
  if (isVariable && origin == Origin::Common)
    return {storesTheSame(write) ? Kind::None : Kind::Variable};
  // Threads that know their number may share the elements out by conditions.
  if (write.region->directive && !write.worksharing &&
      asksForTheThread(*write.region->directive))
    return {};
  if (const Expr *read = neighbourRead(*write.region, *write.target))
    return {Kind::Neighbour, read};
  const bool meets = write.kind == ParallelWrite::Kind::Accumulate
                         ? origin != Origin::Own
                         : origin == Origin::Common;
  if (!meets)
    return {};
  if (!storesTheSame(write))
    return {Kind::Element};
  const Expr *read = ownRead(*write.region, *write.target);
  return {read ? Kind::Neighbour : Kind::None, read};
}

void ParallelRaceCheck::judge(const FunctionDecl &function,
                              const ParallelCode &code) {
  llvm::SmallPtrSet<const NamedDecl *, 4> reported;
  for (const ParallelWrite &write : code.writes) {
    const Race race = raceOf(write, code, function.getASTContext());
    const NamedDecl *object =
        race.kind == Race::Kind::None ? nullptr : namedRoot(write.target);
    if (object != nullptr && reported.insert(object).second &&
        isNew(write.expression->getExprLoc()))
      report(write, race, *object);
  }
}

void ParallelRaceCheck::report(const ParallelWrite &write, const Race &race,
                               const NamedDecl &object) {
  const SourceLocation at = write.expression->getExprLoc();
  switch (race.kind) {
  case Race::Kind::None:
    return;
  case Race::Kind::Variable:
    finding(at, "all threads write %0 without synchronisation", write.region)
        << &object << write.expression->getSourceRange();
    step(object.getLocation(), "declared outside of the parallel code");
    break;
  case Race::Kind::Element:
    finding(at, "several threads may write the same element of %0 at once",
            write.region)
        << &object << write.expression->getSourceRange();
    break;
  case Race::Kind::Neighbour:
    finding(at, "%0 is written here while another thread may read the element",
            write.region)
        << &object << write.expression->getSourceRange();
    step(race.read->getExprLoc(), "another iteration reads it here");
    break;
  }
  explain(write);
  cureOf(race, object);
}

void ParallelRaceCheck::cureOf(const Race &race, const NamedDecl &object) {
  if (race.kind == Race::Kind::Neighbour)
    cure(object.getLocation(),
         "write to a second array, or run the iterations that depend on each "
         "other one after the other");
  else
    cure(object.getLocation(),
         "declare it inside the parallel code or make it private; if it is a "
         "sum, let every task have its own and combine them in their order");
}

}  // namespace

extern constinit const Rule ParallelRace = sourceRule<ParallelRaceCheck>(kInfo);

}  // namespace reproaudit::parallel
