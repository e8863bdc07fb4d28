// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/RuleMarkdown.h"

#include <initializer_list>

namespace reproaudit {
namespace {

/// \p text without the newlines that raw string literals begin and end with.
std::string_view trimmed(std::string_view text) {
  while (text.starts_with('\n'))
    text.remove_prefix(1);
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  return text;
}

std::string_view fence(const RuleInfo &info) {
  switch (info.language) {
  case Language::Cxx:
    return "cpp";
  case Language::Cuda:
    return "cuda";
  case Language::Text:
    return "text";
  }
  return "";
}

std::string_view meaning(Scope scope) {
  switch (scope) {
  case Scope::Run:
    return "`run`: two runs on the same machine may differ";
  case Scope::Threads:
    return "`threads`: another number of threads or devices may change the "
           "result";
  case Scope::Platform:
    return "`platform`: another compiler, standard library or processor may "
           "change the "
           "result";
  case Scope::Env:
    return "`env`: another locale, directory, time zone or environment may "
           "change "
           "the result";
  case Scope::Build:
    return "`build`: another build of the same sources may change the result";
  }
  return "";
}

std::string_view meaning(Tier tier) {
  switch (tier) {
  case Tier::Gate:
    return "on, warnings";
  case Tier::Audit:
    return "on, notes";
  case Tier::Pedantic:
    return "off until selected";
  }
  return "";
}

std::string cells(std::initializer_list<std::string_view> words) {
  std::string row = "|";
  for (const std::string_view word : words)
    row.append(" ").append(word).append(" |");
  return row + "\n";
}

std::string section(std::string_view title, std::string_view body) {
  std::string text = "\n## ";
  return text.append(title).append("\n\n").append(trimmed(body)).append("\n");
}

std::string example(const RuleInfo &info, std::string_view code) {
  std::string text;
  if (!info.exampleFile.empty())
    text.append("`").append(info.exampleFile).append("`:\n\n");
  return text.append("```")
      .append(fence(info))
      .append("\n")
      .append(trimmed(code))
      .append("\n```");
}

std::string options(const RuleInfo &info) {
  std::string list;
  for (const OptionInfo &option : info.options)
    list.append("- `")
        .append(info.name)
        .append(".")
        .append(option.name)
        .append("`: ")
        .append(option.summary)
        .append(". Default: `")
        .append(option.fallback)
        .append("`.\n");
  return list;
}

}  // namespace

std::string ruleMarkdown(const RuleInfo &info) {
  std::string page = "# ";
  page.append(info.name).append("\n\n").append(info.summary).append(".\n\n");
  page += cells({"family", "scope", "by default", "since"});
  page += cells({"---", "---", "---", "---"});
  page += cells(
      {name(info.family), meaning(info.scope), meaning(info.tier), info.since});
  page += section("Why", info.why);
  page += section("Reported", example(info, info.bad));
  page += section("Use instead", example(info, info.good));
  if (!info.options.empty())
    page += section("Options", options(info));
  page += section("Limits", info.limits);
  return page;
}

}  // namespace reproaudit
