// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Content.h"
#include "reproaudit/rerun/Difference.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <sstream>

namespace reproaudit {

std::string name(RepeatLevel level) {
  return fmt::format("L{}", static_cast<int>(level));
}

void Magnitude::add(double a, double b, double ulp) {
  ++count;
  const double absolute = std::fabs(a - b);
  const double scale = std::max(std::fabs(a), std::fabs(b));
  maxAbsolute = std::max(maxAbsolute, absolute);
  maxRelative = std::max(maxRelative, scale > 0 ? absolute / scale : 0);
  maxUlp = std::max(maxUlp, ulp);
}

namespace {

RepeatLevel levelOf(const Magnitude &magnitude, double tolerance) {
  if (magnitude.maxUlp <= kUlps)
    return RepeatLevel::Ulp;
  return magnitude.maxRelative <= tolerance ? RepeatLevel::Tolerance
                                            : RepeatLevel::Structure;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kLimit = 120;
  std::string result;
  for (const char c : text.substr(0, kLimit))
    result += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return text.size() > kLimit ? result + "..." : result;
}

// -- Text --------------------------------------------------------------------

bool isText(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  return head.find('\0') == std::string_view::npos &&
         std::ranges::count_if(head, [](unsigned char c) {
           return c < 32 && c != '\n' && c != '\t' && c != '\r' && c != '\033';
         }) == 0;
}

std::string masked(const std::string &text,
                   const std::vector<std::regex> &masks) {
  std::string result = text;
  for (const std::regex &mask : masks)
    result = std::regex_replace(result, mask, "<masked>");
  return result;
}

/// How long something took, and how fast it went: `in 0.31 s`, `elapsed=0.31`,
/// `120 it/s`.
const std::regex &durations() {
  static const auto &pattern = *new std::regex(
      R"(\b(elapsed|took|eta|duration|runtime|time)\b[^0-9\n]{0,16}[0-9][0-9.:]*)"
      R"(|[0-9][0-9.]*[kMGT]? ?[A-Za-z]*/s(ec|econd)?\b)"
      R"(|[0-9][0-9.:]*(e[-+]?[0-9]+)? ?([num]s|us|s|secs?|seconds?|mins?|minutes?|hours?)\b)",
      std::regex::icase | std::regex::optimize);
  return pattern;
}

/// What counts of a text. People watch the progress of a program on stderr, and
/// how long it took is no result.
std::string counted(const Artifact &artifact, const CompareOptions &options) {
  const std::string text = masked(artifact.bytes, options.masks);
  return artifact.name == "stderr"
             ? std::regex_replace(text, durations(), "<duration>")
             : text;
}

struct Number {
  double value = 0;
  std::size_t length = 0;
};

/// The number at the start of \p text, if one starts there.
std::optional<Number> numberAt(std::string_view text) {
  Number number;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc())
    return std::nullopt;
  number.length = static_cast<std::size_t>(end - text.data());
  return number;
}

bool startsWord(std::string_view text, std::size_t i) {
  return i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0;
}

/// A unit in the last place that was printed: what the reader calls "the last
/// digit".
double printedUlp(std::string_view number) {
  int decimals = 0, exponent = 0;
  if (const std::size_t e = number.find_first_of("eE");
      e != std::string_view::npos) {
    std::string_view power = number.substr(e + 1);
    if (power.starts_with('+'))
      power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    number = number.substr(0, e);
  }
  if (const std::size_t point = number.find('.');
      point != std::string_view::npos)
    decimals = static_cast<int>(number.size() - point - 1);
  return std::pow(10.0, exponent - decimals);
}

/// Compares two texts token by token; false if more than numbers differ.
bool onlyNumbersDiffer(std::string_view a, std::string_view b,
                       Magnitude &magnitude) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (startsWord(a, i)) {
      const auto x = numberAt(a.substr(i)), y = numberAt(b.substr(j));
      if (x && y) {
        const std::string_view s = a.substr(i, x->length),
                               t = b.substr(j, y->length);
        if (s != t)
          magnitude.add(x->value, y->value,
                        std::fabs(x->value - y->value) /
                            std::max(printedUlp(s), printedUlp(t)));
        i += x->length;
        j += y->length;
        continue;
      }
    }
    if (a[i] != b[j])
      return false;
    ++i, ++j;
  }
  return i == a.size() && j == b.size();
}

std::string_view lineAt(std::string_view text, std::size_t offset) {
  const std::size_t begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  return text.substr(begin, text.find('\n', offset) - begin);
}

std::size_t firstMismatch(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// The first difference of two JSON values, as a JSON pointer.
std::string pointerTo(const nlohmann::json &a, const nlohmann::json &b) {
  if (a.type() != b.type() || !a.is_structured() || a.size() != b.size())
    return "";
  for (const auto &entry : a.items()) {
    if (a.is_object() && !b.contains(entry.key()))
      return "";
    const auto &other =
        a.is_object() ? b.at(entry.key()) : b.at(std::stoul(entry.key()));
    if (entry.value() != other)
      return "/" + entry.key() + pointerTo(entry.value(), other);
  }
  return "";
}

/// Where in files of a known structure the line \p where is.
std::string placeIn(const std::string &name, const std::string &x,
                    const std::string &y, std::size_t at) {
  constexpr std::size_t kMost = std::size_t{8} << 20;
  if (x.size() > kMost || y.size() > kMost)
    return "";
  if (name.ends_with(".json")) {
    const auto a = nlohmann::json::parse(x, nullptr, false);
    const auto b = nlohmann::json::parse(y, nullptr, false);
    const std::string pointer =
        a.is_discarded() || b.is_discarded() ? "" : pointerTo(a, b);
    return pointer.empty() ? "" : ", " + pointer;
  }
  if (name.ends_with(".csv")) {
    const std::size_t begin = at == 0 ? 0 : x.rfind('\n', at - 1) + 1;
    const auto column = std::count(x.begin() + static_cast<long>(begin),
                                   x.begin() + static_cast<long>(at), ',');
    std::istringstream header(x.substr(0, x.find('\n')));
    std::string title;
    for (long i = 0; i <= column && std::getline(header, title, ',');)
      ++i;
    return ", column " + title;
  }
  return "";
}

Difference compareText(const Artifact &a, const std::string &x,
                       const std::string &y, const CompareOptions &options) {
  Difference result;
  result.artifact = a.name;
  const std::size_t at = firstMismatch(x, y);
  result.offset = at;
  result.where = fmt::format(
      "line {}",
      1 + std::count(x.begin(), x.begin() + static_cast<long>(at), '\n'));
  result.where += placeIn(a.name, x, y, at);
  result.a = shortened(lineAt(x, std::min(at, x.size())));
  result.b = shortened(lineAt(y, std::min(at, y.size())));
  if (Magnitude magnitude; onlyNumbersDiffer(x, y, magnitude)) {
    result.magnitude = magnitude;
    result.level = levelOf(magnitude, options.tolerance);
  }
  return result;
}

// -- Other content -----------------------------------------------------------

std::string hexAt(std::string_view bytes, std::size_t offset) {
  std::string text;
  for (const char c : bytes.substr(std::min(offset, bytes.size()), 8))
    text += fmt::format("{:02x} ", static_cast<unsigned char>(c));
  return text.empty() ? "end" : text.substr(0, text.size() - 1);
}

Difference compareBinary(const Artifact &a, const Artifact &b,
                         const CompareOptions &options) {
  Difference result;
  result.artifact = a.name;
  const std::size_t at = firstMismatch(a.bytes, b.bytes);
  result.offset = at;
  result.where = fmt::format("byte {}", at);
  result.a = hexAt(a.bytes, at);
  result.b = hexAt(b.bytes, at);
  if (const auto content = compareContent(a.bytes, b.bytes)) {
    result.where = content->where;
    result.a = content->a;
    result.b = content->b;
    if (content->onlyNumbers) {
      result.magnitude = content->magnitude;
      result.level = levelOf(content->magnitude, options.tolerance);
    }
  }
  return result;
}

std::optional<Difference> compareArtifacts(const Artifact &a, const Artifact &b,
                                           const CompareOptions &options) {
  if (a.mode != b.mode) {
    Difference result;
    result.artifact = a.name;
    result.where = "mode";
    result.a = fmt::format("{:o}", a.mode);
    result.b = fmt::format("{:o}", b.mode);
    return result;
  }
  if (a.size == b.size && a.hash == b.hash)
    return std::nullopt;
  if (!isText(a.bytes) || !isText(b.bytes))
    return compareBinary(a, b, options);
  const std::string x = counted(a, options);
  const std::string y = counted(b, options);
  if (x == y && a.size <= kKeptBytes && b.size <= kKeptBytes)
    return std::nullopt;
  return compareText(a, x, y, options);
}

Difference onlyIn(const Artifact &artifact, bool first) {
  Difference result;
  result.artifact = artifact.name;
  result.where = "existence";
  result.a = first ? "exists" : "does not exist";
  result.b = first ? "does not exist" : "exists";
  return result;
}

std::string endOf(const Observation &run) {
  switch (run.exceeded) {
  case Limit::Time:
    return "time limit";
  case Limit::Output:
    return "output limit";
  case Limit::Processes:
    return "process limit";
  case Limit::None:
    break;
  }
  return std::to_string(run.exitCode);
}

}  // namespace

bool hasDurations(const Observation &run) {
  const auto found =
      std::ranges::find(run.artifacts, "stderr", &Artifact::name);
  return found != run.artifacts.end() && isText(found->bytes) &&
         std::regex_search(found->bytes, durations());
}

std::vector<Difference> compare(const Observation &a, const Observation &b,
                                const CompareOptions &options) {
  std::vector<Difference> differences;
  if (const std::string x = endOf(a), y = endOf(b); x != y) {
    Difference end;
    end.artifact = "exit code";
    end.a = x;
    end.b = y;
    differences.push_back(std::move(end));
  }
  std::map<std::string, std::pair<const Artifact *, const Artifact *>> pairs;
  for (const Artifact &artifact : a.artifacts)
    pairs[artifact.name].first = &artifact;
  for (const Artifact &artifact : b.artifacts)
    pairs[artifact.name].second = &artifact;
  for (const auto &[name, pair] : pairs) {
    if (!pair.first || !pair.second)
      differences.push_back(pair.first ? onlyIn(*pair.first, true)
                                       : onlyIn(*pair.second, false));
    else if (auto difference =
                 compareArtifacts(*pair.first, *pair.second, options))
      differences.push_back(std::move(*difference));
  }
  return differences;
}

}  // namespace reproaudit
