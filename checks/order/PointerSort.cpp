// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-pointer-sort",
    .family = Family::Order,
    .scope = Scope::Run,
    .summary = "Sort that compares the addresses of objects",
    .since = "0.1.0",
    .why = R"md(
Pointers compare by where the allocator put their objects, and that differs from
run to run. The same happens behind smart pointers, and behind pairs and tuples
of a value and a pointer as soon as the values are equal.)md",
    .bad = R"cpp(
#include <algorithm>
#include <utility>
#include <vector>

struct Node;

void best(std::vector<std::pair<float, Node *>> &candidates) {
  std::sort(candidates.begin(), candidates.end());
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <utility>
#include <vector>

struct Node {
  int id;
};

void best(std::vector<std::pair<float, Node *>> &candidates) {
  std::sort(candidates.begin(), candidates.end(),
            [](const auto &a, const auto &b) {
              return a.first != b.first ? a.first < b.first
                                        : a.second->id < b.second->id;
            });
})cpp",
    .limits = R"md(
Silent when the sorted sequence is only asked for duplicates or membership.
Pointers into one array compare by position, which is repeatable; that they do
is not known.)md",
});

class PointerSortCheck final : public OrderCheck {
public:
  PointerSortCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Sorting &sorting) override;
};

/// True for a tuple with an integer between its key and the pointer: likely a
/// number that breaks the ties, though nothing proves it.
bool hasSerialNumber(QualType element) {
  const auto *tuple = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      element->getAsCXXRecordDecl());
  if (!tuple || tuple->getName() != "tuple")
    return false;
  unsigned before = 0;
  bool isNumbered = false;
  for (const TemplateArgument &part :
       tuple->getTemplateArgs()[0].pack_elements()) {
    if (part.getAsType()->isPointerType())
      break;
    ++before;
    isNumbered |= part.getAsType()->isIntegerType();
  }
  return isNumbered && before >= 2;
}

void PointerSortCheck::judge(const Sorting &sorting) {
  if (sorting.comparison.totality != Totality::Address || sorting.onlyGroups)
    return;
  const QualType element = sorting.sort.element.getNonReferenceType();
  const bool comesLast =
      recordName(element) == "tuple" || recordName(element) == "pair";
  report(!hasSerialNumber(element), sorting.at,
         "%select{%1 is ordered by the addresses of objects|equal elements of "
         "%1 are ordered by the addresses of objects}0")
      << comesLast << described(sorting.target);
  flow(sorting);
  cure(sorting.at, "compare a member that stays the same from run to run, such "
                   "as an id");
}

}  // namespace

extern constinit const Rule PointerSort = sourceRule<PointerSortCheck>(kInfo);

}  // namespace reproaudit::order
