// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Everything a project needs to use reproaudit where its people work. What is
/// there already is left alone.
#include "Command.h"
#include "Output.h"

#include "reproaudit/scan/Repository.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <filesystem>
#include <memory>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

struct Template {
  const char *part;  ///< As in `--only`.
  const char *path;
  const char *purpose;
  const char *text;
};

constexpr Template kTemplates[] = {
    {"config", ".reproaudit.yaml", "the settings; all of them are comments",
     R"(# yaml-language-server: $schema=https://github.com/reproaudit/reproaudit/raw/main/docs/schema/config.schema.json
# Settings of reproaudit for this folder; docs/guide/configuration.md.

# How far results must repeat: run, threads, platform, env, build.
# require: [run, threads]

# Lowest level of a finding that fails: error, warning, note, never.
# fail-on: warning

# Findings accepted for now; `reproaudit baseline create` writes the file.
# baseline: .reproaudit-baseline.json

# paths:
#   - path: third_party
#     ignore: [all]
)"},
    {"hook", ".pre-commit-config.yaml",
     "the commit hook; `pre-commit install` switches it on",
     R"(repos:
  - repo: local
    hooks:
      - id: reproaudit
        name: reproaudit (new findings)
        entry: reproaudit scan --staged
        language: system
        types: [text]
        pass_filenames: false
        require_serial: true
)"},
    {"workflow", ".github/workflows/reproaudit.yml",
     "the check of pull requests; configure the build in it",
     R"(name: reproaudit
on:
  pull_request:
  push: { branches: [main] }
permissions:
  contents: read
  security-events: write
jobs:
  scan:
    runs-on: ubuntu-latest
    container: debian:12@sha256:DIGEST  # `docker buildx imagetools inspect debian:12`
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: { fetch-depth: 0 }  # New findings are told from old ones by the history.
      # Install what your build needs, then make a compile database:
      - run: cmake -S . -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
      - uses: reproaudit/reproaudit@REVISION  # A commit, please.
        with:
          package: https://github.com/reproaudit/reproaudit/releases/download/VERSION/reproaudit.deb
          sha256: CHECKSUM
)"},
    {"editor", ".vscode/settings.json",
     "VS Code shows findings while typing, with the clangd extension",
     R"({
  "clangd.path": "reproaudit-clangd"
}
)"},
};

int run(const std::vector<std::string> &only) {
  const Repository repository(fs::current_path());
  std::string said;
  for (const Template &each : kTemplates) {
    if (!only.empty() && !llvm::is_contained(only, each.part))
      continue;
    const fs::path path = repository.root() / each.path;
    std::error_code error;
    if (fs::exists(path, error)) {
      said += llvm::formatv("kept    {0}: it is there already; see docs/guide "
                            "for what to add to it\n",
                            each.path);
      continue;
    }
    fs::create_directories(path.parent_path(), error);
    if (const auto written = replaceFile(path.string(), each.text); !written)
      return fail(written.error());
    said += llvm::formatv("wrote   {0}: {1}\n", each.path, each.purpose);
  }
  return printOut(said);
}

}  // namespace

Command addInit(CLI::App &app) {
  const auto only = std::make_shared<std::vector<std::string>>();
  CLI::App *command = app.add_subcommand(
      "init", "Write settings, commit hook, workflow and editor file for this "
              "project; nothing is overwritten");
  command->add_option("--only", *only, "Only these, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"config", "hook", "workflow", "editor"}));
  return {command, [only] { return run(*only); }};
}

}  // namespace reproaudit
