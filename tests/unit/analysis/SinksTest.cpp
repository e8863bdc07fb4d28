// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Tooling/Tooling.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

using namespace clang;
using namespace clang::ast_matchers;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit {
namespace {

constexpr const char *kPrologue = R"cpp(
#include <cstdio>
#include <cmath>
#include <functional>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>
long source();
struct Log { static void Info(const char *format, ...); };
struct Timer { void start(long); };
void logf_debug(const char *text, long value);
void logSoftmax(float *values, long count);
void debug_print(const char *text, long value);
void consume(long);
void saveModel(long);
unsigned hashOf(long);
#define LOG_INFO(x) logf_debug("x", x)
#define CHECK(x) do { if (!(x)) __builtin_abort(); } while (0)
struct Model { float weight; long steps; };
static long total;
)cpp";

/// Parses once for all: the standard headers are most of the time.
std::unique_ptr<ASTUnit> parse(const std::string &code) {
  return tooling::buildASTFromCodeWithArgs(kPrologue + code,
                                           {"-std=c++20", "-w"});
}

template <class Node, class Matcher>
const Node &only(Matcher matcher, ASTContext &context) {
  const auto found = match(matcher, context);
  EXPECT_EQ(found.size(), 1u);
  return *found.front().template getNodeAs<Node>("it");
}

const Expr &sourceIn(const std::string &function, ASTContext &context) {
  return only<Expr>(callExpr(callee(functionDecl(hasName("source"))),
                             hasAncestor(functionDecl(hasName(function))))
                        .bind("it"),
                    context);
}

struct Goes {
  const char *body;
  Kind where;
};

void expectEach(std::initializer_list<Goes> cases) {
  std::string code;
  for (int i = 0; const Goes &one : cases)
    code += "long f" + std::to_string(i++) +
            "(Model &m, float *out, std::ofstream &file, std::ofstream "
            "&logFile, std::vector<long> &v) {" +
            one.body + "}\n";
  const auto unit = parse(code);
  for (int i = 0; const Goes &one : cases) {
    ASTContext &context = unit->getASTContext();
    const Expr &source = sourceIn("f" + std::to_string(i++), context);
    const auto arrivals = arrivalsOf(source, context);
    ASSERT_EQ(arrivals.size(), 1u) << one.body;
    EXPECT_EQ(arrivals[0].destination.kind, one.where) << one.body;
  }
}

struct Used {
  const char *statements;
  Use use;
};

void expectEach(std::initializer_list<Used> cases) {
  std::string code;
  for (int i = 0; const Used &one : cases)
    code += "void f" + std::to_string(i++) +
            "(float *out, std::ofstream &file, std::ofstream &logFile, Timer "
            "&t, std::ostringstream &text, std::FILE *file2) {" +
            one.statements + "}\n";
  const auto unit = parse(code);
  for (int i = 0; const Used &one : cases) {
    ASTContext &context = unit->getASTContext();
    const auto &function = only<FunctionDecl>(
        functionDecl(hasName("f" + std::to_string(i++))).bind("it"), context);
    EXPECT_EQ(useOfStatement(*function.getBody(), context), one.use)
        << one.statements;
  }
}

TEST(Sinks, tellsPeopleFromResults) {
  expectEach({
      Used{"Log::Info(\"%ld\", source());", Use::Diagnostic},
      Used{"std::cerr << source() << 1;", Use::Diagnostic},
      Used{"LOG_INFO(source());", Use::Diagnostic},
      Used{"CHECK(source() > 1);", Use::Diagnostic},
      Used{"std::fprintf(stderr, \"%ld\", source());", Use::Diagnostic},
      Used{"t.start(1);", Use::Diagnostic},
      Used{"logFile << 1;", Use::Diagnostic},
      Used{"if (source()) { std::cerr << 1; } else LOG_INFO(2);",
           Use::Diagnostic},
      Used{"std::cout << 1 << std::endl;", Use::Printed},
      Used{"std::printf(\"%d\", 1);", Use::Printed},
      Used{"std::cerr << 1; std::printf(\"%d\", 1);", Use::Printed},
      Used{"file << 1;", Use::Result},
      Used{"std::fprintf(file2, \"%d\", 1);", Use::Result},
      Used{"text << 1;", Use::Unknown},
      Used{"logSoftmax(out, 3);", Use::Unknown},
      Used{"out[0] = std::log(out[1]);", Use::Unknown},
  });
}

TEST(Destination, climbsToThePlaceThatKeepsTheValue) {
  expectEach({
      Goes{"out[0] = std::sqrt((float)source() * 2);", Kind::Stored},
      Goes{"m.weight = source() % 7;", Kind::Stored},
      Goes{"return source() + 1;", Kind::Returned},
      Goes{"total = source();", Kind::Stored},
      Goes{"v.push_back(source());", Kind::Stored},
      Goes{"std::mt19937 engine(source()); return 1;", Kind::Seeded},
      Goes{"file << source();", Kind::Written},
      Goes{"logFile << source();", Kind::Diagnostic},
      Goes{"return std::hash<long>{}(source());", Kind::Hashed},
      Goes{"saveModel(source());", Kind::Written},
      Goes{"consume(source());", Kind::Argument},
      Goes{"std::string s = std::to_string(source());", Kind::Text},
      Goes{"while (source() < 9) consume(1);", Kind::Decision},
      Goes{"CHECK(source() > 1);", Kind::Diagnostic},
      Goes{"(void)source();", Kind::Nowhere},
      Goes{"const long t = source(); long u = t * 2; m.weight = u;",
           Kind::Stored},
      Goes{"long t = source(); auto g = [&] { out[1] = t; };", Kind::Stored},
  });
}

TEST(ValueFlow, goesIntoFunctionsOfTheUnit) {
  const auto unit =
      parse("void keep(Model &m, long value) { m.weight = value; }"
            "void f(Model &m) { keep(m, source()); }");
  ASTContext &context = unit->getASTContext();
  const auto arrivals = arrivalsOf(sourceIn("f", context), context);
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(arrivals[0].destination.kind, Kind::Stored);
  ASSERT_EQ(arrivals[0].through.size(), 1u);
  EXPECT_EQ(arrivals[0].through[0]->getName(), "value");
}

TEST(ValueFlow, endsWhereItIsToldTo) {
  const auto unit = parse("float f() { long a = source(); return a - total; }");
  ASTContext &context = unit->getASTContext();
  const auto arrivals =
      arrivalsOf(sourceIn("f", context), context, [](const Expr &expr) {
        const auto *binary = dyn_cast<BinaryOperator>(&expr);
        return binary && binary->getOpcode() == BO_Sub;
      });
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(arrivals[0].destination.use(), Use::Diagnostic);
}

}  // namespace
}  // namespace reproaudit
