// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Sinks.h"

#include "reproaudit/analysis/Names.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

using namespace clang;

namespace reproaudit {
namespace {

constexpr llvm::StringLiteral kDiagnosticVerbs[] = {
    "log",     "logf",   "logging", "vlog",   "dlog",  "debug",  "dbg",
    "trace",   "warn",   "warning", "notice", "info",  "report", "profile",
    "verbose", "assert", "expect",  "fatal",  "error", "panic",  "die",
    "usage",   "abort",  "perror",  "syslog"};

constexpr llvm::StringLiteral kDiagnosticThings[] = {
    "log",    "logger", "logging",  "logs",      "spdlog",    "glog",
    "tracer", "metric", "metrics",  "telemetry", "profiler",  "profiling",
    "timer",  "timers", "progress", "stopwatch", "logmessage"};

constexpr llvm::StringLiteral kDiagnosticMacroWords[] = {
    "log",     "logf",  "logger", "vlog",    "dlog",    "plog",    "logging",
    "assert",  "check", "dcheck", "debug",   "dbg",     "trace",   "warn",
    "warning", "info",  "expect", "profile", "verbose", "require", "nvtx"};

constexpr llvm::StringLiteral kDiagnosticFiles[] = {
    "log",      "logs",  "logger", "logfile", "trace",  "debug",
    "dbg",      "stats", "stat",   "profile", "timing", "timings",
    "progress", "err",   "error",  "bench",   "stderr", "report"};

constexpr llvm::StringLiteral kMessages[] = {
    "log",     "logs",       "err",         "errs",    "error",    "errors",
    "warn",    "warning",    "warnings",    "message", "messages", "exception",
    "notices", "exceptions", "diagnostics", "cerr",    "clog"};

constexpr llvm::StringLiteral kPrintVerbs[] = {"print", "printf",  "println",
                                               "puts",  "putchar", "vprintf",
                                               "dump",  "display", "show"};

bool isText(QualType type) {
  type = type.getNonReferenceType();
  if (const auto *pointer = type->getAs<PointerType>())
    return pointer->getPointeeType()->isAnyCharacterType();
  if (const auto *array = type->getAsArrayTypeUnsafe())
    return array->getElementType()->isAnyCharacterType();
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  return record != nullptr && record->getIdentifier() != nullptr &&
         llvm::StringSwitch<bool>(record->getName())
             .Cases({"basic_string", "basic_string_view", "basic_format_string",
                     "path", "basic_cstring_view", "StringRef", "Twine",
                     "StringPiece"},
                    true)
             .Default(false);
}

bool takesText(const FunctionDecl &function) {
  return llvm::any_of(function.parameters(), [](const ParmVarDecl *parameter) {
    return isText(parameter->getType());
  });
}

StringRef identifierOf(const NamedDecl &decl) {
  return decl.getIdentifier() ? decl.getName() : StringRef();
}

/// Does a class or namespace around \p function say that it is for people?
bool livesAmongDiagnostics(const FunctionDecl &function) {
  for (const DeclContext *outer = function.getDeclContext();
       outer && !outer->isTranslationUnit(); outer = outer->getParent()) {
    const auto *named = dyn_cast<NamedDecl>(outer);
    if (!named || isa<FunctionDecl>(named))
      continue;
    const auto words = wordsOf(identifierOf(*named));
    if (words.empty())
      continue;
    if (llvm::is_contained(kDiagnosticThings, StringRef(words.back())) ||
        (words.front() == "log" && words.back() == "message"))
      return true;
  }
  return false;
}

/// A name, unless it only names a number: `FILE *logFile`, `std::ofstream
/// &trace`.
Use useOfFile(StringRef name) {
  return hasWord(name, kDiagnosticFiles) ? Use::Diagnostic : Use::Result;
}

StringRef nameOf(const Expr &expr) {
  const Expr *plain = expr.IgnoreParenImpCasts();
  if (const auto *ref = dyn_cast<DeclRefExpr>(plain))
    return identifierOf(*ref->getDecl());
  if (const auto *member = dyn_cast<MemberExpr>(plain))
    return identifierOf(*member->getMemberDecl());
  return {};
}

/// `stderr` and `stdout` are macros, variables or accessor calls.
Use useOfCFile(const Expr &file, const ASTContext &context) {
  StringRef name = nameOf(file);
  if (name.empty() && file.getBeginLoc().isMacroID())
    name = Lexer::getImmediateMacroName(
        file.getBeginLoc(), context.getSourceManager(), context.getLangOpts());
  if (name == "stderr")
    return Use::Diagnostic;
  if (name == "stdout")
    return Use::Printed;
  return useOfFile(name);
}

Use useOfStreamType(QualType type, StringRef name) {
  const CXXRecordDecl *record =
      type.getNonReferenceType()->getPointeeCXXRecordDecl();
  if (!record)
    record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (!record)
    return Use::Unknown;
  const StringRef typeName = identifierOf(*record);
  if (typeName == "basic_ostringstream" || typeName == "basic_stringstream")
    return Use::Unknown;
  if (typeName == "basic_ofstream" || typeName == "basic_fstream" ||
      typeName == "basic_ostream" || typeName == "basic_iostream")
    return useOfFile(name);
  if (hasWord(typeName, kDiagnosticThings) || typeName == "NullStream")
    return Use::Diagnostic;
  return Use::Unknown;
}

Use mostHarmful(Use a, Use b) { return std::max(a, b); }

/// Text, a stream of it, or an exception.
bool isMessage(QualType type) {
  const CXXRecordDecl *record =
      type.getNonReferenceType()->getAsCXXRecordDecl();
  const StringRef name = record ? identifierOf(*record) : StringRef();
  return isText(type) || name.ends_with("stream") || name == "exception_ptr" ||
         name.ends_with_insensitive("exception");
}

}  // namespace

bool holdsMessages(const ValueDecl &variable) {
  const QualType type = variable.getType().getNonReferenceType();
  const auto *container = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      type->getAsCXXRecordDecl());
  const bool ofMessages =
      container && container->getTemplateArgs().size() > 0 &&
      container->getTemplateArgs()[0].getKind() == TemplateArgument::Type &&
      isMessage(container->getTemplateArgs()[0].getAsType());
  return (ofMessages || isMessage(type)) &&
         hasWord(identifierOf(variable), kMessages);
}

bool isDiagnosticFunction(const FunctionDecl &function) {
  if (function.getReturnType()->isRealFloatingType())
    return false;
  // Numbers in, nothing out: `logSoftmax(float *, int)` computes.
  const bool speaks =
      function.isVariadic() || takesText(function) || function.isTemplated() ||
      function.getPrimaryTemplate() != nullptr || function.param_empty();
  if (livesAmongDiagnostics(function))
    return speaks || function.getReturnType()->isVoidType();
  const auto words = wordsOf(identifierOf(function));
  return speaks && !words.empty() &&
         llvm::is_contained(kDiagnosticVerbs, StringRef(words.front())) &&
         (function.isVariadic() || takesText(function) ||
          function.getReturnType()->isVoidType());
}

Use useOfStream(const Expr &stream) {
  const Expr *base = &stream;
  for (;;) {
    base = base->IgnoreParenImpCasts();
    if (const auto *cleanups = dyn_cast<ExprWithCleanups>(base))
      base = cleanups->getSubExpr();
    else if (const auto *temporary = dyn_cast<MaterializeTemporaryExpr>(base))
      base = temporary->getSubExpr();
    else if (const auto *bound = dyn_cast<CXXBindTemporaryExpr>(base))
      base = bound->getSubExpr();
    else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(base);
             call && call->getOperator() == OO_LessLess)
      base = call->getArg(0);
    else if (const auto *member = dyn_cast<CXXMemberCallExpr>(base)) {
      if (useOfStreamType(member->getImplicitObjectArgument()->getType(), "") ==
          Use::Diagnostic)
        return Use::Diagnostic;
      base = member->getImplicitObjectArgument();
    } else
      break;
  }
  const StringRef name = nameOf(*base);
  if (name == "cerr" || name == "clog" || name == "wcerr" || name == "wclog")
    return Use::Diagnostic;
  if (name == "cout" || name == "wcout")
    return Use::Printed;
  return useOfStreamType(base->getType(), name);
}

Use useOfCall(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return Use::Unknown;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    return op->getOperator() == OO_LessLess ? useOfStream(*op->getArg(0))
                                            : Use::Unknown;
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call);
      member && identifierOf(*callee) == "write")
    return useOfStream(*member->getImplicitObjectArgument());
  const StringRef name = identifierOf(*callee);
  const ASTContext &context = callee->getASTContext();
  if (call.getNumArgs() > 0 &&
      (name == "fprintf" || name == "vfprintf" || name == "fputc"))
    return useOfCFile(*call.getArg(0), context);
  if (call.getNumArgs() > 1 && (name == "fputs" || name == "putc"))
    return useOfCFile(*call.getArg(1), context);
  if (call.getNumArgs() == 4 && name == "fwrite")
    return useOfCFile(*call.getArg(3), context);
  if (isDiagnosticFunction(*callee))
    return Use::Diagnostic;
  const auto words = wordsOf(name);
  if (!words.empty() &&
      llvm::is_contained(kPrintVerbs, StringRef(words.front())) &&
      (callee->isVariadic() || takesText(*callee) ||
       callee->getReturnType()->isVoidType()))
    return Use::Printed;
  return Use::Unknown;
}

bool isInDiagnosticMacro(SourceLocation at, const ASTContext &context) {
  const SourceManager &sources = context.getSourceManager();
  while (at.isMacroID()) {
    if (hasWord(
            Lexer::getImmediateMacroName(at, sources, context.getLangOpts()),
            kDiagnosticMacroWords))
      return true;
    at = sources.getImmediateMacroCallerLoc(at);
  }
  return false;
}

Use useOfStatement(const Stmt &statement, const ASTContext &context) {
  if (isInDiagnosticMacro(statement.getBeginLoc(), context) ||
      isa<NullStmt, ContinueStmt, BreakStmt>(statement))
    return Use::Diagnostic;
  if (const auto *block = dyn_cast<CompoundStmt>(&statement)) {
    Use use = Use::Diagnostic;
    for (const Stmt *child : block->body())
      use = mostHarmful(use, useOfStatement(*child, context));
    return use;
  }
  if (const auto *branch = dyn_cast<IfStmt>(&statement)) {
    Use use = useOfStatement(*branch->getThen(), context);
    if (branch->getElse())
      use = mostHarmful(use, useOfStatement(*branch->getElse(), context));
    return use;
  }
  if (const auto *cleanups = dyn_cast<ExprWithCleanups>(&statement))
    return useOfStatement(*cleanups->getSubExpr(), context);
  if (const auto *expr = dyn_cast<Expr>(&statement))
    if (const auto *call = dyn_cast<CallExpr>(expr->IgnoreParenImpCasts()))
      return useOfCall(*call);
  return Use::Unknown;
}

Use Destination::use() const {
  switch (kind) {
  case Kind::Nowhere:
  case Kind::Diagnostic:
    return Use::Diagnostic;
  case Kind::Printed:
    return Use::Printed;
  case Kind::Stored:
  case Kind::Returned:
  case Kind::Written:
  case Kind::Hashed:
  case Kind::Seeded:
    return Use::Result;
  case Kind::Variable:
  case Kind::Argument:
  case Kind::Decision:
  case Kind::Text:
  case Kind::Unknown:
    return Use::Unknown;
  }
  llvm_unreachable("every kind of destination has a use");
}

}  // namespace reproaudit
