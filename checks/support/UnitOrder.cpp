// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/UnitOrder.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Sinks.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Kind = Effect::Kind;

StringRef nameOf(const FunctionDecl *function) {
  return function && function->getIdentifier() ? function->getName()
                                               : StringRef();
}

bool isBegin(StringRef name) {
  return name == "begin" || name == "cbegin" || name == "rbegin";
}

/// X of `X.begin()`, `std::begin(X)`, or null.
const Expr *begunBy(const Expr *expr) {
  expr = bare(expr);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(expr))
    return isBegin(nameOf(method->getMethodDecl()))
               ? method->getImplicitObjectArgument()
               : nullptr;
  const auto *call = dyn_cast<CallExpr>(expr);
  return call && call->getNumArgs() == 1 &&
                 isBegin(nameOf(call->getDirectCallee()))
             ? call->getArg(0)
             : nullptr;
}

bool isKeysView(QualType type) {
  const auto *record =
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  const auto *special =
      dyn_cast_or_null<ClassTemplateSpecializationDecl>(record);
  if (!special || special->getName() != "elements_view" ||
      special->getTemplateArgs().size() < 2)
    return false;
  const TemplateArgument &index = special->getTemplateArgs()[1];
  return index.getKind() == TemplateArgument::Integral &&
         index.getAsIntegral().isZero();
}

/// First pass: everything worth a look, and who calls whom.
class Collector : public ConstDynamicRecursiveASTVisitor {
public:
  struct Candidate {
    const Stmt *stmt;
    const FunctionDecl *function;
  };
  std::vector<Candidate> candidates;
  std::vector<const DeclaratorDecl *> heaps;
  Callers callers;

  explicit Collector(const SourceManager &sources) : sources_(sources) {
    ShouldVisitTemplateInstantiations = true;
    ShouldWalkTypesOfTypeLocs = false;
  }

  bool TraverseDecl(const Decl *decl) override {
    if (!decl || (!isa<TranslationUnitDecl>(decl) &&
                  sources_.isInSystemHeader(decl->getLocation())))
      return true;
    const auto *function = dyn_cast<FunctionDecl>(decl);
    // Templates are judged where they are instantiated.
    if (!function || isa<FunctionTemplateDecl>(decl))
      return ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    if (function->isDependentContext())
      return true;
    const FunctionDecl *outer = std::exchange(function_, function);
    const bool result = ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    function_ = outer;
    return result;
  }
  bool TraverseTypeLoc(TypeLoc, bool) override { return true; }
  bool TraverseLambdaExpr(const LambdaExpr *lambda) override {
    if (lambda->getCallOperator()->isDependentContext()) {
      if (const FunctionTemplateDecl *pattern =
              lambda->getLambdaClass()->getDependentLambdaCallOperator())
        for (const FunctionDecl *instance : pattern->specializations())
          inFunction(instance, instance->getBody());
      return true;
    }
    inFunction(lambda->getCallOperator(), lambda->getBody());
    return true;
  }

  bool VisitCXXForRangeStmt(const CXXForRangeStmt *loop) override {
    return keep(loop);
  }
  bool VisitForStmt(const ForStmt *loop) override { return keep(loop); }
  bool VisitWhileStmt(const WhileStmt *loop) override { return keep(loop); }
  bool VisitCXXConstructExpr(const CXXConstructExpr *made) override {
    return made->getNumArgs() >= 2 ? keep(made) : true;
  }
  bool VisitCallExpr(const CallExpr *call) override {
    const FunctionDecl *callee = call->getDirectCallee();
    if (!callee)
      return true;
    if (sources_.isInSystemHeader(callee->getLocation()) || sortOf(*call))
      keep(call);
    else
      callers[callee->getCanonicalDecl()].push_back({call, function_});
    return true;
  }
  bool VisitDeclaratorDecl(const DeclaratorDecl *decl) override {
    if (isa<VarDecl, FieldDecl>(decl) && !decl->getType()->isDependentType() &&
        shapeOf(decl->getType()) == Shape::Heap &&
        !decl->getType()->isReferenceType())
      heaps.push_back(decl);
    return true;
  }

private:
  bool keep(const Stmt *stmt) {
    candidates.push_back({stmt, function_});
    return true;
  }
  void inFunction(const FunctionDecl *function, const Stmt *body) {
    const FunctionDecl *outer = std::exchange(function_, function);
    TraverseStmt(body);
    function_ = outer;
  }

  const SourceManager &sources_;
  const FunctionDecl *function_ = nullptr;
};

/// Second pass: which candidates visit a sequence in unspecified order, and
/// what comes of it.
class Analyst {
public:
  Analyst(const ASTContext &context, ArrayRef<StringRef> extra,
          const Collector &found)
      : context_(context), extra_(extra), callers_(found.callers),
        later_(
            context, callers_,
            [this](const CXXForRangeStmt &loop, const FunctionDecl &function) {
              return isInnocent(loop, function);
            }) {}

  void look(const Collector::Candidate &candidate);
  void heap(const DeclaratorDecl &decl);
  UnitOrder take() { return std::move(result_); }

private:
  void rangeFor(const CXXForRangeStmt &loop, const FunctionDecl *function);
  void forLoop(const ForStmt &loop, const FunctionDecl *function);
  void whileLoop(const WhileStmt &loop, const FunctionDecl *function);
  void boostForeach(const ForStmt &loop, const FunctionDecl *function);
  void construction(const CXXConstructExpr &made, const FunctionDecl *function);
  void call(const CallExpr &call, const FunctionDecl *function);
  void firstElement(const CallExpr &call, const FunctionDecl *function);
  void algorithm(const CallExpr &call, StringRef name, unsigned first,
                 const Expr &sequence, Order order,
                 const FunctionDecl *function);
  void rangeInto(const CallExpr &call, StringRef name, const Expr &sequence,
                 Order order, const FunctionDecl *function);
  void foldedBy(const CallExpr &call, const Expr *callable,
                const Expr &sequence, Order order,
                const FunctionDecl *function);
  void calledBy(const CallExpr &call, const Expr *callable,
                const Expr &sequence, Order order,
                const FunctionDecl *function);
  void sorted(const CallExpr &call, const FunctionDecl *function);

  Iteration iterationOf(const Expr &sequence, const FunctionDecl *function,
                        const Stmt *site, const Stmt *body) const;
  void visit(Order order, const Expr &sequence, const Iteration &iteration);
  void add(Order order, const Expr &sequence, const Stmt &site, Effect effect,
           const FunctionDecl *function);
  void settle(Visit visit, const FunctionDecl *function, bool uniqueFirst);
  bool isInnocent(const CXXForRangeStmt &loop, const FunctionDecl &function);

  const ASTContext &context_;
  ArrayRef<StringRef> extra_;
  const Callers &callers_;
  LaterSort later_;
  UnitOrder result_;
  unsigned depth_ = 0;
};

// ---------------------------------------------------------------------------
// Loops

Iteration Analyst::iterationOf(const Expr &sequence,
                               const FunctionDecl *function, const Stmt *site,
                               const Stmt *body) const {
  const Shape shape = shapeOf(sequence.getType());
  const bool keys = isKeysView(sequence.getType());
  return {.function = function,
          .site = site,
          .body = body,
          .uniqueKeys = shape == Shape::Set || shape == Shape::Map || keys ||
                        orderOf(sequence.getType(), extra_) == Order::Directory,
          .elementIsKey = shape == Shape::Set || keys || shape == Shape::Other};
}

void Analyst::visit(Order order, const Expr &sequence,
                    const Iteration &iteration) {
  Visit visit{order, iteration.site, &sequence, effectsOf(iteration, context_)};
  if (!visit.effects.empty())
    settle(std::move(visit), iteration.function, iteration.uniqueKeys);
}

void Analyst::add(Order order, const Expr &sequence, const Stmt &site,
                  Effect effect, const FunctionDecl *function) {
  settle({order, &site, &sequence, {std::move(effect)}}, function,
         shapeOf(sequence.getType()) == Shape::Map);
}

/// Drops what a later sort puts right, keeps the rest.
void Analyst::settle(Visit visit, const FunctionDecl *function,
                     bool uniqueFirst) {
  std::erase_if(visit.effects, [&](Effect &effect) {
    if (effect.kind != Kind::Append || !effect.target || !function)
      return false;
    const std::optional<Reveal> reveal =
        later_.revealed(*effect.target, *visit.site, *function, uniqueFirst);
    if (!reveal)
      return true;
    effect.reader = reveal->at;
    effect.certain &= reveal->certain;
    return false;
  });
  if (!visit.effects.empty())
    result_.visits.push_back(std::move(visit));
}

/// Would \p loop over a sequence in arbitrary order show that order?
bool Analyst::isInnocent(const CXXForRangeStmt &loop,
                         const FunctionDecl &function) {
  if (depth_ > 1 || !loop.getLoopVariable())
    return false;
  ++depth_;
  Iteration iteration{.function = &function,
                      .site = &loop,
                      .body = loop.getBody(),
                      .elements = {loop.getLoopVariable()},
                      .uniqueKeys = true,
                      .elementIsKey = true};
  const std::vector<Effect> effects = effectsOf(iteration, context_);
  const bool innocent = llvm::all_of(effects, [&](const Effect &effect) {
    return effect.kind == Kind::Append && effect.target &&
           !later_.revealed(*effect.target, loop, function, false);
  });
  --depth_;
  return innocent;
}

void Analyst::rangeFor(const CXXForRangeStmt &loop,
                       const FunctionDecl *function) {
  const Expr *range = loop.getRangeInit();
  if (!range || !loop.getLoopVariable())
    return;
  Order order = orderOf(range->getType(), extra_);
  if (order == Order::Specified && loop.getBeginStmt()) {
    // A class of the project that hands out hash iterators.
    const auto *begin = dyn_cast<VarDecl>(loop.getBeginStmt()->getSingleDecl());
    order = orderOf(begin->getType(), extra_);
  }
  if (order == Order::Specified)
    return;
  Iteration iteration = iterationOf(*range, function, &loop, loop.getBody());
  iteration.elements.push_back(loop.getLoopVariable());
  visit(order, *range, iteration);
}

void Analyst::forLoop(const ForStmt &loop, const FunctionDecl *function) {
  if (!loop.getInit())
    return;
  // for (auto it = x.begin(); ...) or for (it = x.begin(); ...)
  const ValueDecl *iterator = nullptr;
  const Expr *sequence = nullptr;
  if (const auto *declaration = dyn_cast<DeclStmt>(loop.getInit())) {
    for (const Decl *decl : declaration->decls())
      if (const auto *variable = dyn_cast<VarDecl>(decl);
          variable && variable->getInit() && !iterator) {
        sequence = begunBy(variable->getInit());
        if (!sequence &&
            orderOf(variable->getType(), extra_) == Order::Directory)
          sequence = variable->getInit();
        iterator = sequence ? variable : nullptr;
      }
  } else if (const auto *assignment = dyn_cast<CXXOperatorCallExpr>(
                 bare(cast<Expr>(loop.getInit())));
             assignment && assignment->getOperator() == OO_Equal) {
    iterator = namedVariable(assignment->getArg(0));
    sequence = begunBy(assignment->getArg(1));
  }
  if (!iterator || !sequence)
    return boostForeach(loop, function);
  const Order order = orderOf(sequence->getType(), extra_);
  if (order == Order::Specified)
    return;
  Iteration iteration = iterationOf(*sequence, function, &loop, loop.getBody());
  iteration.elements.push_back(iterator);
  visit(order, *sequence, iteration);
}

/// BOOST_FOREACH(element, container) is `for (element =
/// deref<container>(...);`.
void Analyst::boostForeach(const ForStmt &loop, const FunctionDecl *function) {
  if (!loop.getBeginLoc().isMacroID())
    return;
  const VarDecl *element = nullptr;
  const Expr *from = nullptr;
  if (const auto *declaration = dyn_cast_or_null<DeclStmt>(loop.getInit())) {
    if (declaration->isSingleDecl())
      element = dyn_cast<VarDecl>(declaration->getSingleDecl());
    from = element ? element->getInit() : nullptr;
  } else if (const auto *op =
                 dyn_cast_or_null<BinaryOperator>(loop.getInit())) {
    element = namedVariable(op->getLHS());
    from = op->getRHS();
  }
  const auto *deref = from ? dyn_cast<CallExpr>(bare(from)) : nullptr;
  const FunctionDecl *callee = deref ? deref->getDirectCallee() : nullptr;
  if (nameOf(callee) != "deref" || !callee->getTemplateSpecializationArgs() ||
      deref->getNumArgs() == 0)
    return;
  const TemplateArgument &type =
      callee->getTemplateSpecializationArgs()->get(0);
  if (type.getKind() != TemplateArgument::Type)
    return;
  const Order order = orderOf(type.getAsType(), extra_);
  if (order == Order::Specified)
    return;
  Iteration iteration = iterationOf(*deref, function, &loop, loop.getBody());
  iteration.elements.push_back(element);
  visit(order, *deref, iteration);
}

/// The variable that \p condition tests and whose value comes from \p init.
void Analyst::whileLoop(const WhileStmt &loop, const FunctionDecl *function) {
  if (!function || !function->getBody())
    return;
  // while ((entry = readdir(directory)) != nullptr)
  const CallExpr *listing = nullptr;
  const VarDecl *entry = loop.getConditionVariable();
  anyStmt(loop.getCond(), [&](const Stmt &stmt) {
    if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      const StringRef name = nameOf(call->getDirectCallee());
      if (name == "readdir" || name == "readdir64" || name == "readdir_r" ||
          name == "FindNextFileA")
        listing = call;
    } else if (const auto *op = dyn_cast<BinaryOperator>(&stmt);
               op && op->getOpcode() == BO_Assign) {
      entry = namedVariable(op->getLHS());
    }
    return false;
  });
  if (entry && entry->getInit() && !listing)
    if (const auto *call = dyn_cast<CallExpr>(bare(entry->getInit()));
        call && nameOf(call->getDirectCallee()) == "readdir")
      listing = call;
  if (listing && entry) {
    Iteration iteration{.function = function,
                        .site = &loop,
                        .body = loop.getBody(),
                        .elements = {entry},
                        .uniqueKeys = true,
                        .elementIsKey = true};
    return visit(Order::Directory, *listing, iteration);
  }
  // auto it = x.begin(); while (it != x.end()) { ...; ++it; }
  anyStmt(loop.getCond(), [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *iterator = expr ? namedVariable(expr) : nullptr;
    const Expr *sequence = iterator && iterator->getInit()
                               ? begunBy(iterator->getInit())
                               : nullptr;
    const Order order =
        sequence ? orderOf(sequence->getType(), extra_) : Order::Specified;
    if (order == Order::Specified)
      return false;
    Iteration iteration =
        iterationOf(*sequence, function, &loop, loop.getBody());
    iteration.elements.push_back(iterator);
    visit(order, *sequence, iteration);
    return true;
  });
}

// ---------------------------------------------------------------------------
// Calls and constructions

/// `std::vector<Key> keys(set.begin(), set.end());`
void Analyst::construction(const CXXConstructExpr &made,
                           const FunctionDecl *function) {
  const Expr *sequence = begunBy(made.getArg(0));
  const Order order =
      sequence ? orderOf(sequence->getType(), extra_) : Order::Specified;
  if (order == Order::Specified || shapeOf(made.getType()) != Shape::Sequence)
    return;
  // The variable under construction is found through its initialiser.
  const VarDecl *target = nullptr;
  if (function && function->getBody())
    anyStmt(function->getBody(), [&](const Stmt &stmt) {
      const auto *declaration = dyn_cast<DeclStmt>(&stmt);
      if (!declaration)
        return false;
      for (const Decl *decl : declaration->decls())
        if (const auto *variable = dyn_cast<VarDecl>(decl);
            variable && variable->getInit() &&
            anyStmt(variable->getInit()->IgnoreImplicit(),
                    [&](const Stmt &part) { return &part == &made; }))
          target = variable;
      return target != nullptr;
    });
  add(order, *sequence, made,
      {.kind = Kind::Append, .at = &made, .target = target, .variable = target},
      function);
}

void Analyst::call(const CallExpr &call, const FunctionDecl *function) {
  sorted(call, function);
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
  firstElement(call, function);
  const bool isObject = isa<CXXOperatorCallExpr>(call);
  if (isObject && cast<CXXOperatorCallExpr>(call).getOperator() != OO_Call)
    return;
  // std::ranges algorithms are objects: their name is that of the object.
  StringRef algorithmName = name;
  unsigned offset = 0;
  if (isObject) {
    const auto *object = dyn_cast<DeclRefExpr>(bare(call.getArg(0)));
    if (!object || !object->getDecl()->getIdentifier())
      return;
    algorithmName = object->getDecl()->getName();
    offset = 1;
  }
  if (algorithmName.empty())
    return;
  for (unsigned i = offset; i < call.getNumArgs() && i < offset + 4; ++i) {
    const Expr *argument = call.getArg(i);
    if (isa<CXXDefaultArgExpr>(argument))
      break;
    const Expr *sequence = begunBy(argument);
    if (!sequence)
      sequence = argument;
    const Order order = orderOf(sequence->getType(), extra_);
    if (order == Order::Specified)
      continue;
    if (isa<CXXMemberCallExpr>(call))
      rangeInto(call, algorithmName, *sequence, order, function);
    else
      algorithm(call, algorithmName, i, *sequence, order, function);
    return;
  }
}

/// `v.insert(v.end(), s.begin(), s.end())`, `v.assign(s.begin(), s.end())`.
void Analyst::rangeInto(const CallExpr &call, StringRef name,
                        const Expr &sequence, Order order,
                        const FunctionDecl *function) {
  const auto &method = cast<CXXMemberCallExpr>(call);
  const Expr *object = method.getImplicitObjectArgument();
  if (!object || shapeOf(object->getType()) != Shape::Sequence ||
      (name != "insert" && name != "assign" && name != "append" &&
       name != "append_range" && name != "assign_range"))
    return;
  const VarDecl *variable = namedVariable(object);
  const auto *member = dyn_cast<MemberExpr>(bare(object));
  const NamedDecl *target =
      member ? static_cast<const NamedDecl *>(member->getMemberDecl())
             : variable;
  add(order, sequence, call,
      {.kind = Kind::Append,
       .at = &call,
       .target = target,
       .variable = variable},
      function);
}

/// A lambda, or the functor or function behind \p callable.
const FunctionDecl *calledFunction(const Expr *callable) {
  callable = bare(callable);
  if (const auto *address = dyn_cast<UnaryOperator>(callable))
    callable = bare(address->getSubExpr());
  if (const auto *reference = dyn_cast<DeclRefExpr>(callable))
    if (const auto *function = dyn_cast<FunctionDecl>(reference->getDecl()))
      return function->getDefinition();
  const CXXRecordDecl *record =
      callable->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition())
    return nullptr;
  if (record->isLambda() && record->getDependentLambdaCallOperator()) {
    for (const FunctionDecl *instance :
         record->getDependentLambdaCallOperator()->specializations())
      if (instance->hasBody())
        return instance;
    return nullptr;
  }
  for (const CXXMethodDecl *method : record->methods())
    if (method->getOverloadedOperator() == OO_Call && method->hasBody())
      return method->getDefinition();
  return nullptr;
}

void Analyst::calledBy(const CallExpr &call, const Expr *callable,
                       const Expr &sequence, Order order,
                       const FunctionDecl *function) {
  const FunctionDecl *body = calledFunction(callable);
  if (!body || !body->getBody() || body->getNumParams() == 0)
    return;
  Iteration iteration = iterationOf(sequence, function, &call, body->getBody());
  iteration.isLoop = false;
  iteration.elements.push_back(body->getParamDecl(0));
  visit(order, sequence, iteration);
}

/// `accumulate(first, last, init[, f])` and its kind.
void Analyst::foldedBy(const CallExpr &call, const Expr *callable,
                       const Expr &sequence, Order order,
                       const FunctionDecl *function) {
  const FunctionDecl *body = callable ? calledFunction(callable) : nullptr;
  const bool isOwn =
      body && body->getBody() && body->getNumParams() == 2 &&
      !context_.getSourceManager().isInSystemHeader(body->getLocation());
  if (isOwn) {
    Iteration iteration =
        iterationOf(sequence, function, &call, body->getBody());
    iteration.isLoop = false;
    iteration.accumulator = body->getParamDecl(0);
    iteration.elements.push_back(body->getParamDecl(1));
    return visit(order, sequence, iteration);
  }
  if (!roundingType(call.getType()).isNull())
    add(order, sequence, call, {.kind = Kind::FloatFold, .at = &call},
        function);
}

/// The last argument that can be called, or null.
const Expr *callableOf(const CallExpr &call, unsigned from) {
  for (unsigned i = call.getNumArgs(); i > from; --i)
    if (const Expr *argument = call.getArg(i - 1);
        !isa<CXXDefaultArgExpr>(argument) &&
        (calledFunction(argument) ||
         argument->getType()->isFunctionPointerType()))
      return argument;
  return nullptr;
}

void Analyst::algorithm(const CallExpr &call, StringRef name, unsigned first,
                        const Expr &sequence, Order order,
                        const FunctionDecl *function) {
  enum Role { None, Call, Fold, Copy, Best, Find, Scan, Text };
  const Role role =
      llvm::StringSwitch<Role>(name)
          .Cases({"for_each", "for_each_n"}, Call)
          .Cases({"accumulate", "reduce", "transform_reduce", "inner_product",
                  "fold_left", "fold_right"},
                 Fold)
          .Cases({"copy", "copy_if", "transform", "copy_n", "move",
                  "unique_copy", "to"},
                 Copy)
          .Cases({"max_element", "min_element", "minmax_element"}, Best)
          .Cases({"find_if", "find_if_not", "next", "sample"}, Find)
          .Cases({"partial_sum", "inclusive_scan", "exclusive_scan",
                  "adjacent_difference"},
                 Scan)
          .Cases({"join", "StrJoin"}, Text)
          .Default(None);
  if (role == None || first > 2)
    return;
  const Expr *callable = callableOf(call, first + 1);
  switch (role) {
  case Call:
    if (callable)
      calledBy(call, callable, sequence, order, function);
    return;
  case Fold:
    return foldedBy(call, callable, sequence, order, function);
  case Copy: {
    if (callable)
      calledBy(call, callable, sequence, order, function);
    // The output: back_inserter(v), inserter(s, s.end()), v.begin().
    const NamedDecl *target = nullptr;
    const Expr *output = nullptr;
    for (const Expr *argument : call.arguments()) {
      const Expr *inner = bare(argument);
      const auto *inserter = dyn_cast<CallExpr>(inner);
      if (inserter && inserter->getNumArgs() > 0 &&
          nameOf(inserter->getDirectCallee()).ends_with("inserter"))
        output = inserter->getArg(0);
      else if (const Expr *begun = begunBy(inner);
               begun && begun != &sequence &&
               orderOf(begun->getType(), extra_) == Order::Specified)
        output = begun;
      else if (const auto *record = inner->getType()->getAsCXXRecordDecl();
               record && record->getIdentifier() &&
               record->getName().starts_with("ostream"))
        return add(order, sequence, call, {.kind = Kind::Output, .at = &call},
                   function);
    }
    if (!output || shapeOf(output->getType()) != Shape::Sequence)
      return;
    const VarDecl *variable = namedVariable(output);
    if (const auto *member = dyn_cast<MemberExpr>(bare(output)))
      target = member->getMemberDecl();
    else
      target = variable;
    return add(order, sequence, call,
               {.kind = Kind::Append,
                .at = &call,
                .target = target,
                .variable = variable},
               function);
  }
  case Best: {
    const QualType element = firstArgument(sequence.getType());
    const Shape shape = shapeOf(sequence.getType());
    if (!callable && shape != Shape::Other)
      return;  // Whole elements, and those are unique or equal.
    if (callable &&
        compares(callable, nullptr, element, context_, shape == Shape::Map)
                .totality == Totality::Total)
      return;
    return add(order, sequence, call,
               {.kind = Kind::TieBreak, .at = &call, .certain = false},
               function);
  }
  case Find:
    return add(order, sequence, call,
               {.kind = Kind::FirstElement, .at = &call, .certain = false},
               function);
  case Scan:
    return add(order, sequence, call, {.kind = Kind::OrderedFold, .at = &call},
               function);
  case Text:
    return add(order, sequence, call, {.kind = Kind::Output, .at = &call},
               function);
  case None:
    return;
  }
}

/// `*x.begin()`, `x.begin()->second`: whichever comes first.
void Analyst::firstElement(const CallExpr &call, const FunctionDecl *function) {
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  if (!op || (op->getOperator() != OO_Star && op->getOperator() != OO_Arrow))
    return;
  const Expr *sequence = begunBy(op->getArg(0));
  const Order order =
      sequence ? orderOf(sequence->getType(), extra_) : Order::Specified;
  if (order == Order::Specified || !function || !function->getBody() ||
      isInDiagnosticMacro(call.getBeginLoc(), context_))
    return;
  // A worklist takes any element; a container with one element has no order.
  const auto isSame = [&](const Expr *object) {
    return object && sameObject(*object, *sequence, context_);
  };
  const bool harmless = anyStmt(function->getBody(), [&](const Stmt &stmt) {
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(&stmt))
      return nameOf(method->getMethodDecl()) == "erase" &&
             isSame(method->getImplicitObjectArgument());
    const auto *comparison = dyn_cast<BinaryOperator>(&stmt);
    if (!comparison || !comparison->isComparisonOp())
      return false;
    const auto *size = dyn_cast<CXXMemberCallExpr>(bare(comparison->getLHS()));
    return size && nameOf(size->getMethodDecl()) == "size" &&
           isSame(size->getImplicitObjectArgument());
  });
  if (!harmless)
    add(order, *sequence, call,
        {.kind = Kind::FirstElement, .at = &call, .certain = false}, function);
}

// ---------------------------------------------------------------------------
// Sorts

/// Is the sequence only asked for duplicates and membership after \p call?
bool onlyGroups(const NamedDecl *target, const CallExpr &call,
                const FunctionDecl *function, const ASTContext &context) {
  if (!target || !function || !function->getBody())
    return false;
  const auto *variable = dyn_cast<VarDecl>(target);
  if (!variable || !variable->hasLocalStorage() ||
      variable->getType()->isReferenceType())
    return false;
  const SourceManager &sources = context.getSourceManager();
  bool read = false;
  const std::function<void(const Stmt *, bool)> walk = [&](const Stmt *stmt,
                                                           bool grouped) {
    if (!stmt || read)
      return;
    if (const auto *reference = dyn_cast<DeclRefExpr>(stmt))
      read |= reference->getDecl() == target && !grouped &&
              sources.isBeforeInTranslationUnit(call.getEndLoc(),
                                                reference->getLocation());
    if (const auto *inner = dyn_cast<CallExpr>(stmt)) {
      const StringRef name = nameOf(inner->getDirectCallee());
      grouped |= llvm::StringSwitch<bool>(name)
                     .Cases({"unique", "adjacent_find", "binary_search"}, true)
                     .Cases({"size", "empty", "erase", "clear"}, true)
                     .Cases({"lower_bound", "includes", "end", "cend"}, true)
                     .Default(false);
    }
    for (const Stmt *child : stmt->children())
      walk(child, grouped);
  };
  walk(function->getBody(), false);
  return !read;
}

/// Was \p variable filled from one map, so that no two of its pairs share
/// their `first`?
bool holdsUniqueKeys(const NamedDecl *variable, const FunctionDecl *function) {
  if (!variable || !function || !function->getBody())
    return false;
  const auto isMap = [](const Expr *expr) {
    return expr && shapeOf(expr->getType()) == Shape::Map;
  };
  unsigned maps = 0;
  unsigned others = 0;
  const std::function<void(const Stmt *, bool)> walk = [&](const Stmt *stmt,
                                                           bool inMap) {
    if (!stmt)
      return;
    if (const auto *loop = dyn_cast<CXXForRangeStmt>(stmt))
      inMap |= isMap(loop->getRangeInit());
    if (const auto *declaration = dyn_cast<DeclStmt>(stmt);
        declaration && declaration->isSingleDecl() &&
        declaration->getSingleDecl() == variable) {
      const Expr *init = cast<VarDecl>(variable)->getInit();
      const auto *made =
          init ? dyn_cast<CXXConstructExpr>(init->IgnoreImplicit()) : nullptr;
      if (made && made->getNumArgs() >= 2)
        ++(isMap(begunBy(made->getArg(0))) ? maps : others);
    }
    if (const auto *call = dyn_cast<CXXMemberCallExpr>(stmt);
        call && namedVariable(call->getImplicitObjectArgument()) == variable) {
      const StringRef name = nameOf(call->getMethodDecl());
      if (name == "push_back" || name == "emplace_back")
        ++(inMap ? maps : others);
    }
    for (const Stmt *child : stmt->children())
      walk(child, inMap);
  };
  walk(function->getBody(), false);
  return maps == 1 && others == 0;
}

void Analyst::sorted(const CallExpr &call, const FunctionDecl *function) {
  std::optional<Sort> sort = sortOf(call);
  if (!sort || sort->element.isNull())
    return;
  // A comparator that was passed in is judged where it comes from.
  const VarDecl *passed =
      sort->comparator ? namedVariable(sort->comparator) : nullptr;
  if (passed && isa<ParmVarDecl>(passed))
    return;
  Sorting sorting{.sort = *sort, .at = call.getBeginLoc()};
  if (const auto *member = dyn_cast<MemberExpr>(sort->sequence))
    sorting.target = member->getMemberDecl();
  else
    sorting.target = namedVariable(sort->sequence);
  sorting.comparison =
      compares(sort->comparator, sort->projection, sort->element, context_,
               holdsUniqueKeys(sorting.target, function));
  if (sorting.comparison.totality != Totality::Partial &&
      sorting.comparison.totality != Totality::Address)
    return;
  sorting.onlyGroups = onlyGroups(sorting.target, call, function, context_);
  result_.sortings.push_back(std::move(sorting));
}

void Analyst::heap(const DeclaratorDecl &decl) {
  const auto *special = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      decl.getType().getCanonicalType()->getAsCXXRecordDecl());
  if (!special || special->getTemplateArgs().size() < 3)
    return;
  Sorting sorting{.at = decl.getLocation(), .target = &decl, .isHeap = true};
  sorting.sort.element = special->getTemplateArgs()[0].getAsType();
  sorting.comparison = compares(special->getTemplateArgs()[2].getAsType(),
                                sorting.sort.element, context_);
  if (sorting.comparison.totality == Totality::Partial ||
      sorting.comparison.totality == Totality::Address)
    result_.sortings.push_back(std::move(sorting));
}

void Analyst::look(const Collector::Candidate &candidate) {
  const Stmt *stmt = candidate.stmt;
  if (const auto *loop = dyn_cast<CXXForRangeStmt>(stmt))
    rangeFor(*loop, candidate.function);
  else if (const auto *loop = dyn_cast<ForStmt>(stmt))
    forLoop(*loop, candidate.function);
  else if (const auto *loop = dyn_cast<WhileStmt>(stmt))
    whileLoop(*loop, candidate.function);
  else if (const auto *made = dyn_cast<CXXConstructExpr>(stmt))
    construction(*made, candidate.function);
  else if (const auto *made = dyn_cast<CallExpr>(stmt))
    call(*made, candidate.function);
}

/// The answer for the unit that is being looked at, so that the rules share
/// it. Cleared at the end of each unit.
struct Memo {
  const ASTContext *context = nullptr;
  std::vector<StringRef> extra;
  UnitOrder order;
};
thread_local Memo memo;

const UnitOrder &orderOfUnit(ASTContext &context,
                             const std::vector<StringRef> &extra) {
  if (memo.context != &context || memo.extra != extra) {
    Collector found(context.getSourceManager());
    found.TraverseAST(context);
    Analyst analyst(context, extra, found);
    for (const Collector::Candidate &candidate : found.candidates)
      analyst.look(candidate);
    for (const DeclaratorDecl *decl : found.heaps)
      analyst.heap(*decl);
    memo = {&context, extra, analyst.take()};
  }
  return memo.order;
}

}  // namespace

// ---------------------------------------------------------------------------

const Effect *
Visit::mostCertain(llvm::function_ref<bool(const Effect &)> wanted) const {
  const Effect *best = nullptr;
  for (const Effect &effect : effects)
    if (wanted(effect) && (!best || (effect.certain && !best->certain)))
      best = &effect;
  return best;
}

OrderCheck::OrderCheck(const RuleInfo &info, StringRef name,
                       tidy::ClangTidyContext *context)
    : Check(info, name, context) {
  if (llvm::is_contained(
          llvm::map_range(info.options,
                          [](const OptionInfo &option) { return option.name; }),
          kUnorderedContainers.name))
    containers_ = list(kUnorderedContainers);
}

void OrderCheck::registerMatchers(ast_matchers::MatchFinder *finder) {
  finder->addMatcher(ast_matchers::translationUnitDecl(), this);
}

void OrderCheck::check(const ast_matchers::MatchFinder::MatchResult &result) {
  const UnitOrder &unit = orderOfUnit(*result.Context, containers_);
  for (const Visit &visit : unit.visits)
    judge(visit);
  for (const Sorting &sorting : unit.sortings)
    judge(sorting);
}

void OrderCheck::onEndOfTranslationUnit() { memo = {}; }

DiagnosticBuilder OrderCheck::report(bool certain, SourceLocation at,
                                     StringRef message) {
  return certain ? finding(at, message) : noteworthy(at, message);
}

void OrderCheck::flow(const Effect &effect, SourceLocation at) {
  for (const CallExpr *call : effect.calls)
    step(call->getBeginLoc(), "called here for each element");
  if (effect.at->getBeginLoc() != at)
    step(effect.at->getBeginLoc(), "%0 is written here")
        << described(effect.target);
  if (effect.reader)
    step(effect.reader->getBeginLoc(), "the order of %0 is used here")
        << described(effect.target);
}

std::string described(const NamedDecl *target) {
  return target ? "'" + target->getNameAsString() + "'" : "a value";
}

std::string described(const Expr *sequence) {
  sequence = bare(sequence);
  if (const auto *reference = dyn_cast<DeclRefExpr>(sequence))
    return described(reference->getDecl());
  if (const auto *member = dyn_cast<MemberExpr>(sequence))
    return described(member->getMemberDecl());
  if (const auto *call = dyn_cast<CallExpr>(sequence))
    if (const FunctionDecl *callee = call->getDirectCallee();
        callee && callee->getIdentifier())
      return "the result of '" + callee->getNameAsString() + "'";
  return "a sequence";
}

StringRef described(Order order) {
  switch (order) {
  case Order::Hash:
    return "hash order";
  case Order::Address:
    return "the order of addresses";
  case Order::Directory:
    return "the order of the file system";
  case Order::Arrival:
    return "the order in which threads arrived";
  case Order::Specified:
    return "a specified order";
  }
  llvm_unreachable("every order is named");
}

}  // namespace reproaudit
