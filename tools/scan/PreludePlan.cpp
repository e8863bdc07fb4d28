// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "PreludePlan.h"

#include "Includes.h"
#include "TidyOptions.h"

#include "clang-tidy/ClangTidyOptions.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

using llvm::StringRef;

namespace reproaudit {
namespace {

/// What these stand for depends on what was read before.
constexpr StringRef kCounting[] = {"__COUNTER__", "__INCLUDE_LEVEL__",
                                   "__BASE_FILE__"};

struct PlannedUnit {
  std::size_t index;  ///< In the list of all units.
  UnitIncludes includes;
  std::uint64_t size = 0;
  std::vector<unsigned> headers;  ///< Those that can be moved, by rank.
};

/// A header that units of one group can share.
struct Header {
  std::string include;
  bool system;
  unsigned users = 0;
};

/// Which files of \p unit bring in \p file, itself included.
llvm::BitVector includersOf(const UnitIncludes &unit, unsigned file) {
  llvm::BitVector found(unit.files.size());
  found.set(file);
  for (bool grows = true; grows;) {
    grows = false;
    for (const auto &[includer, included] : unit.edges)
      if (found.test(included) && !found.test(includer)) {
        found.set(includer);
        grows = true;
      }
  }
  return found;
}

class Planner {
public:
  Planner(const std::vector<Unit> &units, const UnitOptions &options)
      : units_(units),
        tidy_(tidyOptions(options, llvm::vfs::getRealFileSystem())) {}

  PreludePlan plan(const std::vector<std::size_t> &wanted);

private:
  std::string groupOf(const Unit &unit);
  void readMentions();
  llvm::BitVector immovable(const UnitIncludes &unit) const;
  Prelude planGroup(std::vector<PlannedUnit *> &group) const;

  const std::vector<Unit> &units_;
  std::unique_ptr<clang::tidy::ClangTidyOptionsProvider> tidy_;
  IncludeScanner scanner_;
  std::vector<PlannedUnit> planned_;
  /// Macros that the project defines, and the files that name them.
  llvm::StringSet<> macros_;
  llvm::StringMap<std::vector<StringRef>> mentions_;
};

/// Units of one group can go on from the same parse.
std::string Planner::groupOf(const Unit &unit) {
  const std::vector<std::string> &arguments = unit.clang->sides.front();
  std::string key =
      llvm::join(llvm::ArrayRef(arguments).drop_back(), StringRef("\0", 1));
  key += '\0' + unit.command.directory + '\0' +
         llvm::sys::path::extension(unit.command.file).str() + '\0';
  const clang::tidy::ClangTidyOptions options =
      tidy_->getOptions(unit.command.file);
  // Files that options name are looked for around the source.
  if (!options.CheckOptions.empty())
    key += llvm::sys::path::parent_path(unit.command.file);
  return key + clang::tidy::configurationAsText(options);
}

void Planner::readMentions() {
  for (const StringRef name : kCounting)
    macros_.insert(name);
  for (const PlannedUnit &unit : planned_)
    for (const UnitIncludes::Definition &definition : unit.includes.definitions)
      macros_.insert(definition.macro);
  for (const PlannedUnit &unit : planned_)
    for (const IncludedFile &file : unit.includes.files)
      if (const auto [entry, isNew] = mentions_.try_emplace(file.path); isNew)
        entry->second = scanner_.mentions(file.path, macros_);
}

/// The files of \p unit that would be read with other macros, or that would
/// change what others are read with, if they came first.
llvm::BitVector Planner::immovable(const UnitIncludes &unit) const {
  std::vector<std::pair<unsigned, unsigned>> ties = unit.earlyQuestions;
  llvm::StringMap<std::vector<std::pair<unsigned, unsigned>>> definitions;
  for (const auto &[macro, file, entered] : unit.definitions)
    definitions[macro].emplace_back(file, entered);
  for (auto &[asker, definer] : ties)
    std::swap(asker, definer);
  for (unsigned file = 0; file < unit.files.size(); ++file)
    for (const StringRef name : mentions_.find(unit.files[file].path)->second)
      if (const auto defined = definitions.find(name);
          defined != definitions.end())
        for (const auto &[definer, entered] : defined->second)
          if (entered <= file)
            ties.emplace_back(file, definer);
  llvm::sort(ties);
  ties.erase(llvm::unique(ties), ties.end());

  // What brings in one file of a tie has to bring in the other.
  llvm::BitVector result(unit.files.size());
  std::map<unsigned, llvm::BitVector> known;
  const auto includers = [&](unsigned file) -> const llvm::BitVector & {
    const auto [entry, isNew] = known.try_emplace(file);
    if (isNew)
      entry->second = includersOf(unit, file);
    return entry->second;
  };
  for (const auto &[inside, outside] : ties)
    if (inside != outside) {
      llvm::BitVector torn = includers(inside);
      torn.reset(includers(outside));
      result |= torn;
    }
  return result;
}

/// A unit on its way down the tree of preludes.
using Descent = std::span<PlannedUnit *>;

Prelude treeOf(const Descent &units, std::size_t depth,
               const std::vector<Header> &headers) {
  constexpr unsigned kNone = ~0U;
  const auto headerOf = [&](const PlannedUnit *unit) {
    return depth < unit->headers.size() ? unit->headers[depth] : kNone;
  };
  Prelude prelude;
  // Sorted: if the first and the last have it, all do.
  for (; headerOf(units.front()) != kNone &&
         headerOf(units.front()) == headerOf(units.back());
       ++depth)
    prelude.includes.push_back(headers[headerOf(units.front())].include);
  std::vector<const PlannedUnit *> own;
  for (auto begin = units.begin(); begin != units.end();) {
    const unsigned header = headerOf(*begin);
    const auto end = std::find_if(begin, units.end(), [&](auto *unit) {
      return headerOf(unit) != header;
    });
    if (header != kNone && end - begin > 1)
      prelude.children.push_back(treeOf({begin, end}, depth, headers));
    else
      own.insert(own.end(), begin, end);
    begin = end;
  }
  std::ranges::sort(own, [](const auto *a, const auto *b) {
    return std::tuple(b->size, a->index) < std::tuple(a->size, b->index);
  });
  for (const PlannedUnit *unit : own)
    prelude.units.push_back(unit->index);
  return prelude;
}

Prelude Planner::planGroup(std::vector<PlannedUnit *> &group) const {
  std::map<std::string, unsigned> known;
  std::vector<Header> headers;
  for (PlannedUnit *unit : group) {
    const llvm::BitVector bad = immovable(unit->includes);
    for (unsigned i = 0; i < unit->includes.files.size(); ++i) {
      const IncludedFile &file = unit->includes.files[i];
      if (!file.movable || bad.test(i) ||
          (file.system && file.spelling.empty()))
        continue;
      llvm::SmallString<256> path(file.path);
      llvm::sys::path::make_absolute(units_[unit->index].command.directory,
                                     path);
      const std::string include = file.system ? "<" + file.spelling + ">"
                                              : '"' + path.str().str() + '"';
      const auto [entry, isNew] = known.try_emplace(include, headers.size());
      if (isNew)
        headers.push_back({include, file.system});
      ++headers[entry->second].users;
      unit->headers.push_back(entry->second);
    }
  }
  // What most need comes first, so that few stand in the way of sharing it.
  const auto before = [&](unsigned a, unsigned b) {
    return std::tuple(!headers[a].system, headers[b].users, a) <
           std::tuple(!headers[b].system, headers[a].users, b);
  };
  for (PlannedUnit *unit : group) {
    llvm::erase_if(unit->headers,
                   [&](unsigned header) { return headers[header].users < 2; });
    llvm::sort(unit->headers, before);
  }
  std::ranges::sort(group, [&](const auto *a, const auto *b) {
    return a->headers == b->headers ? a->index < b->index
                                    : std::ranges::lexicographical_compare(
                                          a->headers, b->headers, before);
  });
  return treeOf(group, 0, headers);
}

PreludePlan Planner::plan(const std::vector<std::size_t> &wanted) {
  PreludePlan plan;
  std::map<std::string, std::vector<std::size_t>> groups;
  for (const std::size_t index : wanted) {
    const Unit &unit = units_[index];
    if (!unit.clang || unit.clang->sides.size() != 1 ||
        !unit.clang->refused.empty())
      plan.alone[index] = "its command is not that of one plain parse";
    else
      groups[groupOf(unit)].push_back(index);
  }
  std::map<std::size_t, std::string> groupOfUnit;
  for (const auto &[key, members] : groups)
    for (const std::size_t index : members) {
      if (members.size() < 2) {
        plan.alone[index] = "no other unit has its flags";
        continue;
      }
      UnitIncludes includes = scanner_.scan(units_[index]);
      if (!includes.complete || includes.files.empty()) {
        plan.alone[index] = "not all of its headers are found";
        continue;
      }
      std::uint64_t size = 0;
      std::ignore = llvm::sys::fs::file_size(units_[index].command.file, size);
      planned_.push_back({index, std::move(includes), size, {}});
      groupOfUnit[index] = key;
    }
  readMentions();
  std::map<std::string, std::vector<PlannedUnit *>> shared;
  for (PlannedUnit &unit : planned_) {
    const bool counts =
        llvm::any_of(unit.includes.files, [&](const auto &file) {
          return !file.system && llvm::any_of(kCounting, [&](StringRef name) {
            return llvm::is_contained(mentions_[file.path], name);
          });
        });
    if (counts)
      plan.alone[unit.index] = "its macros count what was read before";
    else
      shared[groupOfUnit[unit.index]].push_back(&unit);
  }
  for (auto &[key, group] : shared)
    plan.roots.push_back(planGroup(group));
  return plan;
}

}  // namespace

PreludePlan planPreludes(const std::vector<Unit> &units,
                         const std::vector<std::size_t> &wanted,
                         const UnitOptions &options) {
  return Planner(units, options).plan(wanted);
}

void to_json(nlohmann::ordered_json &json, const Prelude &prelude) {
  json = {prelude.includes, prelude.units, prelude.children};
}

void from_json(const nlohmann::ordered_json &json, Prelude &prelude) {
  json.at(0).get_to(prelude.includes);
  json.at(1).get_to(prelude.units);
  json.at(2).get_to(prelude.children);
}

void to_json(nlohmann::ordered_json &json, const PreludePlan &plan) {
  json = {plan.roots, plan.alone};
}

void from_json(const nlohmann::ordered_json &json, PreludePlan &plan) {
  json.at(0).get_to(plan.roots);
  json.at(1).get_to(plan.alone);
}

}  // namespace reproaudit
