// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::env {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-locale-parsing",
    .family = Family::Env,
    .scope = Scope::Env,
    .summary = "Number is read under the user's locale",
    .since = "0.1.0",
    .why = R"md(
After `setlocale(LC_ALL, "")` the decimal point is what the user's language says.
Under `de_DE` the text `0.5` is read as 0, and a data set, a model or a learning
rate silently changes with an environment variable.)md",
    .bad = R"cpp(
#include <clocale>
#include <string>

double readRate(const std::string &text) {
  std::setlocale(LC_ALL, "");
  return std::stod(text);
})cpp",
    .good = R"cpp(
#include <charconv>
#include <clocale>
#include <string>

double readRate(const std::string &text) {
  std::setlocale(LC_ALL, "");
  double rate = 0;
  std::from_chars(text.data(), text.data() + text.size(), rate);
  return rate;
})cpp",
    .limits = "The locale must be set in the same unit. A unit that also sets "
              "the numeric locale to \"C\" is trusted.",
});

/// The name of a locale in an argument: nullopt if it is not written there.
std::optional<StringRef> localeName(const Expr &argument) {
  const Expr *plain = argument.IgnoreParenImpCasts();
  while (true) {
    plain = plain->IgnoreImplicit()->IgnoreParenCasts()->IgnoreImplicit();
    const auto *construction = dyn_cast<CXXConstructExpr>(plain);
    if (!construction || construction->getNumArgs() == 0)
      break;
    plain = construction->getArg(0);
  }
  if (const auto *call = dyn_cast<CallExpr>(plain);
      call && nameOf(call->getDirectCallee()) == "classic")
    return "C";
  const auto *text = dyn_cast<StringLiteral>(plain);
  if (!text || text->getCharByteWidth() != 1)
    return std::nullopt;
  return text->getString();
}

bool isNeutral(StringRef locale) {
  return locale == "C" || locale == "POSIX" || locale.starts_with("C.") ||
         locale.starts_with("en_US");
}

enum class Effect : std::uint8_t { None, User, Neutral };

/// `setlocale(category, name)` as far as numbers are concerned.
Effect effectOfSetlocale(const CallExpr &call, const ASTContext &context) {
  if (call.getNumArgs() != 2)
    return Effect::None;
  // The categories are macros, and their values the platform's choice.
  const StringRef category = Lexer::getSourceText(
      CharSourceRange::getTokenRange(call.getArg(0)->getSourceRange()),
      context.getSourceManager(), context.getLangOpts());
  if (category != "LC_ALL" && category != "LC_NUMERIC")
    return Effect::None;
  if (call.getArg(1)->isNullPointerConstant(const_cast<ASTContext &>(context),
                                            Expr::NPC_ValueDependentIsNull) !=
      0u)
    return Effect::None;  // a question
  const std::optional<StringRef> name = localeName(*call.getArg(1));
  // An unwritten name restores what was before.
  if (!name)
    return Effect::None;
  return isNeutral(*name) ? Effect::Neutral : Effect::User;
}

bool readsNumber(const FunctionDecl &function) {
  return llvm::StringSwitch<bool>(nameOf(&function))
      .Cases({"stod", "stof", "stold", "strtod", "strtof", "strtold", "atof",
              "wcstod", "wcstof", "_wtof"},
             true)
      .Default(false);
}

/// `sscanf(text, "%lf", &x)`: the conversions that know a decimal point.
bool scansNumber(const CallExpr &call) {
  const StringRef name = nameOf(call.getDirectCallee());
  if ((name != "sscanf" && name != "fscanf" && name != "scanf") ||
      call.getNumArgs() < 2)
    return false;
  const auto *format = dyn_cast<StringLiteral>(
      call.getArg(name == "scanf" ? 0 : 1)->IgnoreParenImpCasts());
  return format != nullptr && format->getCharByteWidth() == 1 &&
         (format->getString().contains("f") ||
          format->getString().contains("%g") ||
          format->getString().contains("%e") ||
          format->getString().contains("%lg"));
}

class LocaleParsingCheck final : public Check {
public:
  LocaleParsingCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;
  void onEndOfTranslationUnit() override;

private:
  void noteLocale(const CallExpr &call, const ASTContext &context);
  void noteReading(const CallExpr &call);

  SourceLocation setHere_;     ///< The user's locale, for C's functions.
  SourceLocation globalHere_;  ///< The same for streams, which do not ask C.
  bool isReset_ = false;
  /// Where a stream got the user's locale; invalid if it got a neutral one.
  llvm::DenseMap<const VarDecl *, SourceLocation> imbued_;
  struct Reading {
    SourceLocation at;
    const VarDecl *stream = nullptr;
    bool isStream = false;
  };
  SourceLocation localeOf(const Reading &reading) const;
  std::vector<Reading> readings_;
};

void LocaleParsingCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(
      callExpr(unless(isExpansionInSystemHeader()),
               callee(functionDecl(hasAnyName(
                   "setlocale", "::std::locale::global", "imbue", "stod",
                   "stof", "stold", "strtod", "strtof", "strtold", "atof",
                   "wcstod", "sscanf", "fscanf", "scanf", "operator>>"))))
          .bind("call"),
      this);
}

const VarDecl *streamOf(const Expr &expr) {
  const Expr *base = &expr;
  for (;;) {
    base = base->IgnoreParenImpCasts();
    if (const auto *op = dyn_cast<CXXOperatorCallExpr>(base))
      base = op->getArg(0);
    else if (const auto *call = dyn_cast<CXXMemberCallExpr>(base))
      base = call->getImplicitObjectArgument();
    else
      break;
  }
  const auto *ref = dyn_cast<DeclRefExpr>(base);
  return ref ? dyn_cast<VarDecl>(ref->getDecl()) : nullptr;
}

void LocaleParsingCheck::noteLocale(const CallExpr &call,
                                    const ASTContext &context) {
  const StringRef name = nameOf(call.getDirectCallee());
  Effect effect = Effect::None;
  if (name == "setlocale")
    effect = effectOfSetlocale(call, context);
  else if (name == "global" || name == "imbue")
    if (const auto locale = localeName(*call.getArg(0)))
      effect = isNeutral(*locale) ? Effect::Neutral : Effect::User;
  if (effect == Effect::None)
    return;
  if (name == "imbue") {
    const auto *member = dyn_cast<CXXMemberCallExpr>(&call);
    const VarDecl *stream =
        member ? streamOf(*member->getImplicitObjectArgument()) : nullptr;
    if (stream)
      imbued_.try_emplace(stream, effect == Effect::User ? call.getBeginLoc()
                                                         : SourceLocation());
    return;
  }
  if (effect == Effect::Neutral)
    isReset_ = true;
  else if (setHere_.isInvalid())
    setHere_ = call.getBeginLoc();
  if (effect == Effect::User && name == "global" && globalHere_.isInvalid())
    globalHere_ = call.getBeginLoc();
}

void LocaleParsingCheck::noteReading(const CallExpr &call) {
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call)) {
    if (op->getNumArgs() == 2 && op->getArg(1)->getType()->isRealFloatingType())
      readings_.push_back(
          {op->getOperatorLoc(), streamOf(*op->getArg(0)), /*isStream=*/true});
  } else if (readsNumber(*call.getDirectCallee()) || scansNumber(call))
    readings_.push_back({.at = call.getBeginLoc()});
}

void LocaleParsingCheck::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  noteLocale(*call, *result.Context);
  noteReading(*call);
}

/// Where the user's locale came in by which \p reading goes, if it did.
SourceLocation LocaleParsingCheck::localeOf(const Reading &reading) const {
  if (const auto imbued = imbued_.find(reading.stream);
      reading.stream != nullptr && imbued != imbued_.end())
    return imbued->second;
  if (isReset_)
    return {};
  return reading.isStream ? globalHere_ : setHere_;
}

void LocaleParsingCheck::onEndOfTranslationUnit() {
  llvm::DenseSet<SourceLocation> reported;
  for (const Reading &reading : readings_) {
    const SourceLocation locale = localeOf(reading);
    if (locale.isInvalid() || !reported.insert(reading.at).second)
      continue;
    finding(reading.at, "this number is read with the decimal point of the "
                        "user's locale");
    step(locale, "the locale is set here");
    cure(reading.at, "use 'std::from_chars', or keep the numeric locale at "
                     "\"C\"");
  }
  readings_.clear();
  imbued_.clear();
  setHere_ = globalHere_ = {};
  isReset_ = false;
}

}  // namespace

extern constinit const Rule LocaleParsing =
    sourceRule<LocaleParsingCheck>(kInfo);

}  // namespace reproaudit::env
