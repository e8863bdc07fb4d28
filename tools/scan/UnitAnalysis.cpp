// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/UnitAnalysis.h"

#include "FindingCollector.h"
#include "MissingHeader.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/TidyChecks.h"

#include "clang-tidy/ClangTidyModule.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/Basic/FileManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Timer.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace fs = std::filesystem;
using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Checks = std::vector<std::unique_ptr<tidy::ClangTidyCheck>>;
using Times = llvm::StringMap<llvm::TimeRecord>;

/// The options of `.clang-tidy` around each file, with the checks that we run.
/// Of its `Checks` only what names our rules counts.
class OptionsProvider final : public tidy::FileOptionsProvider {
public:
  OptionsProvider(const UnitOptions &options,
                  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files)
      : FileOptionsProvider({}, tidy::ClangTidyOptions::getDefaults(), {},
                            std::move(files)),
        options_(options) {}

  std::vector<OptionsSource> getRawOptions(StringRef file) override {
    std::vector<OptionsSource> sources =
        FileOptionsProvider::getRawOptions(file);
    std::string configured;
    for (OptionsSource &source : sources) {
      if (source.first.Checks && options_.configurable)
        configured += "," + *source.first.Checks;
      source.first.Checks.reset();
    }
    tidy::ClangTidyOptions ours;
    ours.Checks = "-*," + tidyChecks(options_.rules, configured);
    sources.emplace_back(ours, "reproaudit");
    return sources;
  }

private:
  const UnitOptions &options_;
};

/// Runs the matchers over the project's part of the AST.
class RuleConsumer final : public ASTConsumer {
public:
  RuleConsumer(Checks checks, std::unique_ptr<ast_matchers::MatchFinder> finder,
               FindingCollector &collector, const UnitOptions &options)
      : checks_(std::move(checks)), finder_(std::move(finder)),
        collector_(collector), options_(options) {}

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
};

class RuleAction final : public ASTFrontendAction {
public:
  RuleAction(tidy::ClangTidyContext &context, FindingCollector &collector,
             const UnitOptions &options, Times &times)
      : context_(context), collector_(collector), options_(options),
        times_(times) {}

  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &compiler,
                                                 StringRef file) override {
    context_.setSourceManager(&compiler.getSourceManager());
    context_.setCurrentFile(file);
    context_.setASTContext(&compiler.getASTContext());
    // After a fatal error, a missing header for one, clang instantiates no more
    // templates, and what follows would be lost.
    compiler.getDiagnostics().setFatalsAsError(true);
    compiler.getFrontendOpts().SkipFunctionBodies =
        options_.engine == Engine::Fast;

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
    return std::make_unique<RuleConsumer>(std::move(checks), std::move(finder),
                                          collector_, options_);
  }

private:
  tidy::ClangTidyContext &context_;
  FindingCollector &collector_;
  const UnitOptions &options_;
  Times &times_;
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

void runSide(const std::vector<std::string> &arguments, const Unit &unit,
             const Repository &repository, const UnitOptions &options,
             UnitResult &result) {
  const auto recorder = llvm::makeIntrusiveRefCnt<InputRecorder>(
      fileSystem(repository, options.instead));
  tidy::ClangTidyContext context(
      std::make_unique<OptionsProvider>(options, recorder));
  context.setCurrentBuildDirectory(unit.command.directory);
  FindingCollector collector(context, repository);
  auto diagnosticOptions = std::make_unique<DiagnosticOptions>();
  DiagnosticsEngine engine(DiagnosticIDs::create(), *diagnosticOptions,
                           &collector, /*ShouldOwnClient=*/false);
  context.setDiagnosticsEngine(std::move(diagnosticOptions), &engine);

  Times times;
  const auto files =
      llvm::makeIntrusiveRefCnt<FileManager>(FileSystemOptions(), recorder);
  tooling::ToolInvocation invocation(
      arguments,
      std::make_unique<RuleAction>(context, collector, options, times),
      files.get());
  invocation.setDiagnosticConsumer(&collector);
  invocation.run();

  std::ranges::move(collector.takeFindings(),
                    std::back_inserter(result.findings));
  std::ranges::move(collector.takeFacts(), std::back_inserter(result.facts));
  for (const auto &[rule, time] : times)
    result.secondsOfRule.emplace(rule.str(), time.getProcessTime());
  if (collector.errors() > 0 && result.complete) {
    result.complete = false;
    result.notices.push_back(parseNotice(unit, collector, *recorder));
  }
  std::ranges::move(recorder->inputs(), std::back_inserter(result.inputs));
}

std::optional<std::string> unreadable(const CompileCommand &command) {
  std::error_code error;
  if (!fs::exists(command.file, error))
    return "does not exist any more; generate the compile database again";
  if (!fs::is_regular_file(command.file, error))
    return "is not a regular file; generate the compile database again";
  if (access(command.file.c_str(), R_OK) != 0)
    return "cannot be read; check its permissions";
  if (fs::current_path(command.directory, error); error)
    return llvm::formatv("is compiled in {}, which cannot be entered: {}; "
                         "configure the build again",
                         command.directory, error.message())
        .str();
  return std::nullopt;
}

UnitResult failed(const std::string &unit, std::string id, std::string why) {
  UnitResult result;
  result.complete = false;
  result.notices.push_back(
      {.id = std::move(id), .path = unit, .text = std::move(why)});
  return result;
}

}  // namespace

UnitResult analyseUnit(const Unit &unit, const Repository &repository,
                       const UnitOptions &options) {
  if (const auto why = unreadable(unit.command))
    return failed(unit.name, "unreadable-source", *why);
  if (!unit.clang)
    return failed(unit.name, "not-analysed",
                  "is not analysed: " + unit.clang.error());

  Check::linkFacts();
  const llvm::TimeRecord start = llvm::TimeRecord::getCurrentTime();
  UnitResult result;
  for (const std::string &argument : unit.clang->refused)
    result.notices.push_back(
        {.level = Level::Warning,
         .id = "refused-argument",
         .path = unit.name,
         .text = llvm::formatv("`{}` in its compile command could run code or "
                               "read files from elsewhere and is not used",
                               argument)
                     .str()});
  for (const std::vector<std::string> &side : unit.clang->sides)
    runSide(side, unit, repository, options, result);
  if (options.measureTime) {
    llvm::TimeRecord time = llvm::TimeRecord::getCurrentTime(false);
    time -= start;
    result.seconds = time.getProcessTime();
  }
  return result;
}

void to_json(nlohmann::ordered_json &json, const UnitResult &result) {
  json = {
      {"findings", result.findings}, {"facts", result.facts},
      {"notices", result.notices},   {"complete", result.complete},
      {"inputs", result.inputs},     {"secondsOfRule", result.secondsOfRule},
      {"seconds", result.seconds}};
}

void from_json(const nlohmann::ordered_json &json, UnitResult &result) {
  json.at("findings").get_to(result.findings);
  json.at("facts").get_to(result.facts);
  json.at("notices").get_to(result.notices);
  json.at("complete").get_to(result.complete);
  json.at("inputs").get_to(result.inputs);
  json.at("secondsOfRule").get_to(result.secondsOfRule);
  json.at("seconds").get_to(result.seconds);
}

}  // namespace reproaudit
