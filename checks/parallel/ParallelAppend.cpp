// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/HandedOut.h"
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-parallel-append",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Parallel code appends to a shared sequence",
    .since = "0.1.0",
    .why = R"md(
Elements that several threads append stand in the order in which the threads
arrived. A lock or a concurrent container excludes a race, not that: the next
run has the same elements in another order, and the first of equals, the sum of
all or the batch that an element falls into is another one. Positions that an
atomic counter hands out are the same.)md",
    .bad = R"cpp(
#include <mutex>
#include <thread>
#include <vector>

std::vector<int> selected(const std::vector<std::vector<int>> &shards) {
  std::vector<int> result;
  std::mutex mutex;
  std::vector<std::thread> workers;
  for (const auto &shard : shards)
    workers.emplace_back([&] {
      const std::lock_guard<std::mutex> lock(mutex);
      result.push_back(shard.front());
    });
  for (auto &worker : workers)
    worker.join();
  return result;
})cpp",
    .good = R"cpp(
#include <thread>
#include <vector>

std::vector<int> selected(const std::vector<std::vector<int>> &shards) {
  std::vector<int> result(shards.size());
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < shards.size(); ++i)
    workers.emplace_back([&, i] { result[i] = shards[i].front(); });
  for (auto &worker : workers)
    worker.join();
  return result;
})cpp",
    .limits = "A sequence that is sorted or only counted afterwards in the "
              "same function is not reported; whether a comparison leaves ties "
              "is the question of other rules. Text for people is not "
              "reported, nor are sets and maps.",
});

class ParallelAppendCheck final : public ParallelCheck {
public:
  ParallelAppendCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

bool mentions(const Stmt *root, const NamedDecl &wanted) {
  return anyStmt(root, [&](const Stmt &stmt) {
    if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt))
      return reference->getDecl() == &wanted;
    const auto *member = dyn_cast<MemberExpr>(&stmt);
    return member && member->getMemberDecl() == &wanted;
  });
}

/// True if \p call puts \p sequence, or a copy of it, into an order of its own.
bool sorts(const CallExpr &call, const NamedDecl &sequence) {
  const auto sort = sortOf(call);
  if (!sort || sort->sequence == nullptr)
    return false;
  const VarDecl *copy = rootVariable(sort->sequence);
  return mentions(sort->sequence, sequence) ||
         (copy != nullptr && mentions(copy->getInit(), sequence));
}

bool onlyCounts(const CXXMemberCallExpr &call, const NamedDecl &sequence) {
  const StringRef name = calledName(call);
  return (name == "size" || name == "empty" || name == "clear") &&
         mentions(call.getImplicitObjectArgument(), sequence);
}

/// Nobody sees the order of what is sorted, or only counted, afterwards.
bool isOrderless(const FunctionDecl &function, const ParallelWrite &write,
                 const NamedDecl &sequence) {
  const SourceManager &sources = function.getASTContext().getSourceManager();
  const Stmt *body = write.region->directive
                         ? write.region->directive->getAssociatedStmt()
                         : write.region->body;
  const SourceLocation end = body->getEndLoc();
  unsigned uses = 0;
  unsigned counts = 0;
  const bool sorted = anyStmt(function.getBody(), [&](const Stmt &stmt) {
    if (sources.isBeforeInTranslationUnit(stmt.getBeginLoc(), end))
      return false;
    if (const auto *member = dyn_cast<CXXMemberCallExpr>(&stmt))
      counts += onlyCounts(*member, sequence);
    if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt))
      uses += reference->getDecl() == &sequence;
    const auto *call = dyn_cast<CallExpr>(&stmt);
    return call && sorts(*call, sequence);
  });
  const auto *variable = dyn_cast<VarDecl>(&sequence);
  const bool escapes = variable == nullptr || !variable->hasLocalStorage() ||
                       variable->getType()->isPointerOrReferenceType();
  return sorted || (!escapes && uses == counts);
}

bool isThreadList(const ValueDecl &sequence) {
  const auto *container = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      sequence.getType().getNonReferenceType()->getAsCXXRecordDecl());
  if (!container || container->getTemplateArgs().size() == 0 ||
      container->getTemplateArgs()[0].getKind() != TemplateArgument::Type)
    return false;
  const CXXRecordDecl *element =
      container->getTemplateArgs()[0].getAsType()->getAsCXXRecordDecl();
  return element != nullptr && element->getIdentifier() != nullptr &&
         (element->getName().contains("thread") ||
          element->getName().contains("future"));
}

/// The index of the element that \p target names, or null.
const Expr *indexOf(const Expr &target) {
  const Expr *element = bare(&target);
  while (const auto *member = dyn_cast<MemberExpr>(element))
    element = bare(member->getBase());
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(element))
    return bare(subscript->getIdx());
  const auto *call = dyn_cast<CXXOperatorCallExpr>(element);
  return call != nullptr && call->getOperator() == OO_Subscript
             ? bare(call->getArg(1))
             : nullptr;
}

/// True if \p stmt asks for more of \p slot than where elements go: then it is
/// the number of a task, and its result stands where it belongs.
bool isTask(const Stmt *stmt, const VarDecl &slot) {
  // That a capture names it is how the slot gets its number.
  if (!stmt || isa<OMPAtomicDirective>(stmt))
    return false;
  if (const auto *assign = dyn_cast<BinaryOperator>(stmt)) {
    if (assign->isComparisonOp())
      return false;
    const Expr *index = indexOf(*assign->getLHS());
    if (assign->isAssignmentOp() &&
        (namedVariable(assign->getLHS()) == &slot ||
         (index != nullptr && namedVariable(index) == &slot)))
      return isTask(assign->getRHS(), slot);
  }
  const auto *reference = dyn_cast<DeclRefExpr>(stmt);
  return (reference != nullptr && reference->getDecl() == &slot) ||
         llvm::any_of(stmt->children(),
                      [&](const Stmt *child) { return isTask(child, slot); });
}

/// True if the place of \p write is the next one that an atomic counter hands
/// out, and what is stored has nothing to do with that number.
bool takesNextSlot(const ParallelWrite &write) {
  const Expr *index = indexOf(*write.target);
  if (!index || write.kind != ParallelWrite::Kind::Store ||
      write.value->isValueDependent() ||
      write.value->isEvaluatable(
          write.region->enclosing.front()->getASTContext()))
    return false;
  const VarDecl *slot = namedVariable(index);
  if (!slot)
    return isHandedOut(*index);
  return isHandedOut(*slot, write.region->body) &&
         !isTask(write.region->body, *slot);
}

/// True if \p write adds an element to a shared sequence.
bool appends(const ParallelWrite &write) {
  return write.kind == ParallelWrite::Kind::Append
             ? write.reach == Reach::Shared
             : takesNextSlot(write);
}

void ParallelAppendCheck::judge(const FunctionDecl &function,
                                const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    // Deeper calls append to queues and caches; the body itself to results.
    if (!write.region || !write.region->repeated || write.via || write.once ||
        write.guard == Guard::Ordered || !appends(write))
      continue;
    const auto *sequence = dyn_cast_or_null<ValueDecl>(namedRoot(write.target));
    // Threads print their progress.
    if (!sequence || !sequence->getIdentifier() || holdsMessages(*sequence) ||
        sequence->getName() == "cout" || isThreadList(*sequence) ||
        isOrderless(function, write, *sequence) ||
        !isNew(write.expression->getBeginLoc()))
      continue;
    finding(write.expression->getBeginLoc(),
            "elements are appended to %0 in the order in which threads arrive",
            write.region)
        << sequence << write.expression->getSourceRange();
    explain(write);
    cure(write.expression->getBeginLoc(),
         "give every task a slot of its own, or sort by a unique key "
         "afterwards");
  }
}

}  // namespace

extern constinit const Rule ParallelAppend =
    sourceRule<ParallelAppendCheck>(kInfo);

}  // namespace reproaudit::parallel
