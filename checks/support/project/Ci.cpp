// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CI services beside GitHub: GitLab, CircleCI, Azure and smaller ones.
#include "Commands.h"
#include "Images.h"
#include "Pin.h"
#include "Shell.h"
#include "Text.h"

#include <algorithm>
#include <span>
#include <string>

namespace reproaudit {
namespace {

void addAction(Reading &reading, std::string_view ecosystem,
               std::string_view name, std::string_view ref, unsigned line) {
  reading.add({.artefact = Artefact::Action,
               .ecosystem = std::string(ecosystem),
               .name = std::string(name),
               .declared = std::string(ref),
               .resolved = std::string(ref),
               .strength = actionStrength(ref),
               .at = reading.at(line),
               .evidence = {},
               .advisory = !isResolved(ref),
               .group = {}});
}

void gitLabJob(Reading &reading, const Node &job) {
  const Node &image = job["image"];
  const Node &name = image.isMap() ? image["name"] : image;
  if (name.isScalar())
    addImage(reading, "GitLab CI", name.text, name.line);
  for (const Entry &service : job["services"].entries) {
    const Node &one =
        service.value.isMap() ? service.value["name"] : service.value;
    if (one.isScalar())
      addImage(reading, "GitLab CI", one.text, one.line);
  }
  ShellMachine machine;
  for (const char *part : {"before_script", "script", "after_script"})
    readScript(reading, job[part], machine);
  finishScripts(reading, machine, false);
}

void gitLabInclude(Reading &reading, const Node &include) {
  if (include.isList()) {
    for (const Entry &item : include.entries)
      gitLabInclude(reading, item.value);
    return;
  }
  const Node &project = include["project"];
  if (project.isScalar())
    addAction(reading, "GitLab include", project.text, include["ref"].text,
              project.line);
  if (const Node &remote = include["remote"]; isRemote(remote.text))
    reading.add({.artefact = Artefact::Download,
                 .ecosystem = "GitLab include",
                 .name = remote.text,
                 .declared = remote.text,
                 .resolved = remote.text,
                 .strength = isChecksum(include["integrity"].text)
                                 ? Strength::Content
                                 : urlStrength(remote.text),
                 .at = reading.at(remote.line),
                 .evidence = {},
                 .executed = true,
                 .group = {}});
  const Node &component = include["component"];
  if (const std::size_t at = component.text.find('@'); at != std::string::npos)
    addAction(reading, "GitLab component", component.text.substr(0, at),
              component.text.substr(at + 1), component.line);
}

/// Every `run` of CircleCI, every script of Azure, wherever it is nested.
void readNestedScripts(Reading &reading, const Node &node,
                       std::span<const std::string_view> keys,
                       ShellMachine &machine) {
  for (const Entry &entry : node.entries) {
    const Node &value = entry.value;
    if (std::ranges::find(keys, entry.key) != keys.end()) {
      const Node &script = value.isMap() ? value["command"] : value;
      readScript(reading, script, machine);
    } else {
      readNestedScripts(reading, value, keys, machine);
    }
  }
}

/// Every `vmImage: ubuntu-latest` and every `container: image` of a job.
void readAzureJobs(Reading &reading, const Node &node) {
  for (const Entry &entry : node.entries) {
    const Node &image =
        entry.value.isMap() ? entry.value["image"] : entry.value;
    if (entry.key == "vmImage")
      addRunner(reading, entry.value);
    else if (entry.key == "container" && contains(image.text, ":"))
      addImage(reading, "Azure", image.text, image.line);
    else
      readAzureJobs(reading, entry.value);
  }
}

/// The steps `pwsh` and `powershell` of Azure.
void readPowerShell(Reading &reading, const Node &node) {
  for (const Entry &entry : node.entries) {
    const Node &script = entry.value;
    if (entry.key != "pwsh" && entry.key != "powershell")
      readPowerShell(reading, script);
    else if (script.isScalar())
      readCommands(reading,
                   simpleCommands(script.text, script.isBlock ? script.line + 1
                                                              : script.line),
                   false);
  }
}

void readDockerLists(Reading &reading, const Node &node) {
  for (const Entry &entry : node.entries) {
    if (entry.key == "docker" && entry.value.isList()) {
      for (const Entry &item : entry.value.entries)
        if (const Node &image = item.value["image"]; image.isScalar())
          addImage(reading, "CircleCI", image.text, image.line);
    } else if (entry.key == "machine" && entry.value["image"].isScalar()) {
      addImage(reading, "CircleCI machine", entry.value["image"].text,
               entry.value["image"].line);
    } else {
      readDockerLists(reading, entry.value);
    }
  }
}

}  // namespace

void readGitLabCi(Reading &reading) {
  const Node root = yamlOf(reading);
  gitLabInclude(reading, root["include"]);
  gitLabJob(reading, root);
  for (const Entry &job : root.entries)
    if (job.value.isMap())
      gitLabJob(reading, job.value);
}

void readCircleCi(Reading &reading) {
  const Node root = yamlOf(reading);
  for (const Entry &orb : root["orbs"].entries)
    if (const std::size_t at = orb.value.text.find('@');
        at != std::string::npos)
      addAction(reading, "CircleCI orb", orb.value.text.substr(0, at),
                orb.value.text.substr(at + 1), orb.value.line);
  readDockerLists(reading, root);
  ShellMachine machine;
  static constexpr std::string_view kKeys[] = {"run"};
  readNestedScripts(reading, root, kKeys, machine);
  finishScripts(reading, machine, false);
}

void readAzurePipeline(Reading &reading) {
  const Node root = yamlOf(reading);
  for (const Entry &item : root["resources"]["repositories"].entries)
    if (const Node &name = item.value["name"]; name.isScalar()) {
      const std::string ref = item.value["ref"].text;
      addAction(reading, "Azure repository", name.text,
                ref.starts_with("refs/tags/") ? ref.substr(10) : ref,
                name.line);
    }
  for (const Entry &item : root["resources"]["containers"].entries)
    if (const Node &image = item.value["image"]; image.isScalar())
      addImage(reading, "Azure", image.text, image.line);
  readAzureJobs(reading, root);
  ShellMachine machine;
  static constexpr std::string_view kKeys[] = {"script", "bash"};
  readNestedScripts(reading, root, kKeys, machine);
  readPowerShell(reading, root);
  finishScripts(reading, machine, false);
}

/// Travis, AppVeyor, Bitbucket, Drone and their like: images and scripts under
/// names that are much alike.
void readOtherCi(Reading &reading) {
  const Node root = yamlOf(reading);
  readImages(reading, "CI", root);
  ShellMachine machine;
  static constexpr std::string_view kKeys[] = {
      "before_install", "install",      "before_script", "script",
      "after_success",  "build_script", "before_build",  "test_script",
      "deploy_script",  "commands",     "setup_script",  "install_script"};
  readNestedScripts(reading, root, kKeys, machine);
  finishScripts(reading, machine, false);
}

}  // namespace reproaudit
