// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FindingCollector.h"

#include "Nolint.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/Decl.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/SmallString.h"

#include <algorithm>
#include <utility>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Number of the code point that byte \p offset of its line begins, from 1.
unsigned columnOf(StringRef buffer, unsigned offset) {
  const size_t lineBreak = buffer.substr(0, offset).rfind('\n');
  const size_t lineStart = lineBreak == StringRef::npos ? 0 : lineBreak + 1;
  const StringRef before = buffer.slice(lineStart, offset);
  return 1 + static_cast<unsigned>(llvm::count_if(
                 before, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The text from the directive that suppresses a finding at \p offset to the
/// end of its line: on the same line, on the line before, or opening a block.
StringRef suppressingComment(StringRef buffer, unsigned offset) {
  const size_t lineEnd = std::min(buffer.find('\n', offset), buffer.size());
  const size_t lineStart = buffer.substr(0, offset).rfind('\n') + 1;
  if (const size_t at = buffer.slice(lineStart, lineEnd).rfind("NOLINT");
      at != StringRef::npos)
    return buffer.slice(lineStart + at, lineEnd);
  const StringRef above = buffer.substr(0, lineStart);
  const size_t next = above.rfind("NOLINTNEXTLINE");
  if (next != StringRef::npos && above.substr(next).count('\n') == 1)
    return above.substr(next).split('\n').first;
  // Cut in two, or clang-tidy takes it for a block that starts here.
  const size_t block = above.rfind("NOLINT"
                                   "BEGIN");
  return block == StringRef::npos ? StringRef()
                                  : above.substr(block).split('\n').first;
}

/// The tokens of the statement at \p offset, joined by one space: from behind
/// the previous `;`, `{` or `}` up to the next. Directives are not part of it:
/// an include that is added above must not make it another statement.
std::string statementAt(FileID file, unsigned offset,
                        const SourceManager &sources,
                        const LangOptions &language) {
  const StringRef buffer = sources.getBufferData(file);
  Lexer lexer(sources.getLocForStartOfFile(file), language, buffer.begin(),
              buffer.begin(), buffer.end());
  std::string statement;
  Token token;
  bool inDirective = false;
  while (!lexer.LexFromRawLexer(token)) {
    if (token.isAtStartOfLine())
      inDirective = token.is(tok::hash);
    if (inDirective)
      continue;
    const unsigned begin = sources.getFileOffset(token.getLocation());
    const bool boundary = token.isOneOf(tok::semi, tok::l_brace, tok::r_brace);
    if (boundary && begin >= offset && !statement.empty())
      break;
    if (boundary) {
      statement.clear();
      continue;
    }
    if (!statement.empty())
      statement += ' ';
    statement += buffer.substr(begin, token.getLength());
  }
  return statement;
}

/// Finds the innermost function around each of some locations.
class FunctionFinder : public RecursiveASTVisitor<FunctionFinder> {
public:
  explicit FunctionFinder(const SourceManager &sources) : sources_(sources) {}

  std::string at(SourceLocation location) const {
    const auto [file, offset] = sources_.getDecomposedLoc(location);
    std::string name;
    unsigned size = ~0U;
    const auto spans = spans_.find(file);
    if (spans == spans_.end())
      return name;
    for (const Span &span : spans->second)
      if (span.begin <= offset && offset < span.end &&
          span.end - span.begin < size) {
        size = span.end - span.begin;
        name = span.name;
      }
    return name;
  }

  bool VisitFunctionDecl(FunctionDecl *function) {
    if (!function->isThisDeclarationADefinition())
      return true;
    const SourceRange range = function->getSourceRange();
    const auto [file, begin] =
        sources_.getDecomposedLoc(sources_.getFileLoc(range.getBegin()));
    const auto [endFile, end] =
        sources_.getDecomposedLoc(sources_.getFileLoc(range.getEnd()));
    if (file == endFile)
      spans_[file].push_back(
          {begin, end + 1, function->getQualifiedNameAsString()});
    return true;
  }

  // Bodies hold no functions but lambdas, which have no name to find again.
  bool TraverseStmt(Stmt * /*unused*/) { return true; }

private:
  struct Span {
    unsigned begin;
    unsigned end;
    std::string name;
  };

  const SourceManager &sources_;
  std::map<FileID, std::vector<Span>> spans_;
};

/// The text of \p info without the ` [rule]` that clang-tidy puts behind it.
std::string textOf(const Diagnostic &info) {
  llvm::SmallString<128> text;
  info.FormatDiagnostic(text);
  StringRef sentence = text;
  if (sentence.ends_with("]"))
    sentence = sentence.substr(0, sentence.rfind(" ["));
  return sentence.str();
}

}  // namespace

void FindingCollector::HandleDiagnostic(DiagnosticsEngine::Level level,
                                        const Diagnostic &info) {
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (level == DiagnosticsEngine::Note) {
    if (!dropsNotes_)
      addNote(info);
    return;
  }
  dropsNotes_ = true;
  const std::string rule = context_.getCheckName(info.getID());
  // What a check says about its settings has no place in the source.
  if (!rule.empty() && info.getLocation().isValid())
    openFinding(level, info, rule);
  else if (level >= DiagnosticsEngine::Error)
    rememberError(info);
}

void FindingCollector::rememberError(const Diagnostic &info) {
  if (errors_++ > 0)
    return;
  llvm::SmallString<128> text;
  info.FormatDiagnostic(text);
  firstError_.text = text.str();
  if (!info.hasSourceManager() || !info.getLocation().isValid())
    return;
  const SourceManager &sources = info.getSourceManager();
  const auto [file, offset] =
      sources.getDecomposedLoc(sources.getFileLoc(info.getLocation()));
  firstError_.path = pathOf(file, sources);
  firstError_.line = sources.getLineNumber(file, offset);
}

const std::string &
FindingCollector::pathOf(FileID file, const SourceManager &sources) const {
  const auto [entry, isNew] = paths_.try_emplace(file);
  if (const OptionalFileEntryRef ref = sources.getFileEntryRefForID(file);
      isNew && ref) {
    llvm::SmallString<256> path(ref->getName());
    sources.getFileManager().makeAbsolutePath(path);
    entry->second = repository_.relative(path.str());
  }
  return entry->second;
}

Range FindingCollector::rangeOf(const Diagnostic &info) const {
  const SourceManager &sources = info.getSourceManager();
  const SourceLocation at = sources.getFileLoc(info.getLocation());
  const auto [file, begin] = sources.getDecomposedLoc(at);
  const StringRef buffer = sources.getBufferData(file);
  unsigned end =
      begin + Lexer::MeasureTokenLength(at, sources, context_.getLangOpts());
  // A range of the diagnostic that begins here says better where it ends.
  for (const CharSourceRange &range : info.getRanges()) {
    if (range.getBegin().isMacroID() || range.getEnd().isMacroID() ||
        range.getBegin() != at)
      continue;
    const SourceLocation last =
        range.isTokenRange()
            ? Lexer::getLocForEndOfToken(range.getEnd(), 0, sources,
                                         context_.getLangOpts())
            : range.getEnd();
    if (const auto [endFile, offset] = sources.getDecomposedLoc(last);
        endFile == file && offset > end)
      end = offset;
  }
  // One line, and not empty: what reviewers' tools can annotate.
  const size_t lineEnd = buffer.find('\n', begin);
  end = std::min<unsigned>(end, std::min(lineEnd, buffer.size()));
  end = std::max(end, begin);
  Range result;
  result.path = pathOf(file, sources);
  result.line = result.endLine = sources.getLineNumber(file, begin);
  result.column = columnOf(buffer, begin);
  result.endColumn = std::max(columnOf(buffer, end), result.column + 1);
  return result;
}

std::vector<Edit> FindingCollector::editsOf(const Diagnostic &info) const {
  const SourceManager &sources = info.getSourceManager();
  std::vector<Edit> edits;
  for (const FixItHint &hint : info.getFixItHints()) {
    const CharSourceRange range = Lexer::makeFileCharRange(
        hint.RemoveRange, sources, context_.getLangOpts());
    if (!range.isValid())
      return {};
    const auto [file, begin] = sources.getDecomposedLoc(range.getBegin());
    const unsigned end = sources.getFileOffset(range.getEnd());
    const StringRef buffer = sources.getBufferData(file);
    edits.push_back({{pathOf(file, sources), sources.getLineNumber(file, begin),
                      columnOf(buffer, begin), sources.getLineNumber(file, end),
                      columnOf(buffer, end)},
                     hint.CodeToInsert});
    if (edits.back().at.path.empty())
      return {};
  }
  return edits;
}

void FindingCollector::addNote(const Diagnostic &info) {
  Remark note{{}, textOf(info)};
  if (info.getLocation().isValid())
    note.at = rangeOf(info);
  open_.back().notes.push_back(std::move(note));
  // A fix that a note carries is an offer; one at the finding itself is safe.
  if (std::vector<Edit> edits = editsOf(info); !edits.empty())
    open_.back().finding.fixes.push_back(
        {textOf(info), /*safe=*/false, std::move(edits)});
}

void FindingCollector::openFinding(DiagnosticsEngine::Level level,
                                   const Diagnostic &info,
                                   const std::string &rule) {
  if (!info.hasSourceManager() || !info.getLocation().isValid())
    return;
  const SourceManager &sources = info.getSourceManager();
  const SourceLocation at = sources.getFileLoc(info.getLocation());
  const auto [file, offset] = sources.getDecomposedLoc(at);
  if (sources.isInSystemHeader(at) || pathOf(file, sources).empty())
    return;

  Open open;
  open.location = at;
  Finding &finding = open.finding;
  finding.at = rangeOf(info);
  finding.rule = rule;
  const Rule *known = findRule(rule);
  finding.level = level == DiagnosticsEngine::Remark ||
                          (known && known->info->tier != Tier::Gate)
                      ? Level::Note
                      : Level::Warning;
  finding.message = textOf(info);
  finding.statement =
      statementAt(file, offset, sources, context_.getLangOpts());
  if (std::vector<Edit> edits = editsOf(info); !edits.empty())
    finding.fixes.push_back({"apply the fix", /*safe=*/true, std::move(edits)});
  llvm::SmallVector<tooling::Diagnostic, 1> malformed;
  if (context_.shouldSuppressDiagnostic(level, info, malformed))
    finding.suppression = {
        reasonIn(suppressingComment(sources.getBufferData(file), offset))};
  open_.push_back(std::move(open));
  dropsNotes_ = false;
}

void FindingCollector::nameFunctions(ASTContext &ast) {
  if (open_.empty())
    return;
  FunctionFinder finder(ast.getSourceManager());
  for (Decl *decl : ast.getTranslationUnitDecl()->decls())
    if (!ast.getSourceManager().isInSystemHeader(decl->getLocation()))
      finder.TraverseDecl(decl);
  for (Open &open : open_)
    open.finding.function = finder.at(open.location);
}

std::vector<Finding> FindingCollector::takeFindings() {
  std::vector<Finding> findings;
  for (Open &open : open_) {
    StringRef message = open.finding.message;
    const bool isFact = message.consume_front(kFactMark);
    if (!isFact && !open.notes.empty()) {
      open.finding.cure = std::move(open.notes.back());
      open.notes.pop_back();
    }
    open.finding.flow = std::move(open.notes);
    if (!isFact) {
      findings.push_back(std::move(open.finding));
      continue;
    }
    const auto [name, concerned] = message.split('\n');
    const auto [subject, object] = concerned.split('\n');
    Fact fact{name.str(), subject.str(), object.str(), {}};
    open.finding.message.clear();
    fact.finding = std::move(open.finding);
    facts_.push_back(std::move(fact));
  }
  open_.clear();
  return findings;
}

}  // namespace reproaudit
