// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bazel: WORKSPACE, MODULE.bazel and .bzl files.
#include "Calls.h"
#include "Lock.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

class BazelReader {
public:
  BazelReader(Reading &reading, const SyntaxTree &tree)
      : reading_(reading), reader_(tree), calls_(reader_.calls()),
        lock_(lockOf(reading.project(), folderOf(reading.path()),
                     {"MODULE.bazel.lock"})) {}

  void read() {
    for (const Call &call : calls_)
      overrides(call);
    for (const Call &call : calls_)
      readOne(call);
  }

private:
  /// An override decides in place of the bazel_dep of that module.
  void overrides(const Call &call) {
    const auto module = reader_.value(call, "module_name");
    if (module && call.name.ends_with("_override"))
      overridden_.emplace(*module, call.line());
  }

  void readOne(const Call &call) {
    const std::string_view name = baseOf(call.name);
    if (name.ends_with("http_archive") || name == "http_file" ||
        name == "http_jar" || name == "archive_override")
      archive(call);
    else if (name.ends_with("git_repository") || name == "git_override")
      repository(call);
    else if (name == "bazel_dep")
      module(call);
    else if (call.name.ends_with("oci.pull") || name == "container_pull" ||
             name == "oci_pull")
      image(call);
  }

  static std::string_view baseOf(std::string_view name) {
    const std::size_t dot = name.find_last_of('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
  }

  /// Calls inside macros pass the macro's own parameters on.
  bool has(const Call &call, std::string_view name) const {
    const auto found = call.named.find(name);
    return found != call.named.end() && !found->second.is("none") &&
           found->second.text() != "\"\"";
  }

  Dependency &add(const Call &call, Artefact artefact, std::string ecosystem) {
    std::string name = reader_.value(call, "name").value_or("");
    if (name.empty())
      name = reader_.value(call, "module_name").value_or("");
    if (name.empty() && !call.operands.empty())
      name = reader_.value(call.operands[0]).value_or("");
    return reading_.add({.artefact = artefact,
                         .ecosystem = std::move(ecosystem),
                         .name = name,
                         .declared = {},
                         .resolved = {},
                         .at = reading_.at(call.line(), call.endLine()),
                         .evidence = {},
                         .group = {}});
  }

  void archive(const Call &call) {
    std::vector<std::string> urls;
    for (const char *key : {"urls", "url"})
      if (has(call, key))
        urls = reader_.values(call.named.find(key)->second);
    const bool hasSum =
        has(call, "sha256") || has(call, "integrity") || has(call, "sha512");
    if (urls.empty() && !hasSum)
      return;
    Dependency &out = add(call, Artefact::Download, "Bazel archive");
    if (!urls.empty())
      out.declared = out.resolved = urls.front();
    const auto sum = hasSum && has(call, "sha256")
                         ? reader_.value(call, "sha256")
                         : std::nullopt;
    const bool isEmptySum = sum && sum->empty();
    out.strength = hasSum && !isEmptySum
                       ? Strength::Content
                       : urlStrength(urls.empty() ? "" : urls.front());
    if (out.name.empty())
      out.name = out.declared;
    out.advisory = !urls.empty() && !isResolved(folderOf(urls.front()));
  }

  void repository(const Call &call) {
    if (!has(call, "remote") && !has(call, "commit") && !has(call, "tag"))
      return;
    const auto commit = reader_.value(call, "commit");
    const auto tag = reader_.value(call, "tag");
    const auto branch = reader_.value(call, "branch");
    Dependency &out = add(call, Artefact::Source, "Bazel git repository");
    out.origin = reader_.value(call, "remote").value_or("");
    out.resolved = out.declared = commit ? *commit
                                  : tag  ? *tag
                                         : branch.value_or("");
    out.strength = commit   ? gitStrength(*commit)
                   : tag    ? std::max(gitStrength(*tag), Strength::Mutable)
                   : branch ? Strength::Mutable
                            : Strength::None;
    if (tag && versionParts(*tag) >= 1)
      out.strength = std::max(out.strength, Strength::Exact);
    if ((has(call, "commit") && !commit) || (has(call, "tag") && !tag))
      out.advisory = true;
  }

  void module(const Call &call) {
    const std::string name = reader_.value(call, "name").value_or("");
    const std::string version = reader_.value(call, "version").value_or("");
    Dependency &out = add(call, Artefact::Source, "Bazel module");
    out.declared = out.resolved = version;
    out.strength = version.empty() ? Strength::None : Strength::Exact;
    if (const auto at = overridden_.find(name); at != overridden_.end()) {
      out.strength = Strength::Content;  // judged where it is overridden
      out.evidence.push_back({reading_.at(at->second), "overridden here"});
    }
    if (out.strength == Strength::Exact)
      applyLock(out, lock_);
  }

  void image(const Call &call) {
    const auto digest = reader_.value(call, "digest");
    const auto tag = reader_.value(call, "tag");
    Dependency &out = add(call, Artefact::Image, "Bazel image");
    out.declared = out.resolved = reader_.value(call, "image").value_or("") +
                                  (tag ? ":" + *tag : "") +
                                  (digest ? "@" + *digest : "");
    out.strength = imageStrength(out.resolved);
  }

  Reading &reading_;
  CallReader reader_;
  std::vector<Call> calls_;
  Lock lock_;
  std::map<std::string, unsigned> overridden_;
};

}  // namespace

void readBazel(Reading &reading) {
  const SyntaxTree tree(Grammar::Starlark, reading.text());
  if (const unsigned line = tree.errorLine())
    reading.partly(line, "this Starlark was not understood");
  BazelReader(reading, tree).read();
}

}  // namespace reproaudit
