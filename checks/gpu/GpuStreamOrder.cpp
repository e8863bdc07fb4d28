// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-stream-order",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "GPU work on one buffer in streams that do not wait",
    .since = "0.1.0",
    .why = R"md(
Work in one stream runs in order; work in two does not, unless an event orders
it. A kernel that reads what another stream still fills sees old or new values.)md",
    .bad = R"cpp(
__global__ void fill(float *data) { data[threadIdx.x] = 1; }

void run(float *data, cudaStream_t first, cudaStream_t second) {
  fill<<<1, 256, 0, first>>>(data);
  fill<<<1, 256, 0, second>>>(data);
})cpp",
    .good = R"cpp(
__global__ void fill(float *data) { data[threadIdx.x] = 1; }

void run(float *data, cudaStream_t stream) {
  fill<<<1, 256, 0, stream>>>(data);
  fill<<<1, 256, 0, stream>>>(data);
})cpp",
    .limits = "Within one function, for buffers that one expression names. "
              "The default stream beside one of unknown making is a note.",
});

/// The flags of `cudaStreamCreateWithFlags`.
enum Flags : std::uint8_t { Blocking = 0, NonBlocking = 1 };

/// Work that the host hands to a stream.
struct Work {
  const Expr *at = nullptr;
  const Expr *stream = nullptr;  ///< Null for the default stream.
  SmallVector<std::pair<const Expr *, bool>, 4> buffers;  ///< And if written.
};

class GpuStreamOrderCheck final : public Check {
public:
  GpuStreamOrderCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    const auto host = functionDecl(isDefinition(), unless(isImplicit()),
                                   unless(isExpansionInSystemHeader()),
                                   unless(hasAttr(attr::CUDAGlobal)));
    finder->addMatcher(host.bind("function"), this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  void walk(const Stmt *stmt);
  void walkCall(const CallExpr &call);
  void add(Work work);
  void report(const Work &first, const Work &second, const Expr &buffer);
  bool areOrdered(const Expr *one, const Expr *other) const;
  bool isMadeWith(const Expr *stream, Flags flags) const;

  const FunctionDecl *function_ = nullptr;
  ASTContext *context_ = nullptr;
  std::vector<Work> pending_;
  llvm::DenseSet<SourceLocation> reported_;
};

bool isStream(QualType type) { return recordName(type) == "CUstream_st"; }

/// The stream that an argument names; null for the default one.
const Expr *namedStream(const Expr *argument) {
  if (!argument || isa<CXXDefaultArgExpr>(argument))
    return nullptr;
  argument = bare(argument);
  return isa<IntegerLiteral, CXXNullPtrLiteralExpr, GNUNullExpr>(argument)
             ? nullptr
             : argument;
}

bool waits(StringRef name) {
  const std::string lower = name.lower();
  constexpr StringRef kWords[] = {"wait", "event", "barrier", "join", "sync"};
  return StringRef(lower).find("async") == StringRef::npos &&
         llvm::any_of(kWords, [&](StringRef word) {
           return StringRef(lower).contains(word);
         });
}

/// The buffers that \p call is given; incomplete types are handles.
void addBuffers(const CallExpr &call, Work &work) {
  const FunctionDecl *callee = call.getDirectCallee();
  for (unsigned i = 0; i < call.getNumArgs(); ++i) {
    const Expr *argument = bare(call.getArg(i));
    const QualType type = callee && i < callee->getNumParams()
                              ? callee->getParamDecl(i)->getType()
                              : argument->getType();
    if (type->isPointerType() && namedVariable(argument) != nullptr &&
        (type->isVoidPointerType() ||
         !type->getPointeeType()->isIncompleteType()))
      work.buffers.emplace_back(argument,
                                !type->getPointeeType().isConstQualified());
  }
}

void GpuStreamOrderCheck::check(const MatchFinder::MatchResult &result) {
  function_ = result.Nodes.getNodeAs<FunctionDecl>("function");
  if (!function_->hasBody() || function_->isTemplated())
    return;
  context_ = result.Context;
  pending_.clear();
  walk(function_->getBody());
}

void GpuStreamOrderCheck::walk(const Stmt *stmt) {
  if (!stmt || isa<LambdaExpr>(stmt))
    return;
  if (const auto *branch = dyn_cast<IfStmt>(stmt)) {
    walk(branch->getCond());
    const std::vector<Work> before = pending_;
    walk(branch->getThen());
    std::vector<Work> afterThen = std::exchange(pending_, before);
    walk(branch->getElse());
    // Where only one way waits, the program knows when it must.
    if (afterThen.size() < before.size() || pending_.size() < before.size())
      pending_.clear();
    else
      pending_.insert(pending_.end(),
                      std::next(afterThen.begin(), std::ssize(before)),
                      afterThen.end());
    return;
  }
  for (const Stmt *child : stmt->children())
    walk(child);
  if (const auto *call = dyn_cast<CallExpr>(stmt))
    walkCall(*call);
}

void GpuStreamOrderCheck::walkCall(const CallExpr &call) {
  Work work{&call};
  if (const auto *launch = dyn_cast<CUDAKernelCallExpr>(&call)) {
    constexpr unsigned kStream = 3;
    const CallExpr *configuration = launch->getConfig();
    if (configuration && configuration->getNumArgs() > kStream)
      work.stream = namedStream(configuration->getArg(kStream));
    addBuffers(call, work);
    return add(std::move(work));
  }
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
  if (waits(name) || name == "cudaMemcpy" || name == "cudaFree")
    return pending_.clear();
  // Making and releasing do no work on the buffer.
  if (!callee || name.contains("Create") || name.contains("Destroy") ||
      name.contains_insensitive("alloc") || name.contains("Free"))
    return;
  for (unsigned i = 0; i < callee->getNumParams() && i < call.getNumArgs(); ++i)
    if (isStream(callee->getParamDecl(i)->getType()) &&
        !callee->getParamDecl(i)->getType()->isReferenceType()) {
      work.stream = namedStream(call.getArg(i));
      addBuffers(call, work);
      return add(std::move(work));
    }
}

/// True if the function makes \p stream by a call that asks for \p flags.
bool GpuStreamOrderCheck::isMadeWith(const Expr *stream, Flags flags) const {
  const VarDecl *variable = stream ? rootVariable(stream) : nullptr;
  return (variable != nullptr) &&
         anyStmt(function_->getBody(), [&](const Stmt &stmt) {
           const auto *call = dyn_cast<CallExpr>(&stmt);
           if (!call || !calledName(*call).starts_with("cudaStreamCreate") ||
               call->getNumArgs() == 0 ||
               !anyStmt(call->getArg(0), [&](const Stmt &inner) {
                 const auto *named = dyn_cast<DeclRefExpr>(&inner);
                 return named && named->getDecl() == variable;
               }))
             return false;
           if (call->getNumArgs() == 1)
             return flags == Blocking;
           const auto given =
               call->getArg(1)->getIntegerConstantExpr(*context_);
           return given && *given == flags;
         });
}

/// One stream, or the default one beside one that waits for it.
bool GpuStreamOrderCheck::areOrdered(const Expr *one, const Expr *other) const {
  if (!one || !other)
    return ((one == nullptr) && (other == nullptr)) ||
           isMadeWith(one ? one : other, Blocking);
  return sameObject(*one, *other, *context_);
}

void GpuStreamOrderCheck::add(Work work) {
  for (const Work &before : pending_) {
    if (areOrdered(before.stream, work.stream))
      continue;
    for (const auto &[mine, writes] : work.buffers)
      for (const auto &[its, wrote] : before.buffers)
        if ((writes || wrote) && sameObject(*mine, *its, *context_)) {
          report(before, work, *mine);
          pending_.push_back(std::move(work));
          return;
        }
  }
  pending_.push_back(std::move(work));
}

void GpuStreamOrderCheck::report(const Work &first, const Work &second,
                                 const Expr &buffer) {
  const SourceLocation place = second.at->getBeginLoc();
  if (!reported_.insert(place).second)
    return;
  constexpr StringRef kMessage =
      "this works on %0 while another stream may not be done with it";
  const bool certain =
      ((first.stream != nullptr) && (second.stream != nullptr)) ||
      isMadeWith(first.stream, NonBlocking) ||
      isMadeWith(second.stream, NonBlocking);
  (certain ? finding(place, kMessage) : noteworthy(place, kMessage))
      << namedVariable(&buffer) << second.at->getSourceRange();
  step(first.at->getBeginLoc(), first.stream ? "this is in another stream"
                                             : "this is in the default stream");
  cure(place, "use one stream, or let this one wait for an event behind the "
              "other work");
}

}  // namespace

extern constinit const Rule GpuStreamOrder =
    sourceRule<GpuStreamOrderCheck>(kInfo);

}  // namespace reproaudit::gpu
