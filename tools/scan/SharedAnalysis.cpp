// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SharedAnalysis.h"

#include "SideAnalysis.h"

#include "reproaudit/analysis/Check.h"
#include "reproaudit/scan/WorkerPool.h"

#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Pragma.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

#include <filesystem>
#include <new>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

constexpr llvm::StringLiteral kPragma = "reproaudit_prelude_ends";

/// The parse stops behind the last declaration of the headers.
std::string textOf(const Prelude &prelude) {
  std::string text;
  for (const std::string &include : prelude.includes)
    text += "#include " + include + "\n";
  return text + ";\n#pragma " + kPragma.str() + "\n";
}

std::size_t anyUnitOf(const Prelude &prelude) {
  return prelude.units.empty() ? anyUnitOf(prelude.children.front())
                               : prelude.units.front();
}

/// The parse of one prelude and, in forked processes, of all that is behind it.
class SharedParse {
public:
  SharedParse(const SharedAnalysis &analysis, const Prelude &root)
      : analysis_(analysis), prelude_(&root),
        side_(analysis.repository, analysis.options,
              unit(anyUnitOf(root)).command.directory) {}

  void run();

private:
  class Pragma final : public PragmaHandler {
  public:
    explicit Pragma(SharedParse &parse)
        : PragmaHandler(kPragma), parse_(parse) {}

    void HandlePragma(Preprocessor &preprocessor,
                      PragmaIntroducer /*introducer*/, Token &token) override {
      const SourceLocation at = token.getLocation();
      preprocessor.DiscardUntilEndOfDirective();
      // A source may have such a line too.
      if (preprocessor.getSourceManager().getFileID(at) == parse_.file_)
        parse_.goOn(at);
    }

  private:
    SharedParse &parse_;
  };

  const Unit &unit(std::size_t index) const { return analysis_.units[index]; }
  bool isWanted(const Prelude &prelude) const;
  void begin(CompilerInstance &compiler);
  void goOn(SourceLocation at);
  void enter(const Prelude &prelude, SourceLocation at);
  void enter(std::size_t index, SourceLocation at);
  void end();

  const SharedAnalysis &analysis_;
  const Prelude *prelude_;  ///< What is parsed by now.
  std::optional<std::size_t> unit_;
  SideAnalysis side_;
  CompilerInstance *compiler_ = nullptr;
  FileID file_;  ///< The text of `prelude_`.
  llvm::TimeRecord start_;
};

bool SharedParse::isWanted(const Prelude &prelude) const {
  return llvm::any_of(prelude.units,
                      [&](std::size_t index) {
                        return !analysis_.claims.isTaken(index);
                      }) ||
         llvm::any_of(prelude.children,
                      [&](const Prelude &child) { return isWanted(child); });
}

void SharedParse::run() {
  const Unit &first = unit(anyUnitOf(*prelude_));
  std::error_code error;
  std::filesystem::current_path(first.command.directory, error);
  if (error || !isWanted(*prelude_))
    return;
  std::vector<std::string> arguments = first.clang->sides.front();
  arguments.back() +=
      ".prelude" + llvm::sys::path::extension(first.command.file).str();
  side_.setSource(first.command.file);
  side_.invent(arguments.back(), textOf(*prelude_));
  side_.run(arguments, {.begin = [this](auto &compiler) { begin(compiler); },
                        .end = [this] { end(); }});
}

void SharedParse::begin(CompilerInstance &compiler) {
  compiler_ = &compiler;
  file_ = compiler.getSourceManager().getMainFileID();
  compiler.getPreprocessor().AddPragmaHandler(new Pragma(*this));
}

/// Forks for everything behind the prelude. Returns in the forked processes,
/// with the next text entered.
void SharedParse::goOn(SourceLocation at) {
  alarm(0);
  if (side_.errors() > 0)
    _exit(0);  // Its units are analysed alone.
  if (compiler_->hasSema()) {
    compiler_->getSema().DefineUsedVTables();
    compiler_->getSema().PerformPendingInstantiations();
  }
  const std::size_t count = prelude_->children.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Prelude &child =
        prelude_->children[(i + analysis_.worker * count / analysis_.workers) %
                           count];
    if (isWanted(child) && forkAndWait(analysis_.limit))
      return enter(child, at);
  }
  for (const std::size_t index : prelude_->units)
    if (analysis_.claims.take(index) && forkAndWait(analysis_.limit))
      return enter(index, at);
  _exit(0);
}

void SharedParse::enter(const Prelude &prelude, SourceLocation at) {
  prelude_ = &prelude;
  file_ = compiler_->getSourceManager().createFileID(
      llvm::MemoryBuffer::getMemBufferCopy(textOf(prelude), "prelude"),
      SrcMgr::C_User, 0, 0, at);
  compiler_->getPreprocessor().EnterSourceFile(file_, nullptr, at);
}

void SharedParse::enter(std::size_t index, SourceLocation at) {
  unit_ = index;
  start_ = llvm::TimeRecord::getCurrentTime();
  const std::string &path = unit(index).command.file;
  side_.setSource(path);
  const auto entry = compiler_->getFileManager().getOptionalFileRef(path);
  if (!entry)
    _exit(0);
  SourceManager &sources = compiler_->getSourceManager();
  Preprocessor &preprocessor = compiler_->getPreprocessor();
  const FileID file = sources.createFileID(*entry, at, SrcMgr::C_User);
  sources.setMainFileID(file);
  file_ = FileID();
  preprocessor.markIncluded(*entry);
  preprocessor.EnterSourceFile(file, nullptr, at);
}

/// The rules have run over a unit.
void SharedParse::end() {
  UnitResult result;
  if (unit_ && side_.errors() == 0) {
    side_.collect(unit(*unit_), result);
    if (analysis_.options.measureTime) {
      llvm::TimeRecord time = llvm::TimeRecord::getCurrentTime(false);
      time -= start_;
      result.seconds = time.getProcessTime();
    }
    analysis_.send(*unit_, result);
  }
  _exit(0);
}

}  // namespace

Claims::Claims(std::size_t units)
    : size_(units), taken_(static_cast<std::atomic<bool> *>(
                        mmap(nullptr, size_ + 1, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  static_assert(sizeof(std::atomic<bool>) == 1 &&
                std::atomic<bool>::is_always_lock_free);
}

Claims::~Claims() { munmap(taken_, size_ + 1); }

void SharedAnalysis::run(const std::vector<Prelude> &roots) const {
  Check::linkFacts();
  for (std::size_t i = 0; i < roots.size(); ++i)
    if (forkAndWait(limit)) {
      SharedParse(*this,
                  roots[(i + worker * roots.size() / workers) % roots.size()])
          .run();
      _exit(0);
    }
}

}  // namespace reproaudit
