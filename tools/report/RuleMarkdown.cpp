// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/RuleMarkdown.h"

#include "Concat.h"

namespace reproaudit {
namespace {

std::string_view codeBlockLanguage(const RuleInfo &rule) {
  switch (rule.language) {
  case Language::Cxx:
    return "cpp";
  case Language::Cuda:
    return "cuda";
  case Language::Text:
    break;
  }
  const std::string_view file = rule.exampleFile;
  if (file.ends_with("CMakeLists.txt") || file.ends_with(".cmake"))
    return "cmake";
  if (file.contains("Dockerfile"))
    return "dockerfile";
  if (file.ends_with(".yml") || file.ends_with(".yaml"))
    return "yaml";
  if (file.ends_with(".json"))
    return "json";
  if (file.ends_with(".toml"))
    return "toml";
  return "text";
}

std::string example(const RuleInfo &rule, std::string_view code) {
  std::string block;
  if (!rule.exampleFile.empty())
    block += concat("`", rule.exampleFile, "`:\n\n");
  return block +
         concat("```", codeBlockLanguage(rule), "\n", trimmed(code), "\n```\n");
}

std::string_view meaning(Tier tier) {
  switch (tier) {
  case Tier::Gate:
    return "on; findings are warnings and fail the run";
  case Tier::Audit:
    return "on; findings are notes";
  case Tier::Pedantic:
    return "off; select the rule by its name or scope";
  }
  return "";
}

/// How to silence one finding. Project files have no comments in common, so
/// their findings go into the baseline.
std::string suppressing(const RuleInfo &rule) {
  if (rule.language == Language::Text)
    return "List the finding in the baseline: `reproaudit baseline create`.\n";
  return concat("```cpp\nstatement();  // NOLINT(", rule.name,
                "): why it is harmless here\n```\n");
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (text.starts_with('\n'))
    text.remove_prefix(1);
  while (text.ends_with('\n') || text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

std::string ruleUri(const RuleInfo &rule) {
  return concat(kHomepage, "/blob/main/docs/rules/", rule.name, ".md");
}

std::string pascalCase(std::string_view kebab) {
  std::string result;
  bool isWordStart = true;
  for (const char c : kebab) {
    if (c != '-')
      result += isWordStart && c >= 'a' && c <= 'z'
                    ? static_cast<char>(c - 'a' + 'A')
                    : c;
    isWordStart = c == '-';
  }
  return result;
}

std::string ruleTitle(const RuleInfo &rule) {
  constexpr std::string_view kPrefix = "repro-";
  return pascalCase(rule.name.substr(kPrefix.size()));
}

Level defaultLevel(const RuleInfo &rule) {
  return rule.tier == Tier::Gate ? Level::Warning : Level::Note;
}

std::string_view meaning(Scope scope) {
  switch (scope) {
  case Scope::Run:
    return "two runs on the same machine may differ";
  case Scope::Threads:
    return "another number of threads or devices may change the result";
  case Scope::Platform:
    return "another compiler, library or processor may change the result";
  case Scope::Env:
    return "another locale, directory, time zone or environment may change the "
           "result";
  case Scope::Build:
    return "another build of the same sources may change the result";
  }
  return "";
}

std::string ruleMarkdown(const RuleInfo &rule) {
  std::string page = concat(
      "# ", rule.name, "\n\n", rule.summary, ".\n\n",
      "| family | scope | by default | since |\n",
      "| --- | --- | --- | --- |\n| ", name(rule.family), " | `",
      name(rule.scope), "`: ", meaning(rule.scope), " | ", meaning(rule.tier),
      " | ", rule.since, " |\n\n## Why\n\n", trimmed(rule.why), "\n\n");
  page += "## Reported\n\n" + example(rule, rule.bad);
  page += "\n## Use instead\n\n" + example(rule, rule.good);
  if (!rule.options.empty()) {
    page += "\n## Options\n\n";
    for (const OptionInfo &option : rule.options)
      page += concat("- `", rule.name, ".", option.name, "`: ", option.summary,
                     ". Default: `", option.fallback, "`.\n");
  }
  page += concat("\n## Limits\n\n", trimmed(rule.limits), "\n");
  page += "\n## Suppress\n\n" + suppressing(rule);
  return page;
}

std::string ruleText(const RuleInfo &rule) {
  return concat(rule.summary, ".\n\n", plainText(rule.why), "\n\nReported:\n",
                trimmed(rule.bad), "\n\nUse instead:\n", trimmed(rule.good),
                "\n\nLimits: ", plainText(rule.limits), "\n");
}

std::string plainText(std::string_view markdown) {
  std::string text;
  markdown = trimmed(markdown);
  for (std::size_t i = 0; i < markdown.size(); ++i) {
    const std::string_view rest = markdown.substr(i);
    if (rest.starts_with("**"))
      ++i;
    else if (rest.starts_with("\n\n"))
      text += "\n\n", ++i;
    else if (rest.front() != '`')
      text += rest.front() == '\n' ? ' ' : rest.front();
  }
  return text;
}

}  // namespace reproaudit
