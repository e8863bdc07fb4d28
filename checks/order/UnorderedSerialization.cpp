// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/STLExtras.h"

#include <vector>

using namespace clang;
using namespace clang::ast_matchers;
using llvm::StringRef;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kOptions[] = {kUnorderedContainers};

constexpr RuleInfo kInfo = validated({
    .name = "repro-unordered-serialization",
    .family = Family::Order,
    .scope = Scope::Platform,
    .tier = Tier::Audit,
    .summary = "Unordered container handed to a serialiser as a whole",
    .since = "0.1.0",
    .why = R"md(
A serialiser writes the elements of a container one after the other. Two equal
hash containers then give two different files: checksums of models and caches
differ, content-addressed stores keep copies, signatures do not match, and what
reads the file back in that order computes something else.)md",
    .bad = R"cpp(
#include <unordered_map>

struct Vocabulary {
  std::unordered_map<int, float> weights;
  template <class Archive> void serialize(Archive &archive, unsigned) {
    archive & weights;
  }
};)cpp",
    .good = R"cpp(
#include <map>

struct Vocabulary {
  std::map<int, float> weights;
  template <class Archive> void serialize(Archive &archive, unsigned) {
    archive & weights;
  }
};)cpp",
    .limits = R"md(
Boost.Serialization, cereal, MessagePack, nlohmann::json and messages of protobuf
with maps are known. Unless told otherwise nlohmann sorts objects, so that only
what becomes an array is reported. Loops that write are up to
`repro-unordered-leak`.)md",
    .options = kOptions,
});

/// A class that values are written to, by its name: boost::archive's
/// text_oarchive, cereal's BinaryOutputArchive, msgpack's packer.
bool isArchive(const Expr &expr) {
  static constexpr llvm::StringLiteral kWords[] = {"archive", "oarchive",
                                                   "packer"};
  static constexpr llvm::StringLiteral kReads[] = {"input"};
  const StringRef name = recordName(expr.getType());
  return (name.contains_insensitive("archive") || name == "packer") &&
         hasWord(name, kWords) && !hasWord(name, kReads);
}

/// `archive` in `template <class Archive> void serialize(Archive &archive)`.
bool isArchiveParameter(const Expr &expr) {
  const auto *parameter = dyn_cast_or_null<ParmVarDecl>(namedVariable(&expr));
  if (parameter == nullptr || !parameter->getType()->isDependentType())
    return false;
  const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
  const StringRef name = nameOf(function);
  return name == "serialize" || name == "save" || name == "save_minimal";
}

/// `archive` of `archive & x & y`.
const Expr *leftMost(const BinaryOperator &chain) {
  const Expr *left = bare(chain.getLHS());
  const auto *link = dyn_cast<BinaryOperator>(left);
  return link ? leftMost(*link) : left;
}

/// `x` of `make_nvp("x", x)`, `CEREAL_NVP(x)`.
const Expr *unwrapped(const Expr *value) {
  value = bare(value);
  const auto *call = dyn_cast<CallExpr>(value);
  return call && call->getNumArgs() > 1 &&
                 nameOf(call->getDirectCallee()).ends_with("make_nvp")
             ? unwrapped(call->getArg(call->getNumArgs() - 1))
             : value;
}

/// Does a protobuf message have a map among its own fields? Their accessors
/// give a reference to a Map.
bool hasMap(const CXXRecordDecl &message) {
  return llvm::any_of(message.methods(), [](const CXXMethodDecl *method) {
    return method->isConst() && method->getReturnType()->isReferenceType() &&
           recordName(method->getReturnType()) == "Map";
  });
}

class UnorderedSerializationCheck final : public Check {
public:
  UnorderedSerializationCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context), containers_(list(kUnorderedContainers)) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  void written(const Expr &value, const Expr &at);
  void pattern(const FunctionDecl &function);
  void method(const CXXMemberCallExpr &call);
  void json(const CXXConstructExpr &made);

  std::vector<StringRef> containers_;
};

void UnorderedSerializationCheck::registerMatchers(MatchFinder *finder) {
  const auto own = unless(isExpansionInSystemHeader());
  finder->addMatcher(
      functionDecl(hasAnyName("serialize", "save", "save_minimal"),
                   hasBody(stmt()), own)
          .bind("pattern"),
      this);
  finder->addMatcher(
      cxxOperatorCallExpr(hasAnyOverloadedOperatorName("&", "<<", "()"), own)
          .bind("operator"),
      this);
  finder->addMatcher(
      cxxMemberCallExpr(callee(cxxMethodDecl(hasAnyName(
                            "pack", "SerializeToString", "SerializeAsString",
                            "SerializeToArray", "SerializeToOstream",
                            "SerializeToFileDescriptor"))),
                        own)
          .bind("method"),
      this);
  finder->addMatcher(cxxConstructExpr(hasDeclaration(cxxConstructorDecl(
                                          ofClass(hasName("basic_json")))),
                                      argumentCountAtLeast(1), own)
                         .bind("json"),
                     this);
}

void UnorderedSerializationCheck::written(const Expr &value, const Expr &at) {
  const Expr *whole = unwrapped(&value);
  if (whole->getType()->isDependentType() ||
      orderOf(whole->getType(), containers_) == Order::Specified)
    return;
  finding(at.getExprLoc(), "%0 is serialised in %1")
      << described(whole) << described(orderOf(whole->getType(), containers_));
  cure(at.getExprLoc(),
       "write a sorted copy, or keep the elements in an ordered container");
}

/// What a template does with its archive, before it is instantiated.
void UnorderedSerializationCheck::pattern(const FunctionDecl &function) {
  anyStmt(function.getBody(), [&](const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
      if ((op->getOpcode() == BO_And || op->getOpcode() == BO_Shl) &&
          isArchiveParameter(*leftMost(*op)))
        written(*op->getRHS(), *op);
    } else if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      if (isArchiveParameter(*call->getCallee()))
        for (const Expr *value : call->arguments())
          written(*value, *call);
    }
    return false;
  });
}

void UnorderedSerializationCheck::method(const CXXMemberCallExpr &call) {
  const Expr *object = bare(call.getImplicitObjectArgument());
  if (isArchive(*object))
    for (const Expr *value : call.arguments())
      written(*value, call);
  const CXXRecordDecl *message = object->getType()->getAsCXXRecordDecl();
  if (!message || !hasMap(*message))
    return;
  finding(call.getExprLoc(), "the maps of %0 are serialised in hash order")
      << described(object);
  cure(call.getExprLoc(), "serialise to a CodedOutputStream after "
                          "SetSerializationDeterministic(true)");
}

/// nlohmann sorts what has text as keys, but for ordered_json; everything else
/// becomes an array.
void UnorderedSerializationCheck::json(const CXXConstructExpr &made) {
  const Expr &value = *bare(made.getArg(0));
  const Shape shape = shapeOf(value.getType());
  const std::string type = made.getType().getCanonicalType().getAsString();
  if ((shape != Shape::Map && shape != Shape::MultiMap) ||
      !isText(firstArgument(value.getType())) || type.contains("ordered_map"))
    written(value, made);
}

void UnorderedSerializationCheck::check(
    const MatchFinder::MatchResult &result) {
  const BoundNodes &nodes = result.Nodes;
  if (const auto *function = nodes.getNodeAs<FunctionDecl>("pattern")) {
    if (function->isDependentContext())
      pattern(*function);
  } else if (const auto *called =
                 nodes.getNodeAs<CXXMemberCallExpr>("method")) {
    method(*called);
  } else if (const auto *made = nodes.getNodeAs<CXXConstructExpr>("json")) {
    json(*made);
  } else if (const auto *op = nodes.getNodeAs<CXXOperatorCallExpr>("operator");
             isArchive(*op->getArg(0))) {
    for (const Expr *value : llvm::drop_begin(op->arguments()))
      written(*value, *op);
  }
}

}  // namespace

extern constinit const Rule UnorderedSerialization =
    sourceRule<UnorderedSerializationCheck>(kInfo);

}  // namespace reproaudit::order
