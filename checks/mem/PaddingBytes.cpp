// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/RecordLayout.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-padding-bytes",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary =
        "Bytes of an object with padding are hashed, compared or written",
    .since = "0.1.0",
    .why = R"md(
Between and after the members of a struct the compiler leaves bytes that no
member owns. Nothing sets them, copies need not preserve them, so equal objects
hash differently, a cache misses, and two runs write different files.)md",
    .bad = R"cpp(
#include <cstdint>
#include <cstring>

struct Key {
  std::uint8_t kind;
  std::uint64_t id;
};

bool same(const Key &a, const Key &b) {
  return std::memcmp(&a, &b, sizeof(Key)) == 0;
})cpp",
    .good = R"cpp(
#include <cstdint>

struct Key {
  std::uint8_t kind;
  std::uint64_t id;
};

bool same(const Key &a, const Key &b) {
  return a.kind == b.kind && a.id == b.id;
})cpp",
    .limits =
        "An object that is zeroed first, or whose type is zeroed by memset "
        "anywhere in the unit, is taken to have clean padding. Floating "
        "members (-0.0, NaN) are not reported.",
});

enum class ByteUse : std::uint8_t { None, Hashed, Compared, Written };

/// The first member of \p type that bytes without an owner follow, or the type
/// itself if its own representation has such bytes; nullptr for neither.
const NamedDecl *memberBeforePadding(QualType type, const ASTContext &context) {
  type = context.getBaseElementType(type.getCanonicalType());
  const auto *record = type->getAsRecordDecl();
  // Whoever passes a FILE on means a handle, not its bytes.
  if (!record || record->isUnion() ||
      context.getSourceManager().isInSystemHeader(record->getLocation()) ||
      !record->isCompleteDefinition() || record->isInvalidDecl() ||
      record->isDependentContext())
    return nullptr;
  if (const auto *cxx = dyn_cast<CXXRecordDecl>(record);
      cxx && (!cxx->isTriviallyCopyable() || cxx->getNumBases() > 0))
    return nullptr;
  const ASTRecordLayout &layout = context.getASTRecordLayout(record);
  std::uint64_t end = 0;
  const FieldDecl *last = nullptr;
  for (const FieldDecl *field : record->fields()) {
    const std::uint64_t begin = layout.getFieldOffset(field->getFieldIndex());
    if (begin > end && last)
      return last;
    if (const NamedDecl *inner = memberBeforePadding(field->getType(), context))
      return inner;
    end = begin + (field->isBitField() ? field->getBitWidthValue()
                                       : context.getTypeSize(field->getType()));
    last = field;
  }
  return last && end < static_cast<std::uint64_t>(
                           context.toBits(layout.getSize()))
             ? last
             : nullptr;
}

ByteUse useByName(StringRef name) {
  static constexpr llvm::StringLiteral kHash[] = {
      "hash",  "hasher", "crc",  "crc32",   "checksum",   "digest", "fnv",
      "fnv1a", "md5",    "sha1", "sha256",  "murmur",     "xxh",    "xxh32",
      "xxh64", "xxh3",   "city", "adler32", "fingerprint"};
  static constexpr llvm::StringLiteral kWrite[] = {
      "write", "fwrite",    "pwrite",    "send",
      "save",  "serialize", "serialise", "dump"};
  if (name == "memcmp" || name == "bcmp" || name == "__builtin_memcmp")
    return ByteUse::Compared;
  if (hasWord(name, kHash))
    return ByteUse::Hashed;
  return hasWord(name, kWrite) ? ByteUse::Written : ByteUse::None;
}

StringRef identifierOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

/// What becomes of the bytes that \p cast opens: the call that takes them, or
/// for a variable the function around it.
ByteUse useOfBytes(const Expr &cast, ASTContext &context) {
  DynTypedNodeList parents = context.getParents(cast);
  for (;;) {
    if (parents.empty())
      return ByteUse::None;
    if (parents[0].get<VarDecl>()) {
      const FunctionDecl *function = functionAround(cast, context);
      const ByteUse use = useByName(identifierOf(function));
      return use == ByteUse::Hashed ? use : ByteUse::None;
    }
    const auto *parent = parents[0].get<Expr>();
    if (!parent)
      return ByteUse::None;
    if (const auto *call = dyn_cast<CallExpr>(parent)) {
      const auto *op = dyn_cast<CXXOperatorCallExpr>(call);
      if (op && op->getOperator() == OO_Call)
        return useByName(
            identifierOf(op->getArg(0)->getType()->getAsCXXRecordDecl()));
      return useByName(identifierOf(call->getDirectCallee()));
    }
    // A string made of the bytes goes on: hash<string_view>{}({p, n}).
    if (!isa<CastExpr, ParenExpr, CXXConstructExpr, MaterializeTemporaryExpr,
             CXXBindTemporaryExpr, ExprWithCleanups, InitListExpr>(parent))
      return ByteUse::None;
    parents = context.getParents(*parent);
  }
}

/// Is the object that \p pointer points to zero from the start?
bool isZeroed(const Expr &pointer) {
  const auto *address = dyn_cast<UnaryOperator>(pointer.IgnoreParenImpCasts());
  if (!address || address->getOpcode() != UO_AddrOf)
    return false;
  const auto *ref =
      dyn_cast<DeclRefExpr>(address->getSubExpr()->IgnoreParenImpCasts());
  const auto *variable = ref ? dyn_cast<VarDecl>(ref->getDecl()) : nullptr;
  if (variable == nullptr || variable->getType()->isReferenceType())
    return false;
  if (variable->hasGlobalStorage())
    return true;
  const Expr *init = variable->getInit();
  if (!init)
    return false;
  init = init->IgnoreImplicit();
  if (const auto *list = dyn_cast<InitListExpr>(init)) {
    const InitListExpr *written =
        list->isSemanticForm() && list->getSyntacticForm()
            ? list->getSyntacticForm()
            : list;
    return written->getNumInits() == 0 ||
           list->isIdiomaticZeroInitializer(
               variable->getASTContext().getLangOpts());
  }
  const auto *construction = dyn_cast<CXXConstructExpr>(init);
  return isa<CXXScalarValueInitExpr, ImplicitValueInitExpr>(init) ||
         (construction != nullptr &&
          construction->requiresZeroInitialization());
}

class PaddingBytesCheck final : public Check {
public:
  PaddingBytesCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<std::pair<SourceLocation, const RecordDecl *>> reported_;
};

void PaddingBytesCheck::registerMatchers(MatchFinder *finder) {
  const auto bytes = hasType(hasCanonicalType(
      pointerType(pointee(anyOf(voidType(), isAnyCharacter())))));
  const auto object = hasType(hasCanonicalType(
      pointerType(pointee(hasUnqualifiedDesugaredType(recordType())))));
  finder->addMatcher(castExpr(bytes,
                              hasSourceExpression(expr(object).bind("object")),
                              unless(isExpansionInSystemHeader()))
                         .bind("cast"),
                     this);
}

void PaddingBytesCheck::check(const MatchFinder::MatchResult &result) {
  const auto *cast = result.Nodes.getNodeAs<CastExpr>("cast");
  const auto *object = result.Nodes.getNodeAs<Expr>("object");
  const QualType type = object->getType()->getPointeeType();
  ASTContext &context = *result.Context;
  const NamedDecl *member = memberBeforePadding(type, context);
  if (!member || isZeroed(*object))
    return;
  const ByteUse use = useOfBytes(*cast, context);
  const RecordDecl *record = type->getAsRecordDecl();
  if (use == ByteUse::None || FieldUses::in(context).isByteFilled(*record))
    return;
  const SourceLocation at =
      result.SourceManager->getExpansionLoc(cast->getExprLoc());
  // memcmp(&a, &b, n) is one mistake; so are the instantiations of a template.
  const FunctionDecl *function = functionAround(*cast, context);
  if (!reported_
           .insert({context.getSourceManager().getSpellingLoc(
                        function ? function->getLocation() : at),
                    record})
           .second)
    return;
  finding(at, "the padding bytes of %0 are %select{hashed|compared|written}1 "
              "with its members")
      << type.getUnqualifiedType() << static_cast<int>(use) - 1
      << object->getSourceRange();
  cure(member->getLocation(),
       "bytes after %0 belong to no member and have no defined value; use the "
       "members one by one, or zero the whole object first")
      << member;
}

}  // namespace

extern constinit const Rule PaddingBytes = sourceRule<PaddingBytesCheck>(kInfo);

}  // namespace reproaudit::mem
