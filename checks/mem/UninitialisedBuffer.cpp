// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Buffer.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-uninitialised-buffer",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Memory without values is accumulated into",
    .since = "0.1.0",
    .why = R"md(
`malloc`, `new float[n]`, `torch::empty`, an Eigen matrix or `cv::Mat` of a given
size hold whatever was there before. `+=` on such memory adds to garbage: often
zero on a fresh page, something else on a page that was used.)md",
    .bad = R"cpp(
float *histogramOf(const int *bins, const float *weights, int n, int size) {
  float *histogram = new float[size];
  for (int i = 0; i < n; ++i)
    histogram[bins[i]] += weights[i];
  return histogram;
})cpp",
    .good = R"cpp(
float *histogramOf(const int *bins, const float *weights, int n, int size) {
  float *histogram = new float[size]();
  for (int i = 0; i < n; ++i)
    histogram[bins[i]] += weights[i];
  return histogram;
})cpp",
    .limits =
        "Local variables and arrays, in the function that allocates "
        "them. Any earlier write, call or copy of the pointer is taken to "
        "fill the memory.",
});

class UninitialisedBufferCheck final : public Check {
public:
  UninitialisedBufferCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(varDecl(hasLocalStorage(), unless(parmVarDecl()),
                               unless(isExpansionInSystemHeader()))
                           .bind("buffer"),
                       this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<SourceLocation> reported_;
};

void UninitialisedBufferCheck::check(const MatchFinder::MatchResult &result) {
  const auto *buffer = result.Nodes.getNodeAs<VarDecl>("buffer");
  const StringRef garbage = garbageIn(*buffer);
  if (garbage.empty())
    return;
  const Expr *use = firstAccumulationBeforeAnyWrite(*buffer, *result.Context);
  // Instantiations of a template share the place.
  if (use == nullptr || !reported_.insert(use->getExprLoc()).second)
    return;
  finding(result.SourceManager->getExpansionLoc(use->getExprLoc()),
          "%0 is accumulated into before it has values")
      << buffer << use->getSourceRange();
  step(buffer->getLocation(), "%0 leaves the memory of %1 as it was")
      << garbage << buffer;
  cure(buffer->getLocation(), "fill %0 with zeros first") << buffer;
}

}  // namespace

extern constinit const Rule UninitialisedBuffer =
    sourceRule<UninitialisedBufferCheck>(kInfo);

}  // namespace reproaudit::mem
