// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Types.h"

#include "OrderUnit.h"

#include <gtest/gtest.h>

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

TEST(Types, LookThroughAliasesBasesAndKeys) {
  const OrderUnit unit(R"cpp(
    Map alias;
    Derived<Map> derived;
    auto deduced = alias;
    std::map<int, Map> values;
    std::set<Node *> pointers;
    std::set<std::pair<int, Node *>> pairs;
    std::map<std::shared_ptr<Node>, int> smart;
    std::unordered_set<Node *> hashed;
    std::set<Node *, ById> compared;
    std::vector<Node *> sequence;
    std::filesystem::directory_iterator directory;
    my::Bag<int> bag;
  )cpp");
  EXPECT_EQ(orderOf(unit.typeOf("alias")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("derived")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("deduced")), Order::Hash);
  EXPECT_EQ(orderOf(unit.typeOf("values")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("pointers")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("pairs")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("smart")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("hashed")), Order::Address);
  EXPECT_EQ(orderOf(unit.typeOf("compared")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("sequence")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("directory")), Order::Directory);
  EXPECT_EQ(orderOf(unit.typeOf("bag")), Order::Specified);
  EXPECT_EQ(orderOf(unit.typeOf("bag"), {"my::Bag"}), Order::Hash);
}

}  // namespace
}  // namespace reproaudit
