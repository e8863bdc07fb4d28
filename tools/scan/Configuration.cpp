// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Configuration.h"

#include "reproaudit/analysis/Document.h"
#include "reproaudit/scan/Nearest.h"
#include "reproaudit/scan/Scan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GlobPattern.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Shape = ConfigurationKey::Shape;
using Of = ConfigurationKey::Of;

std::optional<Level> levelNamed(StringRef word) {
  for (const Level level : {Level::Note, Level::Warning, Level::Error})
    if (word == StringRef(name(level)))
      return level;
  return std::nullopt;
}

bool matches(StringRef pattern, StringRef path) {
  if (pattern.empty() || path == pattern)
    return true;
  const StringRef folder = pattern.rtrim('/');
  if (path.starts_with(folder) && path.substr(folder.size()).starts_with("/"))
    return true;
  auto glob = llvm::GlobPattern::create(pattern);
  if (glob)
    return glob->match(path);
  llvm::consumeError(glob.takeError());
  return false;
}

}  // namespace

/// Turns the tree of one file into settings, and what is wrong into sentences.
class ConfigurationReader {
public:
  ConfigurationReader(const fs::path &root, std::string path)
      : folder_((root / path).parent_path()) {
    file_.path = std::move(path);
  }

  Configuration::File read(const std::string &text) {
    const Document document = parseYaml(text);
    if (!document.error.empty())
      fault(document.errorLine, document.error);
    else if (document.root.isMap())
      readMap(document.root);
    else if (!document.root.isNull())
      fault(document.root.line, "a map of keys is expected");
    return std::move(file_);
  }

  const std::string &faults() const { return faults_; }

private:
  void fault(unsigned line, const std::string &text) {
    faults_ += llvm::formatv("{0}{1}:{2}: {3}", faults_.empty() ? "" : "\n",
                             file_.path, line, text);
  }

  /// The keys of \p map in file order; says which are not known or repeated.
  template <class Use>
  void eachKey(const Node &map, const std::vector<std::string_view> &known,
               const Use &use) {
    std::vector<StringRef> seen;
    for (const Entry &entry : map.entries) {
      if (!llvm::is_contained(known, entry.key)) {
        const std::string nearest = nearestTo(entry.key, known);
        fault(entry.line,
              llvm::formatv(
                  "there is no key '{0}'{1}", entry.key,
                  nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
      } else if (llvm::is_contained(seen, entry.key)) {
        fault(entry.line, "'" + entry.key + "' is set twice");
      } else {
        use(entry);
      }
      seen.push_back(entry.key);
    }
  }

  void readMap(const Node &map) {
    std::vector<std::string_view> known;
    for (const ConfigurationKey &key : configurationKeys())
      known.push_back(key.name);
    eachKey(map, known, [&](const Entry &entry) {
      const auto key =
          std::ranges::find(configurationKeys(), std::string_view(entry.key),
                            &ConfigurationKey::name);
      if (key->shape == Shape::Levels)
        readLevels(entry.value, "");
      else if (key->shape == Shape::Paths)
        paths_ = &entry;
      else if (key->name == "ignore")
        readIgnored(entry, "");
      else if (key->name == "inherit")
        file_.inherits = words(entry, *key) == std::vector<std::string>{"true"};
      else
        file_.settings[entry.key] = {words(entry, *key), file_.path,
                                     entry.line};
    });
    // What is said about a path is said last.
    if (paths_)
      readPaths(*paths_);
  }

  std::vector<std::string> words(const Entry &entry,
                                 const ConfigurationKey &key) {
    std::vector<std::string> words;
    const bool isList = entry.value.isList() && key.shape == Shape::Words;
    if (!entry.value.isScalar() && !isList) {
      fault(entry.line,
            llvm::formatv("'{0}' takes {1}", key.name,
                          key.shape == Shape::Words ? "a list of words"
                                                    : "one value"));
      return words;
    }
    const auto add = [&](const Node &node) {
      if (auto word = wordOf(node, key))
        words.push_back(std::move(*word));
    };
    if (entry.value.isScalar())
      add(entry.value);
    for (const Entry &item : entry.value.entries)
      add(item.value);
    return words;
  }

  std::optional<std::string> wordOf(const Node &node,
                                    const ConfigurationKey &key) {
    std::vector<std::string_view> allowed = key.allowed;
    if (key.shape == Shape::Flag)
      allowed = {"true", "false"};
    if (!node.isScalar()) {
      fault(node.line, llvm::formatv("'{0}' takes words only", key.name));
    } else if (!allowed.empty() && !llvm::is_contained(allowed, node.text)) {
      fault(node.line, llvm::formatv("'{0}' is none of: {1}", node.text,
                                     llvm::join(allowed, ", ")));
    } else if (unsigned number = 0;
               key.shape == Shape::Number &&
               StringRef(node.text).getAsInteger(10, number)) {
      fault(node.line, llvm::formatv("'{0}' takes a number", key.name));
    } else if (auto known = key.of == Of::Rule
                                ? checkRuleWord(node.text)
                                : std::expected<void, std::string>();
               !known) {
      fault(node.line, known.error());
    } else {
      return resolved(node.text, key.of);
    }
    return std::nullopt;
  }

  /// Paths count from the folder of the file.
  std::string resolved(const std::string &word, Of of) const {
    if (of == Of::Path)
      return (folder_ / word).lexically_normal().string();
    const auto [format, path] = StringRef(word).split(':');
    if (of != Of::Output || path.empty() || path == "-")
      return word;
    return format.str() + ":" +
           (folder_ / path.str()).lexically_normal().string();
  }

  void addRule(const Node &node, const std::string &word,
               std::optional<Level> level, const std::string &pattern) {
    if (const auto known = checkRuleWord(word); !known)
      fault(node.line, known.error());
    else
      file_.rules.push_back({word, level, pattern, file_.path, node.line});
  }

  void readIgnored(const Entry &entry, const std::string &pattern) {
    if (!entry.value.isList()) {
      fault(entry.line, "'ignore' takes a list of rules and families");
      return;
    }
    for (const Entry &item : entry.value.entries)
      addRule(item.value, item.value.text, std::nullopt, pattern);
  }

  void readLevels(const Node &map, const std::string &pattern) {
    if (!map.isMap()) {
      fault(map.line, "'levels' takes a map from rules to levels");
      return;
    }
    for (const Entry &entry : map.entries) {
      const auto level = levelNamed(entry.value.text);
      if (!level && entry.value.text != "off")
        fault(entry.line, llvm::formatv("'{0}' is none of: off, note, warning, "
                                        "error",
                                        entry.value.text));
      else
        addRule(entry.value, entry.key, level, pattern);
    }
  }

  void readPaths(const Entry &paths) {
    if (!paths.value.isList())
      fault(paths.line, "'paths' takes a list of maps, each with a 'path'");
    for (const Entry &item : paths.value.entries) {
      const std::string &pattern = item.value["path"].text;
      if (pattern.empty())
        fault(item.line, "an entry of 'paths' needs a 'path'");
      eachKey(item.value, {"path", "ignore", "levels"},
              [&](const Entry &entry) {
                if (entry.key == "ignore")
                  readIgnored(entry, pattern);
                else if (entry.key == "levels")
                  readLevels(entry.value, pattern);
              });
    }
  }

  fs::path folder_;
  Configuration::File file_;
  const Entry *paths_ = nullptr;
  std::string faults_;
};

std::span<const ConfigurationKey> configurationKeys() {
  static const std::vector<ConfigurationKey> kKeys = {
      {"inherit", Shape::Flag,
       "Whether the file in the folder above holds where this one says nothing "
       "(default: true)"},
      {"build-dir", Shape::Word, "Folder of compile_commands.json", Of::Path},
      {"select", Shape::Words, "Only these rules or families", Of::Rule},
      {"ignore", Shape::Words, "Not these rules or families, or `all`",
       Of::Rule},
      {"levels", Shape::Levels,
       "Level of the findings of a rule or family, or `off`"},
      {"paths", Shape::Paths,
       "What holds for some files only: `path` (a folder, a file or a pattern "
       "with * below the folder of this file) with `ignore` and `levels`"},
      {"require",
       Shape::Words,
       "How far the result must repeat; rules of other scopes are off",
       Of::Any,
       {"run", "threads", "platform", "env", "build"}},
      {"fail-on",
       Shape::Word,
       "Lowest level of a finding that makes the exit code 1",
       Of::Any,
       {"error", "warning", "note", "never"}},
      {"output", Shape::Words, "Formats, each as FORMAT or FORMAT:FILE",
       Of::Output},
      {"sarif-profile",
       Shape::Word,
       "Write SARIF as this server wants it, within its limits",
       Of::Any,
       {"github", "gitlab", "azure"}},
      {"baseline", Shape::Word,
       "Report only what this baseline does not accept", Of::Path},
      {"diff-base", Shape::Word,
       "Report only what is new since the merge base with this revision"},
      {"unit-timeout", Shape::Number,
       "Seconds that one unit may take; 0 is no limit"},
      {"unit-memory", Shape::Number,
       "Megabytes that one unit may take; 0 is no limit"},
      {"allow-incomplete", Shape::Flag,
       "Do not fail because a unit could not be analysed"},
  };
  return kKeys;
}

std::expected<Configuration, std::string>
Configuration::read(const Repository &repository) {
  Configuration configuration;
  configuration.root_ = repository.root();
  std::string faults;
  for (const std::string &path : repository.files()) {
    const fs::path relative(path);
    if (relative.filename() != kConfigurationFile)
      continue;
    std::ifstream stream(repository.root() / relative, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    ConfigurationReader reader(repository.root(), path);
    configuration.files_[relative.parent_path().generic_string()] =
        reader.read(text);
    if (!reader.faults().empty())
      faults += (faults.empty() ? "" : "\n") + reader.faults();
  }
  if (!faults.empty())
    return std::unexpected(faults);
  return configuration;
}

std::vector<const Configuration::File *>
Configuration::filesFor(const fs::path &folder) const {
  std::vector<const File *> files;
  fs::path relative = folder.lexically_relative(root_);
  if (relative == "." || relative.empty() || *relative.begin() == "..")
    relative.clear();
  for (;; relative = relative.parent_path()) {
    const auto file = files_.find(relative.generic_string());
    if (file != files_.end()) {
      files.push_back(&file->second);
      if (!file->second.inherits)
        break;
    }
    if (relative.empty())
      break;
  }
  std::ranges::reverse(files);
  return files;
}

std::map<std::string, ConfigurationValue>
Configuration::settings(const fs::path &folder) const {
  std::map<std::string, ConfigurationValue> settings;
  for (const File *file : filesFor(folder))
    for (const auto &[key, setting] : file->settings)
      settings[key] = setting;
  return settings;
}

std::vector<RuleSetting>
Configuration::ruleSettings(const fs::path &path) const {
  std::vector<RuleSetting> settings;
  for (const File *file : filesFor(path.parent_path())) {
    const std::string relative =
        path.lexically_relative((root_ / file->path).parent_path())
            .generic_string();
    llvm::copy_if(file->rules, std::back_inserter(settings),
                  [&](const RuleSetting &rule) {
                    return matches(rule.pattern, relative);
                  });
  }
  return settings;
}

}  // namespace reproaudit
