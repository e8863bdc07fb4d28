// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/Regex.h"

using namespace clang;

namespace reproaudit::fp {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unsafe-fp-pragma",
    .family = Family::Fp,
    .scope = Scope::Platform,
    .summary = "Pragma or attribute that lets the compiler change results",
    .since = "0.1.0",
    .why = R"md(
A compiler that may reassociate, contract or drop signed zeros computes something
else with every version, optimisation level and vector width. No build file shows
a permission that is given in the source.)md",
    .bad = R"cpp(
#pragma GCC optimize("O3,fast-math")

float dot(const float *a, const float *b, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i)
    sum += a[i] * b[i];
  return sum;
})cpp",
    .good = R"cpp(
#pragma GCC optimize("O3")

float dot(const float *a, const float *b, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i)
    sum += a[i] * b[i];
  return sum;
})cpp",
    .limits = "Code that the preprocessor skips, such as branches for other "
              "compilers, is not looked at.",
});

/// Flags that permit another result, as they appear in an `optimize` list.
bool isUnsafe(StringRef flag) {
  flag = flag.trim();
  flag.consume_front("-f") || flag.consume_front("-");
  return flag == "fast-math" || flag == "Ofast" || flag == "fast" ||
         flag == "unsafe-math-optimizations" || flag == "associative-math" ||
         flag == "reciprocal-math" || flag == "no-signed-zeros" ||
         flag == "finite-math-only" || flag == "fp-contract=fast" ||
         flag == "no-rounding-math" || flag == "cx-limited-range";
}

/// The unsafe flag among the quoted lists in \p text, "" if there is none.
std::string unsafeFlagIn(StringRef text) {
  while (true) {
    text = text.split('"').second;
    const auto [list, rest] = text.split('"');
    if (list.empty() && rest.empty())
      return "";
    llvm::SmallVector<StringRef> flags;
    list.split(flags, ',');
    for (const StringRef flag : flags)
      if (isUnsafe(flag))
        return flag.trim().str();
    text = rest;
  }
}

/// What \p pragma (the text after the word `pragma`) permits; "" if nothing.
std::string permissionOf(StringRef pragma) {
  std::string plain;
  for (const char c : pragma)
    if (isspace(static_cast<unsigned char>(c)) == 0 || plain.empty() ||
        plain.back() != ' ')
      plain += isspace(static_cast<unsigned char>(c)) != 0 ? ' ' : c;
  const StringRef text = StringRef(plain).trim();
  if (text.starts_with("GCC optimize"))
    return unsafeFlagIn(text);
  static const struct {
    const char *pattern;
    const char *permission;
  } kPragmas[] = {
      {"^STDC FP_CONTRACT ON", "FP_CONTRACT ON"},
      {"^fp_contract ?\\( ?on ?\\)", "fp_contract(on)"},
      {"^float_control ?\\( ?precise ?, ?off", "float_control(precise, off)"},
      {"^clang fp .*reassociate ?\\( ?on", "reassociate(on)"},
      {"^clang fp .*reciprocal ?\\( ?on", "reciprocal(on)"},
      {"^clang fp .*contract ?\\( ?fast", "contract(fast)"},
  };
  for (const auto &[pattern, permission] : kPragmas)
    if (llvm::Regex(pattern).match(text))
      return permission;
  return "";
}

class UnsafeFpPragmaCheck final : public Check {
public:
  UnsafeFpPragmaCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerPPCallbacks(const SourceManager &sources, Preprocessor *pp,
                           Preprocessor *expander) override;

  void report(SourceLocation at, StringRef permission) {
    if (!reported_.insert(at).second)
      return;
    finding(at, "'%0' lets the compiler change floating-point results")
        << permission;
    cure(at, "remove it, or keep it to code whose result does not depend on "
             "rounding");
  }

private:
  llvm::DenseSet<SourceLocation> reported_;
};

/// Pragmas arrive as events. GCC's `optimize` attribute leaves no trace in
/// clang's tree, so its tokens are looked for in each file that was entered.
class FpPragmas final : public PPCallbacks {
public:
  FpPragmas(UnsafeFpPragmaCheck &check, const SourceManager &sources)
      : check_(check), sources_(sources) {}

  void PragmaDirective(SourceLocation at, PragmaIntroducerKind) override {
    if (sources_.isInSystemHeader(at) || at.isInvalid())
      return;
    const SourceLocation place = sources_.getExpansionLoc(at);
    const StringRef line = lineFrom(place);
    StringRef pragma = line.split("pragma").second;
    std::string unescaped;
    if (line.contains("_Pragma")) {
      // _Pragma("GCC optimize (\"fast-math\")")
      for (const char c : line.split("_Pragma").second.split('"').second)
        if (c != '\\')
          unescaped += c;
      pragma = unescaped;
    }
    const std::string permission = permissionOf(pragma);
    if (!permission.empty())
      check_.report(place, permission);
  }

  void SourceRangeSkipped(SourceRange range, SourceLocation) override {
    skipped_.push_back(range);
  }

  void LexedFileChanged(FileID file, LexedFileChangeReason reason,
                        SrcMgr::CharacteristicKind kind, FileID,
                        SourceLocation) override {
    if (reason == LexedFileChangeReason::EnterFile && !SrcMgr::isSystem(kind))
      files_.push_back(file);
  }

  void EndOfMainFile() override {
    llvm::DenseSet<FileID> seen;
    for (const FileID file : files_)
      if (seen.insert(file).second)
        searchAttributes(file);
  }

private:
  StringRef lineFrom(SourceLocation at) const {
    bool failed = false;
    const char *text = sources_.getCharacterData(at, &failed);
    return failed ? StringRef() : StringRef(text).split('\n').first;
  }

  void searchAttributes(FileID file) {
    const StringRef text = sources_.getBufferData(file);
    static const llvm::Regex attribute(
        "(__attribute__[ ]*\\(\\(|gnu::|\\[\\[)[^;{]*optimize(__)?[ ]*"
        "\\((\"[^)]*\")\\)");
    // Most files never say the word.
    for (std::size_t at = text.find("optimize"); at != StringRef::npos;
         at = text.find("optimize", at + 1)) {
      const std::size_t lineStart = text.rfind('\n', at) + 1;
      const StringRef line = text.substr(lineStart).split('\n').first;
      llvm::SmallVector<StringRef> parts;
      if (!attribute.match(line, &parts))
        continue;
      const SourceLocation place =
          sources_.getLocForStartOfFile(file).getLocWithOffset(
              static_cast<int>(at));
      const std::string flag = unsafeFlagIn(parts[3]);
      if (!flag.empty() && !isSkipped(place) &&
          !isComment(line, at - lineStart))
        check_.report(place, flag);
    }
  }

  static bool isComment(StringRef line, std::size_t column) {
    const StringRef before = line.take_front(column);
    return before.contains("//") || before.ltrim().starts_with("*") ||
           before.contains("/*");
  }

  bool isSkipped(SourceLocation place) const {
    return llvm::any_of(skipped_, [&](SourceRange range) {
      return sources_.isPointWithin(place, range.getBegin(), range.getEnd());
    });
  }

  UnsafeFpPragmaCheck &check_;
  const SourceManager &sources_;
  std::vector<SourceRange> skipped_;
  std::vector<FileID> files_;
};

void UnsafeFpPragmaCheck::registerPPCallbacks(const SourceManager &sources,
                                              Preprocessor *pp,
                                              Preprocessor *expander) {
  Check::registerPPCallbacks(sources, pp, expander);
  pp->addPPCallbacks(std::make_unique<FpPragmas>(*this, sources));
}

}  // namespace

extern constinit const Rule UnsafeFpPragma =
    sourceRule<UnsafeFpPragmaCheck>(kInfo);

}  // namespace reproaudit::fp
