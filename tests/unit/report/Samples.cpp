// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace reproaudit::samples {
namespace {

constexpr OptionInfo kOptions[] = {
    {.name = "Containers",
     .fallback = "::std::unordered_map",
     .summary = "Class templates whose iteration order is unspecified"}};

constexpr RuleInfo kReduction = validated({
    .name = "repro-unordered-float-reduction",
    .family = Family::Order,
    .scope = Scope::Platform,
    .summary = "Floating-point accumulation in unordered iteration order",
    .since = "0.1.0",
    .why = R"md(
Floating-point addition is not associative, and `std::unordered_map` promises
no order.

The same data can sum to **different bits** on two machines.)md",
    .bad = "\nfor (auto &[key, loss] : losses)\n  total += loss;",
    .good = "\nfor (auto &[key, loss] : sorted(losses))\n  total += loss;",
    .limits = "Integer sums are exact and never reported.",
    .options = kOptions,
});

constexpr RuleInfo kSeed = validated({
    .name = "repro-wall-clock-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Random engine seeded from a clock",
    .since = "0.1.0",
    .why = "Two runs start from two seeds.",
    .bad = "std::mt19937 rng(time(nullptr));",
    .good = "std::mt19937 rng(config.seed);",
    .limits = "A seed that comes from another unit is not followed.",
});

constexpr RuleInfo kPin = validated({
    .name = "repro-unpinned-fetch",
    .family = Family::Deps,
    .scope = Scope::Build,
    .tier = Tier::Audit,
    .language = Language::Text,
    .summary = "Dependency fetched from a branch",
    .since = "0.1.0",
    .why = "A branch moves; tomorrow's build has other code.",
    .bad = "FetchContent_Declare(json GIT_TAG main)",
    .good = "FetchContent_Declare(json GIT_TAG 9cca280a4d0ccf0c)",
    .limits = "Tags are believed not to move.",
    .exampleFile = "CMakeLists.txt",
});

constexpr std::string_view kTrain = "#include <unordered_map>\n"
                                    "\n"
                                    "float total(const Losses &losses) {\n"
                                    "\tfloat sum = 0;\n"
                                    "\tfor (const auto &entry : losses)\n"
                                    "\t\tsum += entry.second;\n"
                                    "\treturn sum;\n"
                                    "}\n";

// "Verlust" with an umlaut, a wide character and an emoji before the place.
constexpr std::string_view kUnicode =
    "int main() {\n"
    "  /* \xC3\xA4\xE6\xBC\xA2\xF0\x9F\x8E\xB2 */ std::mt19937 rng("
    "time(nullptr));\n"
    "}\n";

constexpr std::string_view kLatin1 =
    "// Gr\xF6\xDF"
    "e\r\n"
    "float mean(Losses l) {\r\n"
    "  for (auto &e : l) s += e; // \xE4\xE4\r\n"
    "}";

constexpr std::string_view kCMake =
    "FetchContent_Declare(json\n"
    "  GIT_REPOSITORY https://example.org/json.git\n"
    "  GIT_TAG main)\n";

Range in(const char *path, unsigned line, unsigned column, unsigned endColumn) {
  return {path, line, column, line, endColumn};
}

Finding reduction() {
  return {
      .at = in("src/train.cpp", 6, 7, 9),
      .rule = "repro-unordered-float-reduction",
      .message = "'sum' accumulates floating-point values in an unspecified "
                 "order",
      .flow = {{in("src/train.cpp", 4, 8, 11), "'sum' is declared here"},
               {{"src/train.cpp", 5, 2, 6, 22},
                "the loop visits 'losses[\xC3\xA4]' in hash order"}},
      .cure =
          Remark{in("src/train.cpp", 5, 27, 33), "iterate over sorted keys"},
      .fixes = {{.title = "accumulate in a 'double'",
                 .safe = false,
                 .edits = {{in("src/train.cpp", 4, 2, 7), "double"}}},
                {.title = "include <map>",
                 .safe = true,
                 .edits = {{in("src/train.cpp", 1, 1, 1), "#include <map>\n"},
                           {in("src/train.cpp", 1, 1, 25), ""}}}},
      .function = "total(const Losses &)",
      .statement = "sum += entry . second",
  };
}

Finding seed() {
  return {
      .at = in("src/w\xC3\xBCrfel 1#.cpp", 2, 30, 43),
      .rule = "repro-wall-clock-seed",
      .level = Level::Error,
      .message = "'rng' is seeded from the clock [&](int) style",
      .cure = Remark{{}, "take the seed from the configuration"},
      .function = "main",
      .statement = "std :: mt19937 rng ( time ( nullptr ) )",
  };
}

Finding latin1(unsigned column) {
  return {
      .at = in("src/old/latin1.cpp", 3, column, column + 1),
      .rule = "repro-unordered-float-reduction",
      .message = "'s\xF6' accumulates floating-point values",
      .function = "mean",
      .statement = "s += e",
  };
}

Finding pin() {
  return {
      .at = in("CMakeLists.txt", 3, 11, 15),
      .rule = "repro-unpinned-fetch",
      .level = Level::Note,
      .message = "'json' is fetched from branch 'main'",
      .cure = Remark{in("CMakeLists.txt", 3, 11, 15),
                     "name the commit hash instead"},
  };
}

Finding wholeFile() {
  return {
      .at = {.path = "requirements.txt"},
      .rule = "repro-unpinned-fetch",
      .level = Level::Note,
      .message = "'requirements.txt' has no lock file",
  };
}

}  // namespace

std::string sourceRoot() {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / "reproaudit-samples";
  const auto write = [&root](std::string_view path, std::string_view text) {
    const fs::path file = root / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  };
  write("src/train.cpp", kTrain);
  write("src/w\xC3\xBCrfel 1#.cpp", kUnicode);
  write("src/old/latin1.cpp", kLatin1);
  write("CMakeLists.txt", kCMake);
  write("requirements.txt", "numpy\n");
  return root;
}

Report clean() {
  return {.rules = {&kReduction, &kPin, &kSeed},
          .revision = {.repository = "git@github.com:example/trainer.git",
                       .commit = "0123456789abcdef0123456789abcdef01234567",
                       .branch = "main"},
          .units = 3,
          .files = 2};
}

Report ordinary() {
  Report report = clean();
  report.findings = {reduction(), seed(), pin(), wholeFile()};
  std::ranges::sort(report.findings);
  report.exitCode = 1;
  return report;
}

Report full() {
  Report report = ordinary();
  Finding suppressed = latin1(29);
  suppressed.suppression = Suppression{"debug output only \xF6"};
  Finding withoutReason = latin1(23);
  withoutReason.suppression = Suppression{};
  report.findings.push_back(suppressed);
  report.findings.push_back(withoutReason);
  report.findings.push_back(latin1(21));
  std::ranges::sort(report.findings);
  report.notices = {
      {Level::Error, "parse-error", "src/old/latin1.cpp", 2,
       "unknown type 'Losses'; its findings may be incomplete"},
      {Level::Warning, "timeout", "src/gone.cpp", 0,
       "src/gone.cpp took longer than 60 s and was given up"},
      {Level::Note, "no-cuda", "", 0, "no CUDA toolkit was found"}};
  std::ranges::sort(report.notices);
  report.complete = false;
  report.exitCode = 3;
  return report;
}

Report evidenced() {
  Report report = full();
  report.known = 12;
  report.evidence = Evidence{
      .runs = 31,
      .natural = "2 of 2 runs differ",
      .factors = {{"entropy", "differs", "no other factor was changed", 4, 4},
                  {"hash-order", "same", "0 of 4 runs differ, p <= 53 %", 0, 4},
                  {"threads", "differs", "only with more than one thread", 2,
                   4},
                  {"gpu", "not-applicable", "there is no GPU here", 0, 0}},
      .artifacts =
          {{"stdout",
            {"entropy", "threads"},
            1.4e-6,
            "line 12",
            "0.693147",
            "0.693148"},
           {"model.ckpt", {"entropy"}, 0.25, "weights[0]", "0.4", "0.3"},
           {"log <1>.txt", {}, std::nullopt, "", "", ""}},
      .confirmed = {}};
  return report;
}

Report many(unsigned count) {
  Report report = clean();
  for (unsigned i = 0; i < count; ++i) {
    Finding finding = i % 3 == 0 ? reduction() : i % 3 == 1 ? seed() : pin();
    if (i % 7 == 0)
      finding.level = Level::Error;
    finding.function += std::to_string(i);
    finding.at.path = "lib/part" + std::to_string(i % 40) + "/" +
                      std::to_string(i % 9) + finding.at.path;
    report.findings.push_back(std::move(finding));
  }
  std::ranges::sort(report.findings);
  report.exitCode = 1;
  return report;
}

}  // namespace reproaudit::samples
