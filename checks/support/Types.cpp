// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Views of views, bases of bases and pairs of pairs are followed this far.
constexpr int kDepth = 6;

/// What a class template is to the order of its elements.
enum class Kind : std::uint8_t {
  Unknown,
  Ordered,  ///< By key: std::map and std::set.
  Hashed,
  Directory,
  Concurrent,
  View,
};

const CXXRecordDecl *recordOf(QualType type) {
  if (type.isNull())
    return nullptr;
  return type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
}

ArrayRef<TemplateArgument> argumentsOf(const CXXRecordDecl &record) {
  const auto *special = dyn_cast<ClassTemplateSpecializationDecl>(&record);
  return special ? special->getTemplateArgs().asArray()
                 : ArrayRef<TemplateArgument>();
}

QualType typeArgument(const CXXRecordDecl &record, unsigned index) {
  const ArrayRef<TemplateArgument> arguments = argumentsOf(record);
  if (index >= arguments.size() ||
      arguments[index].getKind() != TemplateArgument::Type)
    return {};
  return arguments[index].getAsType();
}

/// Is \p decl in a namespace whose name satisfies \p wanted?
template <class Predicate>
bool isInNamespace(const Decl &decl, Predicate wanted) {
  for (const DeclContext *scope = decl.getDeclContext(); scope;
       scope = scope->getParent())
    if (const auto *space = dyn_cast<NamespaceDecl>(scope);
        space && wanted(space->getName()))
      return true;
  return false;
}

Kind kindOfName(const CXXRecordDecl &record) {
  if (!record.getIdentifier())
    return Kind::Unknown;
  const StringRef name = record.getName();
  return llvm::StringSwitch<Kind>(name)
      .Cases({"map", "set", "multimap", "multiset"},
             isInStd(record) ? Kind::Ordered : Kind::Unknown)
      .Cases({"btree_map", "btree_set", "flat_map", "flat_set"}, Kind::Ordered)
      .Cases({"unordered_map", "unordered_set", "unordered_multimap",
              "unordered_multiset"},
             Kind::Hashed)
      .Cases({"flat_hash_map", "flat_hash_set", "node_hash_map",
              "node_hash_set", "parallel_flat_hash_map",
              "parallel_flat_hash_set", "parallel_node_hash_map",
              "parallel_node_hash_set"},
             Kind::Hashed)
      .Cases({"F14FastMap", "F14FastSet", "F14NodeMap", "F14NodeSet",
              "F14ValueMap", "F14ValueSet", "F14VectorMap", "F14VectorSet"},
             Kind::Hashed)
      .Cases({"unordered_flat_map", "unordered_flat_set", "unordered_node_map",
              "unordered_node_set", "concurrent_flat_map",
              "concurrent_flat_set"},
             Kind::Hashed)
      .Cases({"robin_map", "robin_set", "hopscotch_map", "hopscotch_set",
              "sparse_map", "sparse_set", "array_map", "array_set"},
             isInNamespace(record,
                           [](StringRef space) {
                             return space == "tsl" ||
                                    space == "detail_robin_map";
                           })
                 ? Kind::Hashed
                 : Kind::Unknown)
      .Case("Map",
            isInNamespace(record,
                          [](StringRef space) { return space == "protobuf"; })
                ? Kind::Hashed
                : Kind::Unknown)
      .Cases({"unordered_dense_map", "sparse_hash_map", "sparse_hash_set",
              "dense_hash_map", "dense_hash_set", "hash_map", "hash_set"},
             Kind::Hashed)
      .Cases({"DenseMap", "DenseSet", "StringMap", "StringSet", "SmallDenseMap",
              "SmallPtrSet", "SmallPtrSetImpl", "QHash", "QSet"},
             Kind::Hashed)
      .Cases({"concurrent_hash_map", "concurrent_unordered_map",
              "concurrent_unordered_set", "concurrent_unordered_multimap",
              "concurrent_unordered_multiset"},
             Kind::Hashed)
      .Cases({"_Node_iterator", "_Node_const_iterator", "_Local_iterator",
              "_Local_const_iterator", "__hash_iterator",
              "__hash_const_iterator", "__hash_map_iterator",
              "__hash_map_const_iterator"},
             Kind::Hashed)
      .Cases({"concurrent_vector", "concurrent_queue", "concurrent_bag",
              "concurrent_bounded_queue", "enumerable_thread_specific",
              "combinable", "ConcurrentQueue"},
             Kind::Concurrent)
      .Cases({"directory_iterator", "recursive_directory_iterator",
              "QDirIterator"},
             Kind::Directory)
      .Default(Kind::Unknown);
}

/// Views keep the order of what they look at: std::ranges, range-v3, Boost.
bool isView(const CXXRecordDecl &record) {
  return isInNamespace(record, [](StringRef space) {
    return space == "ranges" || space == "views" || space == "range_detail" ||
           space == "adaptors";
  });
}

/// Does a comparator of this \p type look at the values of pointers itself?
/// Only the standard ones can; what a user wrote is taken to have a reason.
bool isStandardComparator(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record && record->getIdentifier() && isInStd(*record) &&
         (record->getName() == "less" || record->getName() == "greater" ||
          record->getName() == "owner_less");
}

bool isStandardHash(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return !record || !record->getIdentifier() || isInStd(*record) ||
         record->getName().contains_insensitive("DefaultHash") ||
         record->getName() == "Hash";
}

bool isSet(StringRef name) {
  return name.contains_insensitive("set") && !name.contains_insensitive("map");
}

Order orderOfKeys(const CXXRecordDecl &record, Kind kind) {
  const QualType key = typeArgument(record, 0);
  const Order otherwise = kind == Kind::Hashed ? Order::Hash : Order::Specified;
  if (key.isNull() || !comparesAddresses(key))
    return otherwise;
  const QualType policy = typeArgument(record, isSet(record.getName()) ? 1 : 2);
  if (kind == Kind::Ordered)
    return policy.isNull() || isStandardComparator(policy) ? Order::Address
                                                           : otherwise;
  // A hash of text looks at the letters or not at all.
  const bool isText =
      key->isPointerType() && key->getPointeeType()->isAnyCharacterType();
  return !isText && (policy.isNull() || isStandardHash(policy)) ? Order::Address
                                                                : otherwise;
}

Order orderOf(QualType type, ArrayRef<StringRef> extra, int depth);

Order orderOfRecord(const CXXRecordDecl &record, ArrayRef<StringRef> extra,
                    int depth) {
  if (!extra.empty() &&
      llvm::is_contained(extra, StringRef(record.getQualifiedNameAsString())))
    return Order::Hash;
  const Kind kind = kindOfName(record);
  if (kind == Kind::Directory)
    return Order::Directory;
  if (kind == Kind::Concurrent)
    return Order::Arrival;
  if (kind == Kind::Ordered || kind == Kind::Hashed)
    return orderOfKeys(record, kind);
  if (isView(record))
    for (const TemplateArgument &argument : argumentsOf(record))
      if (argument.getKind() == TemplateArgument::Type)
        if (const Order order = orderOf(argument.getAsType(), extra, depth - 1);
            order != Order::Specified)
          return order;
  if (record.hasDefinition() && !isInStd(record))
    for (const CXXBaseSpecifier &base : record.bases())
      if (const Order order = orderOf(base.getType(), extra, depth - 1);
          order != Order::Specified)
        return order;
  return Order::Specified;
}

Order orderOf(QualType type, ArrayRef<StringRef> extra, int depth) {
  const CXXRecordDecl *record = depth > 0 ? recordOf(type) : nullptr;
  return record ? orderOfRecord(*record, extra, depth) : Order::Specified;
}

/// A sequence of the project's own: it says so by its members.
bool behavesLikeASequence(const CXXRecordDecl &record) {
  const auto has = [&](StringRef member) {
    IdentifierTable &names = record.getASTContext().Idents;
    const auto known = names.find(member);
    return known != names.end() &&
           !record.lookup(DeclarationName(known->second)).empty();
  };
  return record.hasDefinition() && has("push_back") && has("size");
}

Shape shapeOf(const CXXRecordDecl &record) {
  const StringRef name = record.getName();
  if (name == "priority_queue")
    return Shape::Heap;
  const Kind kind = kindOfName(record);
  if (kind == Kind::Ordered || kind == Kind::Hashed) {
    const bool multi = name.contains("multi");
    if (isSet(name))
      return multi ? Shape::MultiSet : Shape::Set;
    return multi ? Shape::MultiMap : Shape::Map;
  }
  return llvm::StringSwitch<Shape>(name)
      .Cases({"vector", "deque", "list", "forward_list", "basic_string"},
             Shape::Sequence)
      .Cases({"queue", "stack", "array", "small_vector", "static_vector"},
             Shape::Sequence)
      .Cases({"SmallVector", "SmallVectorImpl", "InlinedVector", "QVector"},
             Shape::Sequence)
      .Cases({"concurrent_vector", "valarray", "span", "QList"},
             Shape::Sequence)
      .Default(behavesLikeASequence(record) ? Shape::Sequence : Shape::Other);
}

/// Does \p wanted hold for the class of \p type or one of its bases?
bool inHierarchy(QualType type,
                 llvm::function_ref<bool(const CXXRecordDecl &)> wanted,
                 int depth = kDepth) {
  const CXXRecordDecl *record = recordOf(type);
  if (!record || depth == 0)
    return false;
  if (record->getIdentifier() && wanted(*record))
    return true;
  return record->hasDefinition() &&
         llvm::any_of(record->bases(), [&](const CXXBaseSpecifier &base) {
           return inHierarchy(base.getType(), wanted, depth - 1);
         });
}

bool isSmartPointer(const CXXRecordDecl &record) {
  return llvm::StringSwitch<bool>(record.getName())
      .Cases({"unique_ptr", "shared_ptr", "weak_ptr", "intrusive_ptr"}, true)
      .Cases({"retain_ptr", "RefPtr", "ObjectPtr"}, true)
      .Cases({"reference_wrapper", "scoped_refptr"}, false)
      .Default(false);
}

bool comparesAddresses(QualType type, int depth) {
  if (depth == 0 || type.isNull())
    return false;
  type = type.getNonReferenceType().getCanonicalType();
  if (type->isPointerType())
    return !type->isFunctionPointerType();
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !record->getIdentifier())
    return false;
  if (isSmartPointer(*record))
    return true;
  if (!isInStd(*record) ||
      (record->getName() != "pair" && record->getName() != "tuple" &&
       record->getName() != "array" && record->getName() != "optional" &&
       record->getName() != "vector"))
    return false;
  for (const TemplateArgument &argument : argumentsOf(*record)) {
    if (argument.getKind() == TemplateArgument::Type &&
        comparesAddresses(argument.getAsType(), depth - 1))
      return true;
    if (argument.getKind() == TemplateArgument::Pack)
      for (const TemplateArgument &part : argument.pack_elements())
        if (part.getKind() == TemplateArgument::Type &&
            comparesAddresses(part.getAsType(), depth - 1))
          return true;
  }
  return false;
}

}  // namespace

bool isInStd(const Decl &decl) {
  return isInNamespace(decl, [](StringRef space) { return space == "std"; });
}

Order orderOf(QualType type, ArrayRef<StringRef> extra) {
  return orderOf(type, extra, kDepth);
}

Shape shapeOf(QualType type) {
  Shape shape = Shape::Other;
  inHierarchy(type, [&](const CXXRecordDecl &record) {
    shape = shapeOf(record);
    return shape != Shape::Other;
  });
  return shape;
}

QualType firstArgument(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record ? typeArgument(*record, 0) : QualType();
}

QualType elementOf(QualType type) {
  if (type.isNull())
    return {};
  type = type.getNonReferenceType().getCanonicalType();
  if (const auto *array = type->getAsArrayTypeUnsafe())
    return array->getElementType();
  if (type->isPointerType())
    return type->getPointeeType();
  return shapeOf(type) == Shape::Other ? QualType() : firstArgument(type);
}

bool comparesAddresses(QualType type) {
  return comparesAddresses(type, kDepth);
}

bool isRandomEngine(QualType type) {
  return inHierarchy(type, [](const CXXRecordDecl &record) {
    return llvm::StringSwitch<bool>(record.getName())
        .Cases({"mersenne_twister_engine", "linear_congruential_engine",
                "subtract_with_carry_engine", "philox_engine"},
               true)
        .Cases({"discard_block_engine", "independent_bits_engine",
                "shuffle_order_engine"},
               true)
        .Cases({"pcg32", "pcg64", "BitGen", "InsecureBitGen"}, true)
        .Default(false);
  });
}

bool isIterator(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  if (!record || !record->getIdentifier())
    return false;
  const StringRef name = record->getName();
  return name.ends_with("iterator") || name.ends_with("Iterator") ||
         name == "__wrap_iter" ||  // libc++
         name.ends_with("_iter");
}

bool isText(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record && record->getIdentifier() &&
         record->getName() == "basic_string";
}

bool isOutputStream(QualType type) {
  return inHierarchy(type, [](const CXXRecordDecl &record) {
    return record.getName() == "basic_ostream";
  });
}

StringRef nameOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

StringRef calledName(const CallExpr &call) {
  if (const FunctionDecl *callee = call.getDirectCallee())
    return nameOf(callee);
  const auto *unresolved = dyn_cast<UnresolvedLookupExpr>(call.getCallee());
  return unresolved && unresolved->getName().isIdentifier()
             ? unresolved->getName().getAsIdentifierInfo()->getName()
             : StringRef();
}

StringRef recordName(QualType type) {
  if (type.isNull())
    return {};
  type = type.getNonReferenceType();
  if (type->isPointerType())
    type = type->getPointeeType();
  return nameOf(type->getAsRecordDecl());
}

}  // namespace reproaudit
