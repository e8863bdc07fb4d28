// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sortings.h"

#include "Mentions.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool isSettled(const Comparison &comparison) {
  return comparison.totality != Totality::Partial &&
         comparison.totality != Totality::Address;
}

/// A local variable whose life ends with its function, or null.
const VarDecl *ownVariable(const NamedDecl *target) {
  const auto *variable = dyn_cast_or_null<VarDecl>(target);
  return variable && variable->hasLocalStorage() &&
                 !variable->getType()->isReferenceType() &&
                 !variable->getType()->isPointerType()
             ? variable
             : nullptr;
}

/// Who looks at a sorted sequence of one function afterwards.
class Readers {
public:
  Readers(const VarDecl &sequence, const CallExpr &sort, const Stmt *body,
          const ASTContext &context)
      : sequence_(sequence), sort_(sort), body_(body),
        sources_(context.getSourceManager()) {}

  /// Do they only ask for duplicates and membership?
  bool onlyGroup() const { return !read(body_, groups); }

  /// Do they only read the member \p key of elements?
  bool onlyReadKey(StringRef key) const {
    return read(body_, [](const Stmt &) { return false; }) &&
           !read(body_, [&](const Stmt &stmt) { return takesKey(stmt, key); });
  }

private:
  using Harmless = llvm::function_ref<bool(const Stmt &)>;

  /// Does something below \p stmt, but for what is \p harmless, mention the
  /// sequence after the sort?
  bool read(const Stmt *stmt, Harmless harmless) const {
    if (!stmt || harmless(*stmt))
      return false;
    if (const auto *reference = dyn_cast<DeclRefExpr>(stmt);
        reference && reference->getDecl() == &sequence_ &&
        sources_.isBeforeInTranslationUnit(sort_.getEndLoc(),
                                           reference->getLocation()))
      return true;
    return llvm::any_of(stmt->children(), [&](const Stmt *child) {
      return read(child, harmless);
    });
  }

  static bool groups(const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    return call != nullptr &&
           (countsDistinct(*call) ||
            llvm::StringSwitch<bool>(nameOf(call->getDirectCallee()))
                .Cases({"unique", "adjacent_find", "binary_search"}, true)
                .Cases({"size", "empty", "erase", "clear"}, true)
                .Cases({"lower_bound", "includes", "end", "cend"}, true)
                .Default(false));
  }

  /// `unique(v.begin(), v.end()) - v.begin()`, `distance(v.begin(),
  /// unique(...))`
  static bool countsDistinct(const CallExpr &call) {
    const auto isUnique = [](const Expr *expr) {
      const auto *made = dyn_cast<CallExpr>(bare(expr));
      return made && nameOf(made->getDirectCallee()) == "unique";
    };
    const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
    if (op && op->getOperator() == OO_Minus && op->getNumArgs() == 2)
      return isUnique(op->getArg(0));
    return nameOf(call.getDirectCallee()) == "distance" &&
           call.getNumArgs() == 2 && isUnique(call.getArg(1));
  }

  bool takesKey(const Stmt &stmt, StringRef key) const {
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(&stmt)) {
      const StringRef name = nameOf(method->getMethodDecl());
      return name == "size" || name == "empty";
    }
    // `for (auto &p : pairs) total += p.first;`
    if (const auto *loop = dyn_cast<CXXForRangeStmt>(&stmt);
        loop && namedVariable(loop->getRangeInit()) == &sequence_)
      return !anyOther(*loop->getBody(), *loop->getLoopVariable(), key);
    const auto *member = dyn_cast<MemberExpr>(&stmt);
    return member != nullptr && isKey(*member, key) &&
           isElement(member->getBase());
  }
  static bool isKey(const MemberExpr &member, StringRef key) {
    return member.getMemberDecl()->getIdentifier() != nullptr &&
           member.getMemberDecl()->getName() == key;
  }
  /// `v[i]`, `v.front()`, `*v[i]`
  bool isElement(const Expr *expr) const {
    const Expr *container = containerOf(expr);
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(container)) {
      const StringRef name = nameOf(method->getMethodDecl());
      if (name == "front" || name == "back" || name == "at")
        container = bare(method->getImplicitObjectArgument());
    }
    return namedVariable(container) == &sequence_;
  }
  /// Does \p stmt use more of \p element than its key?
  static bool anyOther(const Stmt &stmt, const VarDecl &element,
                       StringRef key) {
    if (const auto *member = dyn_cast<MemberExpr>(&stmt);
        member && isKey(*member, key))
      return false;
    const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
    return (reference != nullptr &&
            isOther(*reference->getDecl(), element, key)) ||
           llvm::any_of(stmt.children(), [&](const Stmt *child) {
             return child && anyOther(*child, element, key);
           });
  }
  /// Is \p decl the element, or a structured binding of another part of it?
  static bool isOther(const ValueDecl &decl, const VarDecl &element,
                      StringRef key) {
    const auto *binding = dyn_cast<BindingDecl>(&decl);
    if (!binding)
      return &decl == &element;
    const auto *whole =
        dyn_cast<DecompositionDecl>(binding->getDecomposedDecl());
    if (whole != &element)
      return false;
    if (const auto *member = dyn_cast<MemberExpr>(binding->getBinding()))
      return !isKey(*member, key);
    return binding != whole->bindings()[key == "first" ? 0 : 1];
  }

  const VarDecl &sequence_;
  const CallExpr &sort_;
  const Stmt *body_;
  const SourceManager &sources_;
};

bool isMap(const Expr *expr) {
  return expr != nullptr && shapeOf(expr->getType()) == Shape::Map;
}

/// Counts the places that fill \p variable: from a map, or from elsewhere.
class FillCounter {
public:
  explicit FillCounter(const NamedDecl &variable) : variable_(variable) {}

  void count(const Stmt *stmt, bool inMap = false) {
    if (!stmt)
      return;
    if (const auto *loop = dyn_cast<CXXForRangeStmt>(stmt))
      inMap |= isMap(loop->getRangeInit());
    else if (const auto *declaration = dyn_cast<DeclStmt>(stmt))
      countInitial(*declaration);
    else if (const auto *call = dyn_cast<CXXMemberCallExpr>(stmt))
      countAppend(*call, inMap);
    for (const Stmt *child : stmt->children())
      count(child, inMap);
  }

  bool isOneMap() const { return maps_ == 1 && others_ == 0; }

private:
  /// `std::vector<T> variable(map.begin(), map.end())`
  void countInitial(const DeclStmt &declaration) {
    if (!declaration.isSingleDecl() ||
        declaration.getSingleDecl() != &variable_)
      return;
    const Expr *init = cast<VarDecl>(variable_).getInit();
    const auto *made =
        init ? dyn_cast<CXXConstructExpr>(init->IgnoreImplicit()) : nullptr;
    if (made && made->getNumArgs() >= 2)
      ++(isMap(containerOf(made->getArg(0))) ? maps_ : others_);
  }

  void countAppend(const CXXMemberCallExpr &call, bool inMap) {
    if (namedVariable(call.getImplicitObjectArgument()) != &variable_)
      return;
    const StringRef name = nameOf(call.getMethodDecl());
    if (name == "push_back" || name == "emplace_back")
      ++(inMap ? maps_ : others_);
  }

  const NamedDecl &variable_;
  unsigned maps_ = 0;
  unsigned others_ = 0;
};

/// Was \p variable filled from one map, so that no two of its pairs share
/// their `first`?
bool holdsUniqueKeys(const NamedDecl *variable, const FunctionDecl *function) {
  if (!variable || !function || !function->getBody())
    return false;
  FillCounter fills(*variable);
  fills.count(function->getBody());
  return fills.isOneMap();
}

std::optional<Sorting> sortingBy(const CallExpr &call,
                                 const FunctionDecl *function,
                                 const ASTContext &context) {
  const std::optional<Sort> sort = sortOf(call);
  if (!sort || sort->element.isNull())
    return std::nullopt;
  // A comparator that was passed in is judged where it comes from.
  const VarDecl *passed =
      sort->comparator ? namedVariable(sort->comparator) : nullptr;
  if (passed && isa<ParmVarDecl>(passed))
    return std::nullopt;
  Sorting sorting{.sort = *sort,
                  .at = call.getBeginLoc(),
                  .target = namedDecl(sort->sequence),
                  .isHeap = sort->kind == Sort::Kind::Heap};
  sorting.comparison =
      compares(sort->comparator, sort->projection, sort->element, context,
               holdsUniqueKeys(sorting.target, function));
  // Of equally good elements max_element takes the first, every time.
  if (isSettled(sorting.comparison) ||
      (sort->kind == Sort::Kind::Best &&
       sorting.comparison.totality == Totality::Partial))
    return std::nullopt;
  const VarDecl *variable = ownVariable(sorting.target);
  if (!variable || !function || !function->getBody())
    return sorting;
  const Readers readers(*variable, call, function->getBody(), context);
  const StringRef key = sorting.comparison.key;
  if (sorting.comparison.totality == Totality::Partial &&
      key.starts_with("_.") && readers.onlyReadKey(key.drop_front(2)))
    return std::nullopt;
  sorting.onlyGroups = readers.onlyGroup();
  return sorting;
}

/// A local queue that is only declared and swapped away holds nothing.
bool isOnlySwapped(const DeclaratorDecl &heap) {
  const VarDecl *variable = ownVariable(&heap);
  const auto *function =
      variable ? dyn_cast<FunctionDecl>(variable->getDeclContext()) : nullptr;
  if (!function || !function->getBody() || isa<ParmVarDecl>(variable))
    return false;
  bool isUsed = false;
  forEachMention(*function->getBody(), heap, [&](const Mention &mention) {
    const auto *call = dyn_cast_or_null<CallExpr>(mention.around);
    isUsed |= !call || nameOf(call->getDirectCallee()) != "swap";
  });
  return !isUsed;
}

std::optional<Sorting> sortingBy(const DeclaratorDecl &heap,
                                 const ASTContext &context) {
  const auto *special = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      heap.getType().getCanonicalType()->getAsCXXRecordDecl());
  if (!special || special->getTemplateArgs().size() < 3 || isOnlySwapped(heap))
    return std::nullopt;
  Sorting sorting{.sort = {.element = special->getTemplateArgs()[0].getAsType(),
                           .kind = Sort::Kind::Heap},
                  .at = heap.getLocation(),
                  .target = &heap,
                  .isHeap = true};
  sorting.comparison = compares(special->getTemplateArgs()[2].getAsType(),
                                sorting.sort.element, context);
  return isSettled(sorting.comparison) ? std::nullopt : std::optional(sorting);
}

}  // namespace

std::vector<Sorting> sortingsOf(const OrderCandidates &candidates,
                                ASTContext &context) {
  std::vector<Sorting> found;
  llvm::DenseSet<const NamedDecl *> heaps;
  const auto keep = [&](const std::optional<Sorting> &sorting) {
    // make_heap and push_heap keep the same heap.
    if (sorting && (!sorting->isHeap || !sorting->target ||
                    heaps.insert(sorting->target).second))
      found.push_back(*sorting);
  };
  for (const auto &[stmt, function] : candidates.places)
    if (const auto *call = dyn_cast<CallExpr>(stmt))
      keep(sortingBy(*call, function, context));
  for (const DeclaratorDecl *heap : candidates.heaps)
    keep(sortingBy(*heap, context));
  return found;
}

}  // namespace reproaudit
