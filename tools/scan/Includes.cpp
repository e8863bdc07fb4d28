// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Includes.h"

#include "clang/Driver/CreateInvocationFromArgs.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <optional>
#include <utility>

using namespace clang;
using namespace clang::dependencies;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// The offsets of `#include` inside braces, where an include is part of a
/// declaration and cannot be moved.
llvm::DenseSet<unsigned> includesInBraces(StringRef text) {
  LangOptions language;
  language.CPlusPlus = language.CPlusPlus11 = true;
  language.LineComment = language.RawStringLiterals = true;
  Lexer lexer(SourceLocation(), language, text.begin(), text.begin(),
              text.end());
  llvm::DenseSet<unsigned> found;
  int depth = 0;
  Token token;
  bool afterHash = false;
  for (bool atEnd = false; !atEnd;) {
    atEnd = lexer.LexFromRawLexer(token);
    const bool isDirective = std::exchange(
        afterHash, token.is(tok::hash) && token.isAtStartOfLine());
    if (token.is(tok::l_brace))
      ++depth;
    else if (token.is(tok::r_brace))
      --depth;
    else if (isDirective && depth > 0 && token.is(tok::raw_identifier) &&
             token.getRawIdentifier().starts_with("include"))
      found.insert(static_cast<unsigned>(lexer.getBufferLocation() -
                                         text.begin() - token.getLength()));
  }
  return found;
}

class DirectivesGetter final : public DependencyDirectivesGetter {
public:
  explicit DirectivesGetter(DependencyScanningWorkerFilesystem &files)
      : files_(files) {}

  std::unique_ptr<DependencyDirectivesGetter>
  cloneFor(FileManager & /*manager*/) override {
    return std::make_unique<DirectivesGetter>(files_);
  }

  std::optional<ArrayRef<dependency_directives_scan::Directive>>
  operator()(FileEntryRef file) override {
    return files_.getDirectiveTokens(file.getName());
  }

private:
  DependencyScanningWorkerFilesystem &files_;
};

/// Takes notes while the preprocessor runs.
class Recorder final : public PPCallbacks {
public:
  Recorder(CompilerInstance &compiler, UnitIncludes &includes)
      : sources_(compiler.getSourceManager()),
        language_(compiler.getLangOpts()), includes_(includes) {}

  void LexedFileChanged(FileID file, LexedFileChangeReason reason,
                        SrcMgr::CharacteristicKind kind, FileID /*previous*/,
                        SourceLocation /*at*/) override {
    const auto entry = sources_.getFileEntryRefForID(file);
    if (reason != LexedFileChangeReason::EnterFile || !entry)
      return;
    const auto [known, isNew] =
        indices_.try_emplace(*entry, includes_.files.size());
    byId_[file] = known->second;
    if (isNew)
      includes_.files.push_back({.path = entry->getName().str(),
                                 .system = SrcMgr::isSystem(kind),
                                 .movable = true});
    else
      includes_.files[known->second].movable = false;
  }

  void InclusionDirective(SourceLocation hash, const Token & /*token*/,
                          StringRef name, bool isAngled,
                          CharSourceRange /*range*/, OptionalFileEntryRef file,
                          StringRef /*searchPath*/, StringRef /*relativePath*/,
                          const Module * /*suggested*/, bool /*imported*/,
                          SrcMgr::CharacteristicKind kind) override {
    if (!file) {
      includes_.complete = false;
      return;
    }
    const auto from = indexAt(hash);
    inclusions_.push_back({hash, *file});  // Has no index before it is entered.
    if (from && isAngled && SrcMgr::isSystem(kind) &&
        !includes_.files[*from].system)
      spellings_.try_emplace(*file, name.str());
  }

  void MacroDefined(const Token &name, const MacroDirective *) override {
    noteDefinition(name);
  }
  void MacroUndefined(const Token &name, const MacroDefinition &,
                      const MacroDirective *) override {
    noteDefinition(name);
  }
  void Ifdef(SourceLocation at, const Token &name,
             const MacroDefinition &known) override {
    noteQuestion(at, name.getIdentifierInfo()->getName(), known);
  }
  void Ifndef(SourceLocation at, const Token &name,
              const MacroDefinition &known) override {
    noteQuestion(at, name.getIdentifierInfo()->getName(), known);
  }
  void Defined(const Token &name, const MacroDefinition &known,
               SourceRange /*range*/) override {
    noteQuestion(name.getLocation(), name.getIdentifierInfo()->getName(),
                 known);
  }
  void If(SourceLocation at, SourceRange condition,
          ConditionValueKind /*value*/) override {
    noteCondition(at, condition);
  }
  void Elif(SourceLocation at, SourceRange condition,
            ConditionValueKind /*value*/, SourceLocation /*start*/) override {
    noteCondition(at, condition);
  }

  /// Completes the notes once the preprocessor has ended.
  void finish(HeaderSearch &search) {
    for (const auto &[entry, index] : indices_) {
      IncludedFile &file = includes_.files[index];
      file.movable &= index > 0 && search.isFileMultipleIncludeGuarded(entry);
      if (const auto spelling = spellings_.find(entry);
          spelling != spellings_.end())
        file.spelling = spelling->second;
    }
    for (const auto &[at, file] : inclusions_) {
      const auto includer = indexAt(at);
      const auto included = indices_.find(file);
      if (!includer || included == indices_.end())
        continue;
      includes_.edges.emplace_back(*includer, included->second);
      if (isInBraces(at))
        includes_.files[included->second].movable = false;
    }
  }

private:
  std::optional<unsigned> indexAt(SourceLocation at) const {
    const auto found =
        byId_.find(sources_.getFileID(sources_.getExpansionLoc(at)));
    return found == byId_.end() ? std::nullopt : std::optional(found->second);
  }

  bool isInBraces(SourceLocation hash) {
    const auto [file, offset] = sources_.getDecomposedLoc(hash);
    const auto index = indexAt(hash);
    if (!index || includes_.files[*index].system)
      return false;
    const StringRef text = sources_.getBufferData(file);
    const auto [known, isNew] = inBraces_.try_emplace(file);
    if (isNew)
      known->second = includesInBraces(text);
    return known->second.contains(
        static_cast<unsigned>(text.find_first_not_of(" \t", offset + 1)));
  }

  void noteDefinition(const Token &name) {
    const auto file = indexAt(name.getLocation());
    if (!file)
      return;
    const StringRef macro = name.getIdentifierInfo()->getName();
    if (!includes_.files[*file].system)
      includes_.definitions.push_back(
          {macro.str(), *file, static_cast<unsigned>(includes_.files.size())});
    if (const auto asked = questions_.find(macro); asked != questions_.end())
      for (const unsigned who : asked->second)
        includes_.earlyQuestions.emplace_back(who, *file);
  }

  void noteQuestion(SourceLocation at, StringRef macro,
                    const MacroDefinition &known) {
    const auto file = indexAt(at);
    if (file && !known && !includes_.files[*file].system)
      questions_[macro].push_back(*file);
  }

  /// Names in a condition that stand for nothing count as 0.
  void noteCondition(SourceLocation at, SourceRange condition) {
    const auto file = indexAt(at);
    if (!file || includes_.files[*file].system)
      return;
    const StringRef text = Lexer::getSourceText(
        CharSourceRange::getCharRange(condition), sources_, language_);
    for (StringRef rest = text; !rest.empty();) {
      rest = rest.drop_until(isAsciiIdentifierStart);
      const StringRef name = rest.take_while(isAsciiIdentifierContinue);
      rest = rest.drop_front(name.size());
      if (!name.empty())
        questions_[name].push_back(*file);
    }
  }

  static bool isAsciiIdentifierStart(char c) {
    return llvm::isAlpha(c) || c == '_';
  }
  static bool isAsciiIdentifierContinue(char c) {
    return llvm::isAlnum(c) || c == '_';
  }

  const SourceManager &sources_;
  const LangOptions &language_;
  UnitIncludes &includes_;
  llvm::DenseMap<FileEntryRef, unsigned> indices_;
  llvm::DenseMap<FileID, unsigned> byId_;
  llvm::DenseMap<FileEntryRef, std::string> spellings_;
  llvm::DenseMap<FileID, llvm::DenseSet<unsigned>> inBraces_;
  std::vector<std::pair<SourceLocation, FileEntryRef>> inclusions_;
  llvm::StringMap<llvm::SmallVector<unsigned, 1>> questions_;
};

class ScanAction final : public PreprocessOnlyAction {
public:
  explicit ScanAction(UnitIncludes &includes) : includes_(includes) {}

private:
  void ExecuteAction() override {
    CompilerInstance &compiler = getCompilerInstance();
    Preprocessor &preprocessor = compiler.getPreprocessor();
    auto recorder = std::make_unique<Recorder>(compiler, includes_);
    Recorder &notes = *recorder;
    preprocessor.addPPCallbacks(std::move(recorder));
    PreprocessOnlyAction::ExecuteAction();
    notes.finish(preprocessor.getHeaderSearchInfo());
  }

  UnitIncludes &includes_;
};

}  // namespace

IncludeScanner::IncludeScanner()
    : service_(ScanningMode::DependencyDirectivesScan,
               ScanningOutputFormat::Make),
      files_(llvm::makeIntrusiveRefCnt<DependencyScanningWorkerFilesystem>(
          service_.getSharedCache(), llvm::vfs::createPhysicalFileSystem())) {}

std::shared_ptr<CompilerInvocation>
IncludeScanner::invocationOf(const std::vector<std::string> &arguments) {
  std::shared_ptr<CompilerInvocation> &known =
      invocations_[llvm::join(llvm::ArrayRef(arguments).drop_back(),
                              StringRef("\0", 1)) +
                   llvm::sys::path::extension(arguments.back()).str()];
  if (!known) {
    std::vector<const char *> raw;
    raw.reserve(arguments.size());
    for (const std::string &argument : arguments)
      raw.push_back(argument.c_str());
    DiagnosticOptions options;
    const auto real = llvm::vfs::getRealFileSystem();
    CreateInvocationOptions how;
    how.Diags = CompilerInstance::createDiagnostics(
        *real, options, new IgnoringDiagConsumer, /*ShouldOwnClient=*/true);
    known = createInvocation(raw, how);
  }
  return known;
}

UnitIncludes IncludeScanner::scan(const Unit &unit) {
  UnitIncludes includes;
  const std::vector<std::string> &arguments = unit.clang->sides.front();
  const auto known = invocationOf(arguments);
  if (!known || files_->setCurrentWorkingDirectory(unit.command.directory)) {
    includes.complete = false;
    return includes;
  }
  auto invocation = std::make_shared<CompilerInvocation>(*known);
  FrontendInputFile &input = invocation->getFrontendOpts().Inputs.front();
  input = FrontendInputFile(arguments.back(), input.getKind());
  invocation->getFrontendOpts().ProgramAction = frontend::RunPreprocessorOnly;
  invocation->getFileSystemOpts().WorkingDir = unit.command.directory;
  IgnoringDiagConsumer ignore;
  CompilerInstance compiler(std::move(invocation));
  compiler.setVirtualFileSystem(files_);
  compiler.createDiagnostics(&ignore, /*ShouldOwnClient=*/false);
  compiler.createFileManager();
  compiler.setDependencyDirectivesGetter(
      std::make_unique<DirectivesGetter>(*files_));
  ScanAction action(includes);
  includes.complete &= compiler.ExecuteAction(action);
  return includes;
}

std::vector<StringRef>
IncludeScanner::mentions(const std::string &path,
                         const llvm::StringSet<> &names) {
  const auto buffer = files_->getBufferForFile(path);
  if (!buffer)
    return {};
  const StringRef text = (*buffer)->getBuffer();
  LangOptions language;
  language.CPlusPlus = language.CPlusPlus11 = true;
  language.LineComment = language.RawStringLiterals = true;
  Lexer lexer(SourceLocation(), language, text.begin(), text.begin(),
              text.end());
  llvm::StringSet<> found;
  Token token;
  for (bool atEnd = false; !atEnd;) {
    atEnd = lexer.LexFromRawLexer(token);
    if (token.is(tok::raw_identifier) &&
        names.contains(token.getRawIdentifier()))
      found.insert(token.getRawIdentifier());
  }
  std::vector<StringRef> result;
  for (const auto &name : found)
    result.push_back(names.find(name.getKey())->getKey());
  llvm::sort(result);
  return result;
}

}  // namespace reproaudit
