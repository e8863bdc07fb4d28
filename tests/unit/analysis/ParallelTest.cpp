// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/ParallelWrites.h"

#include "clang/AST/ASTContext.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Tooling/Tooling.h"

#include <gtest/gtest.h>

#include <string>

using namespace clang;

namespace reproaudit {
namespace {

/// Enough of a standard library to start threads; no header is parsed.
constexpr const char *kPrologue = R"cpp(
namespace std {
struct thread { template <class F, class... A> explicit thread(F &&, A &&...) {} void join(); };
struct mutex { void lock(); void unlock(); };
template <class M> struct lock_guard { explicit lock_guard(M &); ~lock_guard(); };
template <class T> struct vector {
  template <class... A> void emplace_back(A &&...) {}
  void push_back(const T &);
  T &operator[](unsigned long);
};
template <class T> struct complex { T re, im; complex &operator+=(const complex &); };
}
int omp_get_thread_num();
)cpp";

class Code {
public:
  explicit Code(const std::string &text)
      : unit_(tooling::buildASTFromCodeWithArgs(
            kPrologue + text, {"-std=c++20", "-fopenmp", "-w"})) {}

  const FunctionDecl &function(StringRef name) const {
    for (const Decl *decl :
         unit_->getASTContext().getTranslationUnitDecl()->decls())
      if (const auto *function = dyn_cast<FunctionDecl>(decl);
          function && function->getIdentifier() && function->getName() == name)
        return *function;
    ADD_FAILURE() << "no function " << name.str();
    std::abort();
  }

  const ParallelCode &parallel(StringRef name) const {
    return parallelCode(function(name));
  }

  ASTContext &context() const { return unit_->getASTContext(); }

private:
  std::unique_ptr<ASTUnit> unit_;
};

/// The only write to the variable or member \p name.
const ParallelWrite &writeTo(const ParallelCode &code, StringRef name) {
  const ParallelWrite *found = nullptr;
  for (const ParallelWrite &write : code.writes)
    if (const NamedDecl *root = namedRoot(write.target);
        root && root->getName() == name) {
      EXPECT_EQ(found, nullptr) << "several writes to " << name.str();
      found = &write;
    }
  EXPECT_NE(found, nullptr) << "no write to " << name.str();
  return found ? *found : code.writes.front();
}

TEST(Parallel, clausesMakeVariablesPrivate) {
  const Code code(R"cpp(
void f(float *x, int n) {
  float shared = 0, own = 0, copy = 0, sum = 0;
  #pragma omp parallel for private(own) firstprivate(copy) reduction(+ : sum)
  for (int i = 0; i < n; ++i) { shared = x[i]; own = x[i]; copy = x[i]; sum += x[i]; }
})cpp");
  const ParallelCode &f = code.parallel("f");
  ASSERT_EQ(f.regions.size(), 1u);
  EXPECT_EQ(writeTo(f, "shared").reach, Reach::Shared);
  EXPECT_EQ(writeTo(f, "own").reach, Reach::Private);
  EXPECT_EQ(writeTo(f, "copy").reach, Reach::Private);
  EXPECT_EQ(writeTo(f, "sum").reach, Reach::Private);
}

TEST(Parallel, anIndexTellsWhoseElementItIs) {
  const Code code(R"cpp(
void f(float *a, float *b, float *c, float *d, const int *bin, int n) {
  #pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    a[i * 3 + 1] = 0;
    b[omp_get_thread_num()] += 1;
    c[bin[i]] += 1;
    d[i % 8] += 1;
  }
})cpp");
  const ParallelCode &f = code.parallel("f");
  EXPECT_EQ(writeTo(f, "a").reach, Reach::OwnSlot);
  EXPECT_EQ(writeTo(f, "b").reach, Reach::ThreadSlot);
  EXPECT_EQ(writeTo(f, "c").reach, Reach::Shared);
  EXPECT_EQ(writeTo(f, "d").reach, Reach::Shared);
}

TEST(Parallel, capturesDecideWhatALambdaShares) {
  const Code code(R"cpp(
void f(int n) {
  float byReference = 0, byCopy = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < n; ++t)
    threads.emplace_back([&byReference, byCopy]() mutable { byReference += 1.5f; byCopy += 1.5f; });
})cpp");
  const ParallelCode &f = code.parallel("f");
  ASSERT_EQ(f.regions.size(), 1u);
  EXPECT_TRUE(f.regions[0].repeated);
  EXPECT_EQ(writeTo(f, "byReference").reach, Reach::Shared);
  EXPECT_EQ(writeTo(f, "byCopy").reach, Reach::Private);
}

TEST(Parallel, oneThreadDoesNotMeetItself) {
  const Code code(R"cpp(
void f() { float x = 0; std::thread worker([&] { x += 1; }); worker.join(); })cpp");
  const ParallelCode &f = code.parallel("f");
  ASSERT_EQ(f.regions.size(), 1u);
  EXPECT_FALSE(f.regions[0].repeated);
}

TEST(Parallel, aHelperIsKnownByWhatItDoes) {
  const Code code(R"cpp(
template <class F> void distribute(int n, F body) {
  #pragma omp parallel for
  for (int i = 0; i < n; ++i) body(i);
}
template <class F> void once(int n, F body) { body(n); }
void parallel(float *x, int n) { distribute(n, [&](int i) { x[i] = 1; }); }
void serial(float *x, int n) { once(n, [&](int i) { x[i] = 1; }); }
)cpp");
  EXPECT_EQ(code.parallel("parallel").regions.size(), 1u);
  EXPECT_EQ(code.parallel("serial").regions.size(), 0u);
}

TEST(Parallel, aLockEndsWithItsBlock) {
  const Code code(R"cpp(
std::mutex m;
float inside, after, byHand;
void f(int n) {
  #pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    { std::lock_guard<std::mutex> lock(m); inside += i; }
    after += i;
    m.lock();
    byHand += i;
    m.unlock();
  }
})cpp");
  const ParallelCode &f = code.parallel("f");
  EXPECT_EQ(writeTo(f, "inside").guard, Guard::Lock);
  EXPECT_EQ(writeTo(f, "after").guard, Guard::None);
  EXPECT_EQ(writeTo(f, "byHand").guard, Guard::Lock);
}

TEST(Parallel, callsAreFollowedWithTheirArguments) {
  const Code code(R"cpp(
void add(float &to, float value) { to += value; }
void f(float *x, float &sum, int n) {
  #pragma omp parallel for
  for (int i = 0; i < n; ++i) add(sum, x[i]);
}
void g(float *x, int n) {
  #pragma omp parallel for
  for (int i = 0; i < n; ++i) add(x[i], 1.5f);
})cpp");
  EXPECT_EQ(writeTo(code.parallel("f"), "to").reach, Reach::Shared);
  EXPECT_NE(writeTo(code.parallel("f"), "to").via, nullptr);
  EXPECT_EQ(writeTo(code.parallel("g"), "to").reach, Reach::OwnSlot);
}

TEST(Accumulation, roundsInTheElementType) {
  const Code code(R"cpp(
struct Pair { float gradient; int count; };
struct Count { long hits; };
typedef float Lanes __attribute__((ext_vector_type(4)));
void f(float a, int b, std::complex<double> c, Pair d, Count e, Lanes g, double &h, std::vector<float> i) {}
)cpp");
  const FunctionDecl &f = code.function("f");
  const bool expected[] = {true, false, true, true, false, true, true, true};
  for (unsigned i = 0; i < f.getNumParams(); ++i)
    EXPECT_EQ(!roundingType(f.getParamDecl(i)->getType()).isNull(), expected[i])
        << f.getParamDecl(i)->getName().str();
}

TEST(Accumulation, seesEverySpelling) {
  const Code code(R"cpp(
void f(float x, float y) {
  x += y; x = x + y; x = y + x; x = x + y + 1; ++x;
  x = y; x = y - x; y = x + 1;
})cpp");
  std::vector<bool> found;
  for (const Stmt *stmt :
       cast<CompoundStmt>(code.function("f").getBody())->body())
    found.push_back(
        accumulation(*cast<Expr>(stmt), code.context()).has_value());
  EXPECT_EQ(found, (std::vector<bool>{true, true, true, true, true, false,
                                      false, false}));
}

TEST(Atomics, findsFloatingReductionsInPtx) {
  EXPECT_EQ(floatingReduction("red.global.add.f32 [%0], %1;"), "f32");
  EXPECT_EQ(floatingReduction("atom.add.noftz.f16x2 %0, [%1], %2;"), "f16x2");
  EXPECT_EQ(floatingReduction("red.global.add.u32 [%0], %1;"), "");
  EXPECT_EQ(floatingReduction("red.global.max.f32 [%0], %1;"), "");
  EXPECT_EQ(floatingReduction("add.f32 %0, %1, %2;"), "");
}

}  // namespace
}  // namespace reproaudit
