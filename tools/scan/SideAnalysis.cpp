// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SideAnalysis.h"

#include "MissingHeader.h"
#include "TidyOptions.h"
#include "reproaudit/analysis/Rule.h"

#include "clang-tidy/ClangTidyModule.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Timer.h"

#include <iterator>
#include <utility>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Checks = std::vector<std::unique_ptr<tidy::ClangTidyCheck>>;

/// Runs the matchers over the project's part of the AST.
class RuleConsumer final : public ASTConsumer {
public:
  RuleConsumer(Checks checks, std::unique_ptr<ast_matchers::MatchFinder> finder,
               FindingCollector &collector, const UnitOptions &options,
               std::function<void()> end)
      : checks_(std::move(checks)), finder_(std::move(finder)),
        collector_(collector), options_(options), end_(std::move(end)) {}

  bool shouldSkipFunctionBody(Decl *decl) override {
    // Nothing is inferred inside system headers.
    const SourceManager &sources = decl->getASTContext().getSourceManager();
    return sources.isInSystemHeader(decl->getLocation());
  }

  void HandleTranslationUnit(ASTContext &ast) override {
    if (options_.engine == Engine::Fast)
      ast.setTraversalScope(projectDecls(ast));
    finder_->matchAST(ast);
    collector_.nameFunctions(ast);
    end_();
  }

private:
  static std::vector<Decl *> projectDecls(ASTContext &ast) {
    const SourceManager &sources = ast.getSourceManager();
    std::vector<Decl *> decls;
    for (Decl *decl : ast.getTranslationUnitDecl()->decls())
      if (!sources.isInSystemHeader(decl->getLocation()))
        decls.push_back(decl);
    return decls;
  }

  Checks checks_;
  std::unique_ptr<ast_matchers::MatchFinder> finder_;
  FindingCollector &collector_;
  const UnitOptions &options_;
  std::function<void()> end_;
};

class RuleAction final : public ASTFrontendAction {
public:
  RuleAction(tidy::ClangTidyContext &context, FindingCollector &collector,
             const UnitOptions &options, SideAnalysis::Times &times,
             ParseHooks hooks)
      : context_(context), collector_(collector), options_(options),
        times_(times), hooks_(std::move(hooks)) {}

  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &compiler,
                                                 StringRef /*file*/) override {
    context_.setSourceManager(&compiler.getSourceManager());
    context_.setASTContext(&compiler.getASTContext());
    // After a fatal error, a missing header for one, clang instantiates no more
    // templates, and what follows would be lost.
    compiler.getDiagnostics().setFatalsAsError(true);
    compiler.getFrontendOpts().SkipFunctionBodies =
        options_.engine == Engine::Fast;
    // The process ends soon, and what it shares with others stays shared.
    compiler.getFrontendOpts().DisableFree = true;

    tidy::ClangTidyCheckFactories factories;
    for (const Rule *rule : allRules())
      if (rule->makeCheck)
        factories.registerCheckFactory(rule->info->name, rule->makeCheck);
    Checks checks = factories.createChecksForLanguage(&context_);

    ast_matchers::MatchFinder::MatchFinderOptions finderOptions;
    if (options_.measureTime)
      finderOptions.CheckProfiling.emplace(times_);
    auto finder =
        std::make_unique<ast_matchers::MatchFinder>(std::move(finderOptions));
    Preprocessor &preprocessor = compiler.getPreprocessor();
    for (const auto &check : checks) {
      check->registerMatchers(finder.get());
      check->registerPPCallbacks(compiler.getSourceManager(), &preprocessor,
                                 &preprocessor);
    }
    hooks_.begin(compiler);
    return std::make_unique<RuleConsumer>(std::move(checks), std::move(finder),
                                          collector_, options_, hooks_.end);
  }

private:
  tidy::ClangTidyContext &context_;
  FindingCollector &collector_;
  const UnitOptions &options_;
  SideAnalysis::Times &times_;
  ParseHooks hooks_;
};

/// "main.cpp does not parse: 3 errors, the first at util.h:7: ..."
Notice parseNotice(const Unit &unit, const FindingCollector &collector,
                   llvm::vfs::FileSystem &files) {
  const Notice &first = collector.firstError();
  const StringRef text = first.text;
  const std::string place =
      first.path.empty()
          ? std::string()
          : llvm::formatv(" at {}:{}", first.path, first.line).str();
  std::string advice = "findings may be missing";
  StringRef header = text;
  if (header.consume_front("'") && header.consume_back("' file not found"))
    advice = adviceOnMissing(header, unit.command.directory, files);
  else if (text.starts_with("module '"))
    advice = "imports of C++20 modules are not followed";
  return {.id = "parse-error",
          .path = unit.name,
          .line = first.path == unit.name ? first.line : 0,
          .text = llvm::formatv("does not parse completely: {} error{}, the "
                                "first{}: {}; {}",
                                collector.errors(),
                                collector.errors() == 1 ? "" : "s", place,
                                text.str(), advice)
                      .str()};
}

/// The real files, with \p instead in front of them. A file that was not there
/// is read as empty: nothing of that time includes it.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
fileSystem(const Repository &repository, const Changes &instead) {
  auto real = llvm::vfs::getRealFileSystem();
  if (instead.empty())
    return real;
  auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  for (const auto &[path, text] : instead)
    memory->addFile((repository.root() / path).string(), 0,
                    llvm::MemoryBuffer::getMemBufferCopy(text.value_or("")));
  auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(real);
  overlay->pushOverlay(memory);
  return overlay;
}

}  // namespace

SideAnalysis::SideAnalysis(const Repository &repository,
                           const UnitOptions &options,
                           const std::string &directory)
    : options_(options), recorder_(llvm::makeIntrusiveRefCnt<InputRecorder>(
                             fileSystem(repository, options.instead))),
      invented_(llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>()),
      context_(tidyOptions(options, recorder_)),
      collector_(context_, repository) {
  context_.setCurrentBuildDirectory(directory);
  auto diagnosticOptions = std::make_unique<DiagnosticOptions>();
  diagnostics_ = std::make_unique<DiagnosticsEngine>(
      DiagnosticIDs::create(), *diagnosticOptions, &collector_,
      /*ShouldOwnClient=*/false);
  context_.setDiagnosticsEngine(std::move(diagnosticOptions),
                                diagnostics_.get());
}

void SideAnalysis::invent(const std::string &path, StringRef text) {
  invented_->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text));
}

void SideAnalysis::run(const std::vector<std::string> &arguments,
                       ParseHooks hooks) {
  const auto files =
      llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(recorder_);
  files->pushOverlay(invented_);
  const auto manager =
      llvm::makeIntrusiveRefCnt<FileManager>(FileSystemOptions(), files);
  tooling::ToolInvocation invocation(
      arguments,
      std::make_unique<RuleAction>(context_, collector_, options_, times_,
                                   std::move(hooks)),
      manager.get());
  invocation.setDiagnosticConsumer(&collector_);
  invocation.run();
}

void SideAnalysis::collect(const Unit &unit, UnitResult &result) {
  std::ranges::move(collector_.takeFindings(),
                    std::back_inserter(result.findings));
  std::ranges::move(collector_.takeFacts(), std::back_inserter(result.facts));
  for (const auto &[rule, time] : times_)
    result.secondsOfRule.emplace(rule.str(), time.getProcessTime());
  if (collector_.errors() > 0 && result.complete) {
    result.complete = false;
    result.notices.push_back(parseNotice(unit, collector_, *recorder_));
  }
  std::ranges::move(recorder_->inputs(), std::back_inserter(result.inputs));
}

}  // namespace reproaudit
