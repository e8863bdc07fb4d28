// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Lock.h"

#include "Pin.h"
#include "Text.h"
#include "Versions.h"

#include "reproaudit/analysis/Document.h"

#include <algorithm>
#include <array>
#include <utility>

namespace reproaudit {
namespace {

/// True if anything below \p node is a hash, by the name of its key.
bool holdsHash(const Node &node) {
  static constexpr std::array kKeys = {
      "hash", "hashes",  "integrity",         "sha256",
      "md5",  "etag",    "checksum",          "git-tree-sha1",
      "Hash", "narHash", "resolved_reference"};
  return std::ranges::any_of(node.entries, [](const Entry &entry) {
    const bool isHash =
        isOneOf(entry.key, kKeys) &&
        (!entry.value.text.empty() || !entry.value.entries.empty());
    return isHash || holdsHash(entry.value);
  });
}

class LockParser {
public:
  explicit LockParser(Lock &out) : out_(out) {}

  void parse(std::string_view text) {
    struct Format {
      std::string_view name;
      Document (*document)(std::string_view);
      void (LockParser::*read)(const Node &);
    };
    static constexpr Format kFormats[] = {
        {"package-lock.json", parseJson, &LockParser::npm},
        {"npm-shrinkwrap.json", parseJson, &LockParser::npm},
        {"pnpm-lock.yaml", parseYaml, &LockParser::pnpm},
        {"bun.lock", parseJson, &LockParser::bun},
        {"poetry.lock", parseToml, &LockParser::python},
        {"uv.lock", parseToml, &LockParser::python},
        {"pdm.lock", parseToml, &LockParser::python},
        {"pylock.toml", parseToml, &LockParser::python},
        {"Pipfile.lock", parseJson, &LockParser::pipfile},
        {"conda-lock.yml", parseYaml, &LockParser::conda},
        {"conda-lock.yaml", parseYaml, &LockParser::conda},
        {"pixi.lock", parseYaml, &LockParser::pixi},
        {"Manifest.toml", parseToml, &LockParser::julia},
        {"renv.lock", parseJson, &LockParser::renv},
        {"conan.lock", parseJson, &LockParser::conan},
        {"spack.lock", parseJson, &LockParser::spack},
        {"flake.lock", parseJson, &LockParser::flake},
        {"MODULE.bazel.lock", parseJson, &LockParser::bazel},
        {"devcontainer-lock.json", parseJson, &LockParser::devcontainer},
        {".devcontainer-lock.json", parseJson, &LockParser::devcontainer},
        {"dvc.lock", parseYaml, &LockParser::dvc},
    };
    const std::string_view name = baseName(out_.path);
    if (name == "yarn.lock")
      return yarn(text);
    if (name == "xmake-requires.lock")
      return xmake(text);
    for (const Format &format : kFormats) {
      if (name != format.name)
        continue;
      const Document document = format.document(text);
      if (!document.error.empty())
        out_.problem = document.error;
      return (this->*format.read)(document.root);
    }
    out_.isOpaque = true;
  }

private:
  void add(std::string_view name, std::string version, bool hasHash) {
    if (!name.empty())
      out_.entries.emplace(lockKey(name), Locked{std::move(version), hasHash});
  }

  void npm(const Node &root) {
    for (const Entry &entry : root["packages"].entries) {
      const std::size_t at = entry.key.rfind("node_modules/");
      if (at != std::string::npos)
        add(entry.key.substr(at + 13), entry.value["version"].text,
            holdsHash(entry.value) || !entry.value["link"].isNull() ||
                contains(entry.value["resolved"].text, "#"));
    }
    for (const Entry &entry : root["dependencies"].entries)
      add(entry.key, entry.value["version"].text, holdsHash(entry.value));
  }

  /// `name@1.2.3`, `/name@1.2.3(peer@1)`, `@scope/name@1.2.3`, `/name/1.2.3`.
  void versioned(std::string_view text, bool hasHash) {
    if (text.starts_with('/'))
      text.remove_prefix(1);
    text = text.substr(0, text.find('('));
    const std::size_t at = text.find('@', 1) != std::string_view::npos
                               ? text.rfind('@')
                               : text.rfind('/');
    if (at != std::string_view::npos)
      add(text.substr(0, at), std::string(text.substr(at + 1)), hasHash);
  }

  void pnpm(const Node &root) {
    for (const Entry &entry : root["packages"].entries)
      versioned(entry.key, holdsHash(entry.value));
  }

  void bun(const Node &root) {
    for (const Entry &entry : root["packages"].entries)
      if (!entry.value.entries.empty())
        versioned(entry.value.entries.front().value.text,
                  entry.value.entries.size() > 2);
  }

  /// `"name@^1", name@~1:` and below it `version "1.2.3"` and `integrity ...`,
  /// or as YAML `version: 1.2.3` and `checksum: ...`.
  void yarn(std::string_view text) {
    std::string name;
    std::string version;
    bool hasHash = false;
    const auto end = [&] {
      if (!name.empty() && !version.empty())
        add(name, version, hasHash);
      name.clear();
      version.clear();
      hasHash = false;
    };
    for (const std::string_view raw : lines(text)) {
      const std::string line = replaceAll(std::string(trim(raw)), "\"", "");
      if (!raw.starts_with(' ') && line.ends_with(':')) {
        end();
        name = line.substr(0, line.find('@', 1));
      } else if (line.starts_with("version")) {
        version = trim(line.substr(line.find_first_of(" :") + 1));
      } else {
        hasHash |= line.starts_with("integrity") ||
                   line.starts_with("checksum") ||
                   (line.starts_with("resolved") && contains(line, "#"));
      }
    }
    end();
  }

  void python(const Node &root) {
    for (const char *key : {"package", "packages"})
      for (const Entry &entry : root[key].entries) {
        const Node &one = entry.value;
        const Node &source = one["source"];
        const bool isCommit = contains(source["git"].text, "#");
        const bool isLocal = source["editable"].isScalar() ||
                             source["virtual"].isScalar() ||
                             source["directory"].isScalar();
        const bool isOldPoetry =
            !root["metadata"]["files"][one["name"].text].isNull();
        add(one["name"].text, one["version"].text,
            holdsHash(one) || isCommit || isLocal || isOldPoetry);
      }
  }

  void pipfile(const Node &root) {
    for (const char *group : {"default", "develop"})
      for (const Entry &entry : root[group].entries) {
        std::string_view version = entry.value["version"].text;
        version.remove_prefix(version.starts_with("==") ? 2 : 0);
        add(entry.key, std::string(version),
            holdsHash(entry.value) || isCommit(entry.value["ref"].text));
      }
  }

  void conda(const Node &root) {
    for (const Entry &entry : root["package"].entries)
      add(entry.value["name"].text, entry.value["version"].text,
          holdsHash(entry.value));
  }

  void pixi(const Node &root) {
    for (const Entry &entry : root["packages"].entries) {
      const Node &one = entry.value;
      if (one["name"].isScalar()) {
        add(one["name"].text, one["version"].text, holdsHash(one));
        continue;
      }
      // .../linux-64/numpy-1.26.4-py311h64a7726_0.conda
      const std::string_view file = baseName(one["conda"].text);
      const std::size_t build = file.rfind('-');
      const std::size_t version = build == std::string_view::npos || build == 0
                                      ? std::string_view::npos
                                      : file.rfind('-', build - 1);
      if (version != std::string_view::npos)
        add(file.substr(0, version),
            std::string(file.substr(version + 1, build - version - 1)),
            holdsHash(one));
    }
  }

  void julia(const Node &root) {
    const Node &all = root["deps"].isMap() ? root["deps"] : root;
    for (const Entry &entry : all.entries)
      for (const Entry &one : entry.value.entries)
        add(entry.key, one.value["version"].text,
            holdsHash(one.value) || one.value["version"].isNull());
  }

  void renv(const Node &root) {
    for (const Entry &entry : root["Packages"].entries)
      add(entry.key, entry.value["Version"].text,
          holdsHash(entry.value) || !entry.value["RemoteSha"].isNull());
  }

  void conan(const Node &root) {
    const auto reference = [&](std::string_view text) {
      const std::size_t slash = text.find('/');
      const std::size_t end = text.find_first_of("@#%", slash);
      if (slash != std::string_view::npos)
        add(text.substr(0, slash),
            std::string(text.substr(slash + 1, end - slash - 1)),
            contains(text, "#"));
    };
    for (const char *kind : {"requires", "build_requires", "python_requires"})
      for (const Entry &entry : root[kind].entries)
        reference(entry.value.text);
    for (const Entry &node : root["graph_lock"]["nodes"].entries)
      reference(node.value["ref"].text);
  }

  void spack(const Node &root) {
    // The specs are listed by their hash.
    for (const Entry &entry : root["concrete_specs"].entries)
      add(entry.value["name"].text, entry.value["version"].text,
          !entry.key.empty());
  }

  void flake(const Node &root) {
    const Node &nodes = root["nodes"];
    const std::string top = root["root"].isNull() ? "root" : root["root"].text;
    for (const Entry &input : nodes[top]["inputs"].entries) {
      // A list of names is an input that follows another one.
      const Node &node = nodes[input.value.text];
      add(input.key, "", input.value.isList() || holdsHash(node["locked"]));
    }
  }

  void bazel(const Node &root) {
    // .../modules/NAME/VERSION/source.json, or "NAME@VERSION" in older ones.
    for (const Entry &entry : root["registryFileHashes"].entries) {
      const std::vector<std::string_view> parts = split(entry.key, '/');
      if (parts.size() >= 3)
        add(parts[parts.size() - 3], std::string(parts[parts.size() - 2]),
            !entry.value.isNull());
    }
    for (const Entry &entry : root["moduleDepGraph"].entries)
      add(entry.key.substr(0, entry.key.find('@')), entry.value["version"].text,
          true);
  }

  void devcontainer(const Node &root) {
    for (const Entry &entry : root["features"].entries)
      add(entry.key, "", holdsHash(entry.value));
  }

  void dvc(const Node &root) {
    for (const Entry &entry : root["stages"].entries)
      add(entry.key, "",
          holdsHash(entry.value) || entry.value["deps"].isNull());
  }

  /// `["name 1.x#hash"] = { ... version = "1.2.3" ... }`.
  void xmake(std::string_view text) {
    std::string name;
    for (const std::string_view line : lines(text)) {
      const std::size_t open = line.find("[\"");
      if (open != std::string_view::npos) {
        name = line.substr(open + 2,
                           line.find_first_of(" #\"", open + 2) - open - 2);
      } else if (const std::size_t at = line.find("version = \"");
                 at != std::string_view::npos && !name.empty()) {
        add(name,
            std::string(
                line.substr(at + 11, line.find('"', at + 11) - at - 11)),
            true);
        name.clear();
      }
    }
  }

  Lock &out_;
};

}  // namespace

std::string lockKey(std::string_view name) {
  std::string out = lower(name);
  std::ranges::replace(out, '_', '-');
  std::ranges::replace(out, '.', '-');
  return out;
}

Lock parseLock(std::string path, std::string_view text) {
  Lock out{.path = std::move(path)};
  if (contains(text, "\n<<<<<<<") || text.starts_with("<<<<<<<"))
    out.problem = "a merge was left in it half done";
  else
    LockParser(out).parse(text);
  return out;
}

Lock lockOf(const Project &project, std::string_view folder,
            const std::vector<std::string_view> &names) {
  while (true) {
    for (const std::string_view name : names) {
      const std::string path = joined(folder, name);
      if (project.contains(path)) {
        // One that is too large to read is no worse for that.
        if (!project.unreadable(path).empty())
          return {.path = path, .isOpaque = true};
        return parseLock(path, project.text(path));
      }
      if (project.isUntracked(path))
        return {.path = path, .problem = "git does not track it"};
    }
    if (folder.empty())
      return {};
    folder = folderOf(folder);
  }
}

void applyLock(Dependency &dependency, const Lock &lock, std::string_view key) {
  if (lock.path.empty())
    return;
  const std::string file = "'" + std::string(baseName(lock.path)) + "' ";
  const auto remark = [&](std::string text) {
    dependency.evidence.push_back({{lock.path}, std::move(text)});
  };
  if (!lock.problem.empty())
    return remark(file + "does not count: " + lock.problem);
  if (lock.isOpaque) {
    dependency.strength = Strength::Content;
    return remark("locked here");
  }
  const auto [begin, end] =
      lock.entries.equal_range(lockKey(key.empty() ? dependency.name : key));
  if (begin == end)
    return remark(file + "has no entry for it");
  const auto fits = std::find_if(begin, end, [&](const auto &entry) {
    return satisfies(entry.second.version, dependency.declared);
  });
  if (fits == end)
    return remark(file + "holds '" + begin->second.version +
                  "', which is not what is asked for");
  const Locked &entry = fits->second;
  dependency.strength = std::max(
      dependency.strength, entry.hasHash ? Strength::Content : Strength::Exact);
  if (!entry.version.empty())
    dependency.resolved = entry.version;
  remark(entry.hasHash ? "locked here" : "locked here, without a hash");
}

}  // namespace reproaudit
