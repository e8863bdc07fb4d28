// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that name container images and little else: compose, devcontainers,
// Kubernetes, MLproject.
#include "Images.h"

#include "Commands.h"
#include "Pin.h"
#include "Text.h"

#include <utility>

namespace reproaudit {
namespace {

Node checked(Reading &reading, Document document) {
  if (!document.error.empty())
    reading.partly(document.errorLine, std::move(document.error));
  return std::move(document.root);
}

}  // namespace

Node yamlOf(Reading &reading) {
  return checked(reading, parseYaml(reading.text()));
}
Node jsonOf(Reading &reading) {
  return checked(reading, parseJson(reading.text()));
}
Node tomlOf(Reading &reading) {
  return checked(reading, parseToml(reading.text()));
}

void addImage(Reading &reading, std::string_view ecosystem,
              std::string_view text, unsigned line, const Lock &lock) {
  text = trim(text);
  if (text.starts_with("docker://"))
    text.remove_prefix(9);
  if (text.empty() || text == "null" || text == "scratch")
    return;
  Dependency out{.artefact = Artefact::Image,
                 .ecosystem = std::string(ecosystem),
                 .name = imageName(text).name,
                 .declared = std::string(text),
                 .resolved = std::string(text),
                 .strength = imageStrength(text),
                 .at = reading.at(line),
                 .evidence = {},
                 .advisory = !isResolved(text),
                 .group = {}};
  applyLock(out, lock, text);
  reading.add(std::move(out));
}

void addRunner(Reading &reading, const Node &runner) {
  if (!runner.isScalar() || !runner.text.ends_with("-latest"))
    return;
  reading.add({.artefact = Artefact::Image,
               .ecosystem = "runner",
               .name = runner.text,
               .declared = runner.text,
               .resolved = runner.text,
               .strength = Strength::Mutable,
               .at = reading.at(runner.line),
               .evidence = {},
               .advisory = true,
               .group = {}});
}

void readScript(Reading &reading, const Node &script, ShellMachine &machine) {
  if (script.isList()) {
    for (const Entry &line : script.entries)
      readScript(reading, line.value, machine);
    return;
  }
  if (!script.isScalar())
    return;
  machine.run(script.text, script.isBlock ? script.line + 1 : script.line);
  readHubUrls(reading, script.text,
              script.isBlock ? script.line + 1 : script.line);
}

void finishScripts(Reading &reading, ShellMachine &machine, bool buildsImage) {
  machine.finish();
  readCommands(reading, machine.commands(), buildsImage);
}

void readImages(Reading &reading, std::string_view ecosystem,
                const Node &node) {
  for (const Entry &entry : node.entries) {
    const Node &value = entry.value;
    if (entry.key == "image" && value.isScalar()) {
      addImage(reading, ecosystem, value.text, value.line);
    } else if (entry.key == "image" && value["repository"].isScalar()) {
      const Node &tag = value["tag"];
      if (!value["repository"].text.empty())
        addImage(reading, ecosystem,
                 value["repository"].text +
                     (tag.text.empty() ? "" : ":" + tag.text),
                 tag.isScalar() ? tag.line : value.line);
    } else {
      readImages(reading, ecosystem, value);
    }
  }
}

void readCompose(Reading &reading) {
  const Node root = yamlOf(reading);
  for (const Entry &service : root["services"].entries) {
    const Node &image = service.value["image"];
    // Beside `build`, the image is the name that the result gets.
    if (image.isScalar() && service.value["build"].isNull())
      addImage(reading, "compose", image.text, image.line);
  }
}

void readDevcontainer(Reading &reading) {
  const Node root = jsonOf(reading);
  const Node &image = root["image"];
  if (image.isScalar())
    addImage(reading, "devcontainer", image.text, image.line);
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()),
             {"devcontainer-lock.json", ".devcontainer-lock.json"});
  for (const Entry &feature : root["features"].entries)
    if (!feature.key.starts_with("./"))
      addImage(reading, "devcontainer feature", feature.key, feature.line,
               lock);
}

void readKubernetes(Reading &reading) {
  readImages(reading, "Kubernetes", yamlOf(reading));
}

void readMlProject(Reading &reading) {
  const Node root = yamlOf(reading);
  readImages(reading, "MLproject", root["docker_env"]);
}

}  // namespace reproaudit
