// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/SeedOrigin.h"

#include "reproaudit/analysis/PerUnit.h"
#include "reproaudit/analysis/RandomUse.h"

#include "clang/Frontend/ASTUnit.h"
#include "clang/Tooling/Tooling.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

using namespace clang;

namespace reproaudit {
namespace {

/// `sink(value)` is where a value is asked for. `time` and `getrandom` are
/// declared as if a system header had done so.
constexpr const char *kPrologue = R"cpp(
# 1 "system.h" 1 3
extern "C" long time(long *);
extern "C" long getrandom(void *, unsigned long, unsigned);
extern "C" char *getenv(const char *);
extern "C" int atoi(const char *);
extern "C" int rand();
extern "C" void srand(unsigned);
namespace std {
struct random_device { unsigned operator()(); static unsigned max(); };
template <class T> struct hash { unsigned long operator()(const T &) const; };
template <class T> struct optional { template <class U> T value_or(U) const; };
}
# 10 "input.cc" 2
void sink(long);
)cpp";

/// The origin of the argument of the last call of `sink` in \p code.
Origin originIn(const std::string &code) {
  const std::unique_ptr<ASTUnit> ast = tooling::buildASTFromCodeWithArgs(
      kPrologue + code, {"-std=c++20", "-w"}, "input.cc");
  const auto &unit = perUnit<UnitIndex>(ast->getASTContext());
  Origin origin;
  for (const Call &call : unit.calls())
    if (call.callee->getIdentifier() && call.callee->getName() == "sink")
      origin = OriginFinder(unit).of(call.argument(0), call.place);
  // The strings outlive the unit, the declarations do not.
  origin.parameters.clear();
  origin.variables.clear();
  return origin;
}

OriginKind kindIn(const std::string &code) { return originIn(code).kind; }

TEST(SeedOrigin, ConstantsAreConstant) {
  EXPECT_EQ(kindIn("void f() { sink(3 * 14 + 'x'); }"), OriginKind::Constant);
  EXPECT_EQ(kindIn("constexpr int k = 7; void f() { sink(k); }"),
            OriginKind::Constant);
  EXPECT_EQ(kindIn("void f() { sink(std::random_device::max()); }"),
            OriginKind::Constant);
}

TEST(SeedOrigin, CallersDecideAboutParameters) {
  EXPECT_EQ(kindIn("void f(int seed) { int s = seed + 1; sink(s); }"),
            OriginKind::Parameter);
}

TEST(SeedOrigin, TheEnvironmentIsConfiguration) {
  EXPECT_EQ(kindIn("void f() { sink(atoi(getenv(\"SEED\"))); }"),
            OriginKind::Configuration);
  EXPECT_EQ(kindIn("extern int option; void f() { sink(option); }"),
            OriginKind::Configuration);
}

TEST(SeedOrigin, EntropyPassesThroughArithmeticAndVariables) {
  const Origin origin = originIn(
      "void f(int x) { long t = time(0); long s = (int)t ^ x; sink(s); }");
  EXPECT_EQ(origin.kind, OriginKind::Entropy);
  EXPECT_FALSE(origin.optional);
  EXPECT_EQ(origin.source, "the clock");
  ASSERT_EQ(origin.flow.size(), 3U);
  EXPECT_EQ(origin.flow.front().message, "the clock is read here");
  EXPECT_EQ(origin.flow.back().message, "stored in 's' here");
}

TEST(SeedOrigin, EntropyPassesThroughFunctions) {
  EXPECT_EQ(kindIn("long now() { return time(0); }"
                   "long mix(long a) { return a * 31; }"
                   "void f() { sink(mix(now())); }"),
            OriginKind::Entropy);
  EXPECT_EQ(kindIn("long mix(long a) { return a * 31; }"
                   "void f() { long t = time(0); sink(mix(5)); }"),
            OriginKind::Constant);
}

TEST(SeedOrigin, EntropyComesThroughPointers) {
  EXPECT_EQ(kindIn("void f() { long s; getrandom(&s, sizeof s, 0); sink(s); }"),
            OriginKind::Entropy);
  EXPECT_EQ(kindIn("void fill(long *s) { *s = std::random_device()(); }"
                   "void f() { long s; fill(&s); sink(s); }"),
            OriginKind::Entropy);
}

TEST(SeedOrigin, AFallbackIsOptional) {
  for (const char *code :
       {"void f(long s) { sink(s ? s : time(0)); }",
        "void f(long s) { if (s < 0) s = time(0); sink(s); }",
        "long g(long s) { if (s) return s; return time(0); }"
        "void f(long s) { sink(g(s)); }",
        "void f(std::optional<long> s) { sink(s.value_or(time(0))); }"}) {
    const Origin origin = originIn(code);
    EXPECT_EQ(origin.kind, OriginKind::Entropy) << code;
    EXPECT_TRUE(origin.optional) << code;
  }
}

TEST(SeedOrigin, LaterValuesReplaceEarlierOnes) {
  EXPECT_EQ(kindIn("void f() { long s = time(0); s = 42; sink(s); }"),
            OriginKind::Constant);
  const Origin origin =
      originIn("void f() { long s = 42; s = time(0); sink(s); }");
  EXPECT_EQ(origin.kind, OriginKind::Entropy);
  EXPECT_FALSE(origin.optional);
  EXPECT_EQ(kindIn("void f() { long s = 1; sink(s); s = time(0); }"),
            OriginKind::Constant);
}

TEST(SeedOrigin, LoopsCarryValuesRound) {
  EXPECT_EQ(kindIn("void f() { long s = 1;"
                   "for (int i = 0; i < 2; ++i) { sink(s); s = time(0); } }"),
            OriginKind::Entropy);
}

TEST(SeedOrigin, RecursionEnds) {
  EXPECT_EQ(kindIn("long g(long n) { return n ? g(n - 1) * 3 : time(0); }"
                   "void f() { sink(g(9)); }"),
            OriginKind::Entropy);
}

TEST(SeedOrigin, MembersAreFollowedToTheirInitialisers) {
  EXPECT_EQ(kindIn("class C { long s; public: C() : s(time(0)) {}"
                   "void f() { sink(s); } };"),
            OriginKind::Entropy);
  EXPECT_EQ(kindIn("struct P { long s = 0; }; void g(P &p) { p.s = time(0); }"
                   "void f(const P &p) { sink(p.s); }"),
            OriginKind::Configuration);
}

TEST(SeedOrigin, AddressesDrawsAndHashes) {
  EXPECT_EQ(kindIn("void f() { int x; sink((long)&x); }"), OriginKind::Entropy);
  EXPECT_EQ(kindIn("void *w(void *p) { sink((long)p); return p; }"),
            OriginKind::Parameter);
  EXPECT_EQ(kindIn("void f() { sink(rand()); }"), OriginKind::Draw);
  EXPECT_EQ(kindIn("void f(int x) { sink(std::hash<int>()(x)); }"),
            OriginKind::Hash);
}

TEST(RandomUse, WhatFlowsIntoASeedMakesAParameterASeed) {
  const std::unique_ptr<ASTUnit> ast = tooling::buildASTFromCodeWithArgs(
      std::string(kPrologue) + "void start(int n) { srand(n); }"
                               "void f() { start(time(0)); }",
      {"-std=c++20", "-w"}, "input.cc");
  const auto &use = perUnit<RandomUse>(ast->getASTContext());
  ASSERT_EQ(use.seedings().size(), 2U);
  EXPECT_EQ(use.seedings()[0].origin.kind, OriginKind::Parameter);
  EXPECT_EQ(use.seedings()[1].origin.kind, OriginKind::Entropy);
  EXPECT_EQ(use.seedings()[1].subject, "'n' of 'start'");
}

TEST(RandomApi, NamesThatSpeakOfSeeds) {
  for (const char *name : {"seed", "rng_seed", "randomSeed", "SEED",
                           "bagging_seed", "random_state", "srand"})
    EXPECT_TRUE(soundsLikeSeed(name)) << name;
  for (const char *name : {"seeded", "state", "random", "proceed", "s"})
    EXPECT_FALSE(soundsLikeSeed(name)) << name;
}

}  // namespace
}  // namespace reproaudit
