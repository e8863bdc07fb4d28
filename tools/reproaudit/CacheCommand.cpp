// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/scan/Cache.h"

#include "llvm/Support/FormatVariadic.h"

#include <memory>

namespace reproaudit {
namespace {

int run(bool clean) {
  const auto directory = Cache::defaultDirectory();
  if (directory.empty())
    return fail("there is no cache: set REPROAUDIT_CACHE_DIR or HOME");
  Cache cache(directory);
  const CacheStatistics found = clean ? cache.clean() : cache.statistics();
  return printOut(llvm::formatv("{0}{1} entries, {2:f1} MB in {3}\n",
                                clean ? "removed " : "", found.entries,
                                static_cast<double>(found.bytes) / 1e6,
                                directory.string()));
}

}  // namespace

Command addCache(CLI::App &app) {
  CLI::App *command =
      app.add_subcommand("cache", "Show or empty the cache of unit results");
  const auto action = std::make_shared<std::string>();
  command->add_option("action", *action, "stats or clean")
      ->required()
      ->check(CLI::IsMember({"stats", "clean"}));
  return {command, [action] { return run(*action == "clean"); }};
}

}  // namespace reproaudit
