// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/UnitIndex.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/AST/StmtOpenMP.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Declarations are found again whichever redeclaration an expression names.
const Decl *key(const Decl *decl) { return decl->getCanonicalDecl(); }

/// True if \p type lets a callee change what it was given.
bool isMutableAccess(QualType type) {
  if (type.isNull())
    return false;
  if (type->isLValueReferenceType() || type->isPointerType())
    return !type->getPointeeType().isConstQualified();
  return false;
}

/// The class that `std::make_unique<T>` or `std::vector<T>::emplace_back`
/// constructs.
const CXXRecordDecl *constructedClass(const FunctionDecl *callee) {
  const IdentifierInfo *name = callee->getIdentifier();
  if (!name)
    return nullptr;
  const TemplateArgumentList *arguments = nullptr;
  if (name->isStr("make_unique") || name->isStr("make_shared"))
    arguments = callee->getTemplateSpecializationArgs();
  else if (name->isStr("emplace_back") || name->isStr("emplace"))
    if (const auto *owner =
            dyn_cast<ClassTemplateSpecializationDecl>(callee->getDeclContext()))
      arguments = &owner->getTemplateArgs();
  if (!arguments || arguments->size() == 0 ||
      arguments->get(0).getKind() != TemplateArgument::Type)
    return nullptr;
  return arguments->get(0).getAsType()->getAsCXXRecordDecl();
}

/// The constructor that takes as many arguments as \p call passes on.
const FunctionDecl *forwardedConstructor(const Call &call) {
  const CXXRecordDecl *record = constructedClass(call.callee);
  if (!record || !record->hasDefinition())
    return nullptr;
  for (const CXXConstructorDecl *constructor : record->ctors())
    if (!constructor->isCopyOrMoveConstructor() &&
        constructor->getMinRequiredArguments() <= call.argumentCount() &&
        call.argumentCount() <= constructor->getNumParams())
      return constructor;
  return nullptr;
}

}  // namespace

/// Fills a UnitIndex. Types and template arguments are not visited; system
/// headers neither.
class UnitIndexer : public RecursiveASTVisitor<UnitIndexer> {
public:
  explicit UnitIndexer(UnitIndex &index) : index_(index) {}

  bool shouldVisitTemplateInstantiations() const { return true; }
  bool shouldWalkTypesOfTypeLocs() const { return false; }
  bool TraverseTypeLoc(TypeLoc, bool = true) { return true; }
  bool TraverseNestedNameSpecifierLoc(NestedNameSpecifierLoc) { return true; }

  bool TraverseDecl(Decl *decl);
  bool TraverseStmt(Stmt *stmt);
  bool TraverseConstructorInitializer(CXXCtorInitializer *init);
  bool TraverseLambdaExpr(LambdaExpr *lambda);
  bool TraverseInitListExpr(InitListExpr *list);

  bool VisitVarDecl(VarDecl *var);
  bool VisitFieldDecl(FieldDecl *field);
  bool VisitBinaryOperator(BinaryOperator *op);
  bool VisitCallExpr(CallExpr *call);
  bool VisitCXXConstructExpr(CXXConstructExpr *construct);
  bool VisitReturnStmt(ReturnStmt *ret);
  bool VisitGCCAsmStmt(GCCAsmStmt *code);
  bool VisitMemberExpr(MemberExpr *member);
  bool VisitDeclRefExpr(DeclRefExpr *name);

private:
  /// Opens a block while it lives.
  struct Scope {
    Scope(UnitIndexer &indexer, const Stmt *owner, const FunctionDecl *function)
        : indexer(indexer), outer(indexer.block_) {
      indexer.block_ = indexer.open(outer, owner, function);
    }
    ~Scope() { indexer.block_ = outer; }
    UnitIndexer &indexer;
    unsigned outer;
  };

  unsigned open(unsigned parent, const Stmt *owner,
                const FunctionDecl *function) {
    index_.blocks_.push_back({parent, owner, function});
    return index_.blocks_.size() - 1;
  }
  Place here() { return {++order_, block_}; }
  const FunctionDecl *function() const {
    return index_.blocks_[block_].function;
  }
  bool inside(const Stmt *owner, Stmt *stmt) {
    const Scope scope(*this, owner, function());
    return TraverseStmt(stmt);
  }
  /// The base class reaches parameters through types, which we skip.
  bool traverseParameters(const FunctionDecl *function) {
    return llvm::all_of(function->parameters(), [&](ParmVarDecl *parameter) {
      return TraverseDecl(parameter);
    });
  }
  bool traverseIf(IfStmt *stmt);
  bool traverseFor(ForStmt *loop);
  bool traverseSwitchCase(SwitchCase *label);

  void store(const Expr *target, const Expr *value, Write::Kind kind) {
    if (const ValueDecl *root = rootOf(target))
      index_.writes_[key(root)].push_back({kind, value, here()});
  }
  void assign(const Expr *target, const Expr *value, bool replaces) {
    const bool whole = replaces && isa<DeclRefExpr, MemberExpr>(target);
    store(target, value, whole ? Write::Assign : Write::Update);
    if (replaces)
      index_.assignments_.push_back({target, value, {order_, block_}});
  }
  void call(const Expr *expr, const FunctionDecl *callee, unsigned skip) {
    index_.calls_.push_back({expr, callee, skip, here()});
  }
  void mention(const Expr *expr, const ValueDecl *named);
  void refer(const Expr *expr, const NamedDecl *decl) {
    index_.references_.push_back({expr, decl, here()});
  }
  void candidates(const CallExpr *call);
  void escape(const Call &call);
  void forwarded(const Call &call);

  UnitIndex &index_;
  unsigned order_ = 0;
  unsigned block_ = 0;
};

bool UnitIndexer::TraverseDecl(Decl *decl) {
  if (!decl || decl->isImplicit())
    return true;
  if (!isa<TranslationUnitDecl>(decl) && inSystemHeader(index_.context_, decl))
    return true;
  const auto *function = dyn_cast<FunctionDecl>(decl);
  if (!function)
    return RecursiveASTVisitor::TraverseDecl(decl);
  const Scope scope(*this, nullptr, function);
  if (function->doesThisDeclarationHaveABody())
    index_.functions_.push_back(function);
  return traverseParameters(function) &&
         RecursiveASTVisitor::TraverseDecl(decl);
}

bool UnitIndexer::TraverseStmt(Stmt *stmt) {
  if (!stmt)
    return true;
  switch (stmt->getStmtClass()) {
  case Stmt::IfStmtClass:
    return traverseIf(cast<IfStmt>(stmt));
  case Stmt::ForStmtClass:
    return traverseFor(cast<ForStmt>(stmt));
  case Stmt::WhileStmtClass:
  case Stmt::DoStmtClass:
  case Stmt::CXXForRangeStmtClass:
  case Stmt::SwitchStmtClass:
  case Stmt::CXXTryStmtClass: {
    const Scope scope(*this, stmt, function());
    return RecursiveASTVisitor::TraverseStmt(stmt);
  }
  case Stmt::CaseStmtClass:
  case Stmt::DefaultStmtClass:
    return traverseSwitchCase(cast<SwitchCase>(stmt));
  case Stmt::CapturedStmtClass:
    return TraverseStmt(cast<CapturedStmt>(stmt)->getCapturedStmt());
  case Stmt::ConditionalOperatorClass: {
    auto *choice = cast<ConditionalOperator>(stmt);
    return TraverseStmt(choice->getCond()) &&
           inside(choice, choice->getTrueExpr()) &&
           inside(choice, choice->getFalseExpr());
  }
  default:
    break;
  }
  if (isa<OMPExecutableDirective>(stmt)) {
    const Scope scope(*this, stmt, function());
    return RecursiveASTVisitor::TraverseStmt(stmt);
  }
  return RecursiveASTVisitor::TraverseStmt(stmt);
}

bool UnitIndexer::traverseIf(IfStmt *stmt) {
  return TraverseStmt(stmt->getInit()) &&
         TraverseStmt(stmt->getConditionVariableDeclStmt()) &&
         TraverseStmt(stmt->getCond()) && inside(stmt, stmt->getThen()) &&
         inside(stmt, stmt->getElse());
}

bool UnitIndexer::traverseFor(ForStmt *loop) {
  // The initialiser runs once; what the loop repeats is a block.
  if (!TraverseStmt(loop->getInit()))
    return false;
  const Scope scope(*this, loop, function());
  return TraverseStmt(loop->getCond()) && TraverseStmt(loop->getBody()) &&
         TraverseStmt(loop->getInc());
}

bool UnitIndexer::traverseSwitchCase(SwitchCase *label) {
  // What follows a label, up to the next one, is an alternative of its own.
  unsigned around = block_;
  while (around != 0 &&
         !isa_and_nonnull<SwitchStmt>(index_.blocks_[around].owner))
    around = index_.blocks_[around].parent;
  block_ = open(around, label, function());
  return RecursiveASTVisitor::TraverseStmt(label);
}

bool UnitIndexer::TraverseConstructorInitializer(CXXCtorInitializer *init) {
  if (!init->isWritten())
    return true;
  if (init->isAnyMemberInitializer())
    index_.writes_[key(init->getAnyMember())].push_back(
        {Write::Initial, init->getInit(), here()});
  return TraverseStmt(init->getInit());
}

bool UnitIndexer::TraverseLambdaExpr(LambdaExpr *lambda) {
  for (Expr *init : lambda->capture_inits())
    if (!TraverseStmt(init))
      return false;
  for (const LambdaCapture &capture : lambda->captures())
    if (lambda->isInitCapture(&capture))
      VisitVarDecl(cast<VarDecl>(capture.getCapturedVar()));
  const auto body = [&](FunctionDecl *function) {
    const Scope scope(*this, lambda, function);
    index_.functions_.push_back(function);
    return traverseParameters(function) && TraverseStmt(function->getBody());
  };
  if (const FunctionTemplateDecl *generic =
          lambda->getLambdaClass()->getDependentLambdaCallOperator())
    for (FunctionDecl *instance : generic->specializations())
      if (instance->hasBody() && !body(instance))
        return false;
  return body(lambda->getCallOperator());
}

bool UnitIndexer::TraverseInitListExpr(InitListExpr *list) {
  // The semantic form alone: one initialiser for each member, defaults too.
  if (InitListExpr *semantic = list->getSemanticForm())
    list = semantic;
  const RecordDecl *record =
      list->getType().isNull() ? nullptr : list->getType()->getAsRecordDecl();
  if (record && !record->isUnion() &&
      !inSystemHeader(index_.context_, record)) {
    const auto *derived = dyn_cast<CXXRecordDecl>(record);
    unsigned i = derived ? derived->getNumBases() : 0;
    for (const FieldDecl *field : record->fields())
      if (!field->isUnnamedBitField() && i < list->getNumInits())
        if (const Expr *init = list->getInit(i++);
            !isa<CXXDefaultInitExpr, ImplicitValueInitExpr>(init))
          index_.writes_[key(field)].push_back({Write::Initial, init, here()});
  }
  for (Stmt *child : list->children())
    if (!TraverseStmt(child))
      return false;
  return true;
}

bool UnitIndexer::VisitVarDecl(VarDecl *var) {
  const Place place = here();
  index_.declared_.push_back({var, place});
  if (var->hasInit() && !isa<ParmVarDecl>(var))
    index_.writes_[key(var)].push_back({Write::Initial, var->getInit(), place});
  return true;
}

bool UnitIndexer::VisitFieldDecl(FieldDecl *field) {
  const Place place = here();
  index_.declared_.push_back({field, place});
  if (const Expr *init = field->getInClassInitializer())
    index_.writes_[key(field)].push_back({Write::Initial, init, place});
  return true;
}

bool UnitIndexer::VisitBinaryOperator(BinaryOperator *op) {
  if (!op->isAssignmentOp())
    return true;
  const Expr *target = op->getLHS()->IgnoreParenImpCasts();
  assign(target, op->getRHS(), op->getOpcode() == BO_Assign);
  return true;
}

bool UnitIndexer::VisitCallExpr(CallExpr *call) {
  const FunctionDecl *callee = call->getDirectCallee();
  if (!callee) {
    candidates(call);
    return true;
  }
  const auto *method = dyn_cast<CXXMethodDecl>(callee);
  const auto *op = dyn_cast<CXXOperatorCallExpr>(call);
  const bool member =
      op != nullptr && method != nullptr && method->isInstance();
  this->call(call, callee, member ? 1 : 0);
  if (op && op->getOperator() == OO_Equal) {
    assign(op->getArg(0)->IgnoreParenImpCasts(), op->getArg(1), true);
    return true;
  }
  if (method && method->isInstance() && !method->isConst()) {
    const auto *ordinary = dyn_cast<CXXMemberCallExpr>(call);
    if (member || ordinary)
      store(member ? call->getArg(0) : ordinary->getImplicitObjectArgument(),
            call, Write::Update);
  }
  escape(index_.calls_.back());
  forwarded(index_.calls_.back());
  return true;
}

bool UnitIndexer::VisitCXXConstructExpr(CXXConstructExpr *construct) {
  call(construct, construct->getConstructor(), 0);
  if (construct->getConstructor()->isCopyOrMoveConstructor())
    return true;
  escape(index_.calls_.back());
  forwarded(index_.calls_.back());
  return true;
}

bool UnitIndexer::VisitReturnStmt(ReturnStmt *ret) {
  if (function() && ret->getRetValue())
    index_.returns_[key(function())].push_back({ret->getRetValue(), here()});
  return true;
}

/// The text of the instructions is what the outputs get.
bool UnitIndexer::VisitGCCAsmStmt(GCCAsmStmt *code) {
  for (unsigned i = 0; i < code->getNumOutputs(); ++i)
    store(code->getOutputExpr(i), code->getAsmStringExpr(), Write::Assign);
  return true;
}

bool UnitIndexer::VisitMemberExpr(MemberExpr *member) {
  mention(member, member->getMemberDecl());
  return true;
}

bool UnitIndexer::VisitDeclRefExpr(DeclRefExpr *name) {
  const ValueDecl *decl = name->getDecl();
  mention(name, decl);
  const auto *variable = dyn_cast<VarDecl>(decl);
  if (isa<EnumConstantDecl>(decl) ||
      (variable && !variable->isLocalVarDecl() && !isa<ParmVarDecl>(variable)))
    refer(name, decl);
  return true;
}

void UnitIndexer::mention(const Expr *expr, const ValueDecl *named) {
  const auto *variable = dyn_cast<VarDecl>(named);
  const bool outlives = isa<FieldDecl>(named) ||
                        (variable != nullptr && variable->hasGlobalStorage());
  if (outlives && named->getType()->isArithmeticType())
    index_.mentions_[key(named)].push_back(expr);
}

/// What \p call may run although its callee is not one declared function.
void UnitIndexer::candidates(const CallExpr *call) {
  const Expr *callee = call->getCallee()->IgnoreParenImpCasts();
  if (const auto *member = dyn_cast<MemberExpr>(callee))
    refer(call, member->getMemberDecl());
  else if (const auto *lookup = dyn_cast<OverloadExpr>(callee))
    for (const NamedDecl *candidate : lookup->decls())
      refer(call, candidate->getUnderlyingDecl());
}

/// A callee may store through what it was given a mutable way to.
void UnitIndexer::escape(const Call &call) {
  const unsigned parameters = call.callee->getNumParams();
  for (unsigned i = 0, n = call.argumentCount(); i < n; ++i) {
    const Expr *argument = call.argument(i);
    const bool iterator = isa<CXXMemberCallExpr>(argument->IgnoreImplicit()) &&
                          argument->getType()->isRecordType();
    const QualType type = i < parameters
                              ? call.callee->getParamDecl(i)->getType()
                              : argument->getType();
    if (isMutableAccess(type) || iterator)
      store(argument, call.expr, Write::Escape);
  }
}

/// `std::thread(worker, seed)` calls the function that it is given, and
/// `std::make_unique<Trainer>(seed)` a constructor; the library's own body is
/// never walked.
void UnitIndexer::forwarded(const Call &given) {
  if (!inSystemHeader(index_.context_, given.callee))
    return;
  if (const FunctionDecl *constructor = forwardedConstructor(given))
    return call(given.expr, constructor, given.skip);
  for (unsigned i = 0, n = given.argumentCount(); i < n; ++i) {
    const Expr *argument = given.argument(i)->IgnoreImplicit();
    if (const auto *address = dyn_cast<UnaryOperator>(argument))
      argument = address->getSubExpr()->IgnoreImplicit();
    const auto *name = dyn_cast<DeclRefExpr>(argument);
    if (!name)
      continue;
    if (const auto *worker = dyn_cast<FunctionDecl>(name->getDecl())) {
      const unsigned skip = given.skip + i + 1;
      return call(given.expr, worker, skip);
    }
  }
}

UnitIndex::UnitIndex(ASTContext &context) : context_(context) {
  UnitIndexer(*this).TraverseAST(context);
}

}  // namespace reproaudit
