// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EffectClassifier.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool putsIn(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"push_back", "emplace_back", "append", "splice"}, true)
      .Cases({"push_front", "emplace_front", "push", "enqueue"}, true)
      .Cases({"insert", "emplace", "assign", "grow_by"}, true)
      .Cases({"try_emplace", "insert_or_assign"}, true)
      .Default(false);
}

bool drawsInC(const FunctionDecl &callee) {
  return !isa<CXXMethodDecl>(callee) && callee.isExternC() &&
         llvm::StringSwitch<bool>(nameOf(&callee))
             .Cases({"rand", "random", "drand48", "lrand48"}, true)
             .Cases({"mrand48", "rand_r", "erand48"}, true)
             .Default(false);
}

/// The stream or archive at the left end of `out << a << b`.
const Expr *chainStart(const CXXOperatorCallExpr &chain,
                       llvm::function_ref<void(const Expr &)> operand) {
  const Expr *stream = &chain;
  while (const auto *link = dyn_cast<CXXOperatorCallExpr>(stream)) {
    if (link->getNumArgs() != 2 ||
        (link->getOperator() != OO_LessLess && link->getOperator() != OO_Amp))
      break;
    operand(*link->getArg(1));
    stream = bare(link->getArg(0));
  }
  return stream;
}

/// What a function whose code is not here may change: its object and what it
/// gets by mutable reference.
llvm::SmallVector<const Expr *, 4> changedBy(const CallExpr &call,
                                             const FunctionDecl &callee) {
  llvm::SmallVector<const Expr *, 4> changed;
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    if (method->getMethodDecl() && !method->getMethodDecl()->isConst())
      changed.push_back(method->getImplicitObjectArgument());
  for (unsigned i = 0; i < call.getNumArgs() && i < callee.getNumParams();
       ++i) {
    const QualType type = callee.getParamDecl(i)->getType();
    if ((type->isReferenceType() || type->isPointerType()) &&
        !type->getPointeeType().isConstQualified())
      changed.push_back(call.getArg(i));
  }
  return changed;
}

}  // namespace

bool EffectClassifier::argumentsDepend(const CallExpr &call, unsigned first,
                                       const Frame &frame) const {
  for (unsigned i = first; i < call.getNumArgs(); ++i)
    if ((flow_.depends(call.getArg(i), frame) & Flow::Element) != 0)
      return true;
  return false;
}

std::optional<Place> EffectClassifier::shared(const Expr &object,
                                              const Frame &frame) const {
  const Place place = flow_.resolve(&object, frame);
  if (place.kind != Place::Kind::Outer || place.isIndexed() ||
      conditions_.areUnique())
    return std::nullopt;
  return place;
}

/// True if the call is dealt with, arguments included.
bool EffectClassifier::call(const CallExpr &call, const Frame &frame) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return false;
  if (isDiagnosticFunction(*callee) || useOfCall(call) == Use::Diagnostic)
    return true;
  if (draws(call, frame))
    return false;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    if (operatorCall(*op, frame))
      return false;
  if (shift(call, frame))
    return true;
  enterLambdas(call, frame);
  // What a container does inside to put something in is not the point.
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
      method && putsIn(nameOf(callee)) &&
      containerCall(call, nameOf(callee), *method->getImplicitObjectArgument(),
                    frame))
    return false;
  if (enterCallee(call, frame))
    return false;
  if (context_.getSourceManager().isInSystemHeader(callee->getLocation()))
    libraryCall(call, *callee, frame);
  else
    unknownCall(call, *callee, frame);
  return false;
}

bool EffectClassifier::operatorCall(const CXXOperatorCallExpr &call,
                                    const Frame &frame) {
  if (call.getNumArgs() != 2)
    return false;
  const Expr &target = *call.getArg(0);
  const Expr *value = call.getArg(1);
  const OverloadedOperatorKind op = call.getOperator();
  if (op == OO_Equal) {
    assigned(target, value, call, frame);
    return true;
  }
  const bool isFold = op == OO_PlusEqual || op == OO_MinusEqual ||
                      op == OO_StarEqual || op == OO_SlashEqual;
  if (!isFold ||
      (!isText(target.getType()) && roundingType(target.getType()).isNull()))
    return false;
  folded(target,
         op == OO_PlusEqual || op == OO_MinusEqual ? OperatorFamily::Add
                                                   : OperatorFamily::Mul,
         value, call, frame);
  return true;
}

/// `out << key << value`, `archive & value`: the chain is one write.
bool EffectClassifier::shift(const CallExpr &written, const Frame &frame) {
  const auto *call = dyn_cast<CXXOperatorCallExpr>(&written);
  if (!call || call->getNumArgs() != 2 ||
      (call->getOperator() != OO_LessLess && call->getOperator() != OO_Amp))
    return false;
  bool depends = false;
  const Expr *stream = chainStart(*call, [&](const Expr &operand) {
    depends |= (flow_.depends(&operand, frame) & Flow::Element) != 0;
  });
  const Use use = useOfStream(*stream);
  if (use == Use::Diagnostic)
    return true;
  if (!stream->getType()->isRecordType() || !depends)
    return isOutputStream(stream->getType());
  if (const auto place = shared(*stream, frame))
    add(Kind::Output, *call, *place, frame, use != Use::Printed);
  return true;
}

bool EffectClassifier::draws(const CallExpr &call, const Frame &frame) {
  llvm::SmallVector<const Expr *, 4> operands(call.arguments());
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    if (const auto *target = method->getMethodDecl();
        target && !target->isConst() && nameOf(target) != "seed")
      operands.push_back(method->getImplicitObjectArgument());
  Place place;
  const bool usesEngine = llvm::any_of(operands, [&](const Expr *operand) {
    if (!isRandomEngine(operand->getType()) ||
        operand->getType().isConstQualified() || !operand->isLValue())
      return false;
    place = flow_.resolve(operand, frame);
    return place.kind == Place::Kind::Outer && !place.isIndexed();
  });
  if (!usesEngine && !drawsInC(*call.getDirectCallee()))
    return false;
  if (!conditions_.areUnique())
    add(Kind::Draw, call, place, frame);
  return true;
}

bool EffectClassifier::containerCall(const CallExpr &call, StringRef name,
                                     const Expr &container,
                                     const Frame &frame) {
  const QualType type = container.getType()->isPointerType()
                            ? container.getType()->getPointeeType()
                            : container.getType();
  const Shape shape = shapeOf(type);
  if (shape == Shape::Other && !isText(type))
    return false;
  const Place place = flow_.resolve(&container, frame);
  if (!putsIn(name) || place.kind != Place::Kind::Outer || place.isKeyed() ||
      conditions_.areUnique() || !argumentsDepend(call, 0, frame))
    return true;
  const bool isNumbered =
      llvm::any_of(call.arguments(), [&](const Expr *argument) {
        return (flow_.depends(argument, frame) & Flow::Carried) != 0;
      });
  if (shape == Shape::Map && isNumbered)
    add(Kind::Number, call, place, frame);
  else if (isText(type))
    add(Kind::Output, call, place, frame);
  else if (shape == Shape::Sequence)
    add(Kind::Append, call, place, frame);
  else if (shape == Shape::MultiMap && orderOf(type) == Order::Specified)
    add(Kind::TieBreak, call, place, frame, /*certain=*/false);
  else
    keep(call, place);
  return true;
}

void EffectClassifier::methodCall(const CXXMemberCallExpr &call, StringRef name,
                                  const Frame &frame) {
  const Expr *object = call.getImplicitObjectArgument();
  if (!object || containerCall(call, name, *object, frame) ||
      !isOutputStream(object->getType()) ||
      (name != "write" && name != "put") || !argumentsDepend(call, 0, frame))
    return;
  if (const auto place = shared(*object, frame))
    add(Kind::Output, call, *place, frame);
}

/// C's ways to write to a file.
void EffectClassifier::fileCall(const CallExpr &call, StringRef name,
                                const Frame &frame) {
  const bool writes = llvm::StringSwitch<bool>(name)
                          .Cases({"fprintf", "fwrite", "fputs", "fputc"}, true)
                          .Cases({"printf", "puts", "putchar"}, true)
                          .Default(false);
  if (!writes || !argumentsDepend(call, 0, frame) || conditions_.areUnique())
    return;
  const Expr *file = name == "fprintf" ? call.getArg(0)
                     : call.getNumArgs() > 1 && name != "printf"
                         ? call.getArg(call.getNumArgs() - 1)
                         : nullptr;
  const Place place =
      file ? flow_.resolve(file, frame) : Place{.kind = Place::Kind::Outer};
  if (place.kind == Place::Kind::Outer && !place.isIndexed())
    add(Kind::Output, call, place, frame, useOfCall(call) != Use::Printed);
}

void EffectClassifier::libraryCall(const CallExpr &call,
                                   const FunctionDecl &callee,
                                   const Frame &frame) {
  const StringRef name = nameOf(&callee);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    return methodCall(*method, name, frame);
  const auto *algorithm = dyn_cast<CXXOperatorCallExpr>(&call);
  if (name == "back_inserter" && call.getNumArgs() == 1 && !algorithm) {
    const Place place = flow_.resolve(call.getArg(0), frame);
    if (place.kind == Place::Kind::Outer && !place.isKeyed())
      add(Kind::Append, call, place, frame);
  } else if (name == "hash_combine" && call.getNumArgs() > 1 &&
             argumentsDepend(call, 1, frame)) {
    if (const auto place = shared(*call.getArg(0), frame))
      add(Kind::OrderedFold, call, *place, frame);
  } else {
    fileCall(call, name, frame);
  }
}

/// A function of another unit, or one that is too deep to follow: its name is
/// all there is.
void EffectClassifier::unknownCall(const CallExpr &call,
                                   const FunctionDecl &callee,
                                   const Frame &frame) {
  static constexpr llvm::StringLiteral kVerbs[] = {
      "write", "save", "serialize", "emit",   "append", "push",   "add",
      "put",   "dump", "encode",    "output", "pack",   "enqueue"};
  if (callee.isVariadic() || !hasWord(nameOf(&callee), kVerbs) ||
      !argumentsDepend(call, 0, frame))
    return;
  for (const Expr *object : changedBy(call, callee)) {
    const auto place = shared(*object, frame);
    if (!place)
      continue;
    if (!containerCall(call, "push_back", *object, frame))
      add(Kind::HandOver, call, *place, frame, /*certain=*/false);
    return;
  }
}

bool EffectClassifier::enterCallee(const CallExpr &call, const Frame &frame) {
  const Frame *inner = frames_.enter(call, frame);
  if (!inner)
    return false;
  ++nested_;
  walk(inner->body, *inner);
  --nested_;
  return true;
}

/// `std::for_each(row.begin(), row.end(), [&](float x) { total += x; })`:
/// what is passed to be called is called.
void EffectClassifier::enterLambdas(const CallExpr &call, const Frame &frame) {
  for (const Expr *argument : call.arguments())
    if (const auto *lambda = dyn_cast<LambdaExpr>(bare(argument)))
      if (const Frame *inner = frames_.enter(*lambda, call, frame)) {
        ++nested_;
        walk(inner->body, *inner);
        --nested_;
      }
}

}  // namespace reproaudit
