// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the writers write, compared byte by byte with files that people and the
// official validators have read (tests/sarif). REPROAUDIT_BLESS=1 rewrites
// them.
#include "Samples.h"

#include "reproaudit/report/Baseline.h"
#include "reproaudit/report/Formats.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace reproaudit;

namespace {

struct Golden {
  const char *file;  ///< Below tests/.
  const char *format;
  Report (*report)();
  bool colour = false;
  SarifProfile profile = SarifProfile::Plain;
};

void PrintTo(const Golden &golden, std::ostream *out) { *out << golden.file; }

void expectGolden(const std::string &name, const std::string &written) {
  const std::string path = REPROAUDIT_TESTS "/" + name;
  if (std::getenv("REPROAUDIT_BLESS"))
    std::ofstream(path, std::ios::binary) << written;
  std::ifstream file(path, std::ios::binary);
  const std::string expected(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(written, expected) << path << " differs";
}

class GoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, isWritten) {
  const Golden &golden = GetParam();
  const SourceTexts texts(samples::sourceRoot());
  const Format *format = findFormat(golden.format);
  ASSERT_NE(format, nullptr);
  expectGolden(golden.file, format->render(golden.report(), texts,
                                           {.colour = golden.colour,
                                            .profile = golden.profile}));
}

TEST(Golden, baseline) {
  expectGolden("unit/report/golden/baseline.jsonl",
               writeBaseline(createBaseline(samples::full().findings)));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, GoldenTest,
    testing::Values(
        Golden{"sarif/golden/full.sarif", "sarif", samples::full},
        Golden{"sarif/golden/ordinary.sarif", "sarif", samples::ordinary},
        Golden{"sarif/golden/clean.sarif", "sarif", samples::clean},
        Golden{"sarif/golden/github.sarif", "sarif", samples::full, false,
               SarifProfile::GitHub},
        Golden{"unit/report/golden/full.json", "json", samples::full},
        Golden{"unit/report/golden/full.jsonl", "jsonl", samples::full},
        Golden{"unit/report/golden/text.txt", "text", samples::full},
        Golden{"unit/report/golden/colour.txt", "text", samples::ordinary,
               true},
        Golden{"unit/report/golden/full.txt", "full", samples::ordinary},
        Golden{"unit/report/golden/github.txt", "github", samples::full},
        Golden{"unit/report/golden/gitlab.json", "gitlab", samples::full},
        Golden{"unit/report/golden/junit.xml", "junit", samples::full},
        Golden{"unit/report/golden/rdjson.json", "rdjson", samples::full},
        Golden{"unit/report/golden/summary.md", "markdown", samples::full},
        Golden{"html/golden/full.html", "html", samples::full},
        Golden{"html/golden/runs.html", "html", samples::evidenced},
        Golden{"html/golden/clean.html", "html", samples::clean}));

}  // namespace
