// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/OrderCheck.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-directory-order",
    .family = Family::Order,
    .scope = Scope::Platform,
    .summary = "The order of directory entries becomes visible in a result",
    .since = "0.1.0",
    .why = R"md(
The file system lists the entries of a directory in an order of its own: another
one on another machine, after copying, even after deleting and restoring a file.
A data set that is read in that order trains another model.)md",
    .bad = R"cpp(
#include <filesystem>
#include <string>
#include <vector>

std::vector<std::string> shards(const std::filesystem::path &folder) {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path().string());
  return files;
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

std::vector<std::string> shards(const std::filesystem::path &folder) {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
})cpp",
    .limits = R"md(
Listings by the standard library, Boost, Qt and readdir are known. A sort in
another unit is not seen.)md",
});

class DirectoryOrderCheck final : public OrderCheck {
public:
  DirectoryOrderCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

void DirectoryOrderCheck::judge(const Visit &visit) {
  if (visit.order != Order::Directory)
    return;
  const Effect *effect = visit.mostCertain([](const Effect &) { return true; });
  const SourceLocation at = visit.site->getBeginLoc();
  report(effect->certain, at,
         effect->kind == Effect::Kind::Append
             ? "files stand in %0 in the order of the file system"
             : "%0 depends on the order in which the file system lists files")
      << described(effect->target);
  flow(*effect, at);
  cure(visit.sequence->getBeginLoc(),
       "collect the paths and sort them before they are used");
}

}  // namespace

extern constinit const Rule DirectoryOrder =
    sourceRule<DirectoryOrderCheck>(kInfo);

}  // namespace reproaudit::order
