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
  return hasWord(name, kWords) && !hasWord(name, kReads);
}

/// `archive` in `template <class Archive> void serialize(Archive &archive)`.
bool isArchiveParameter(const Expr &expr) {
  const auto *parameter = dyn_cast_or_null<ParmVarDecl>(namedVariable(&expr));
  if (!parameter || !parameter->getType()->isDependentType())
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
  void called(const CallExpr &call);
  void json(const CXXConstructExpr &made);

  std::vector<StringRef> containers_;
};

void UnorderedSerializationCheck::registerMatchers(MatchFinder *finder) {
  const auto own = unless(isExpansionInSystemHeader());
  finder->addMatcher(
      binaryOperator(hasAnyOperatorName("&", "<<"), own).bind("shift"), this);
  finder->addMatcher(callExpr(own).bind("call"), this);
  finder->addMatcher(cxxConstructExpr(argumentCountAtLeast(1),
                                      hasDeclaration(cxxConstructorDecl(
                                          ofClass(hasName("basic_json")))),
                                      own)
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

void UnorderedSerializationCheck::called(const CallExpr &call) {
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const StringRef name = nameOf(method->getMethodDecl());
    const Expr *object = bare(method->getImplicitObjectArgument());
    if (name == "pack" && isArchive(*object))
      for (const Expr *value : call.arguments())
        written(*value, call);
    const CXXRecordDecl *message =
        name.starts_with("Serialize") && !name.contains("Coded")
            ? object->getType()->getAsCXXRecordDecl()
            : nullptr;
    if (message && hasMap(*message)) {
      finding(call.getExprLoc(), "the maps of %0 are serialised in hash order")
          << described(object);
      cure(call.getExprLoc(), "serialise to a CodedOutputStream after "
                              "SetSerializationDeterministic(true)");
    }
    return;
  }
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  const Expr *archive = op ? op->getArg(0) : call.getCallee();
  const bool isWrite =
      op ? (op->getOperator() == OO_Amp || op->getOperator() == OO_LessLess ||
            op->getOperator() == OO_Call) &&
               isArchive(*archive)
         : isArchiveParameter(*archive);
  if (!isWrite)
    return;
  for (unsigned i = op ? 1 : 0; i < call.getNumArgs(); ++i)
    written(*call.getArg(i), call);
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
  if (const auto *call = result.Nodes.getNodeAs<CallExpr>("call"))
    called(*call);
  else if (const auto *made = result.Nodes.getNodeAs<CXXConstructExpr>("json"))
    json(*made);
  else if (const auto *op = result.Nodes.getNodeAs<BinaryOperator>("shift");
           op && isArchiveParameter(*leftMost(*op)))
    written(*op->getRHS(), *op);
}

}  // namespace

extern constinit const Rule UnorderedSerialization =
    sourceRule<UnorderedSerializationCheck>(kInfo);

}  // namespace reproaudit::order
