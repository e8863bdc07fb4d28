// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GitHub workflows and composite actions.
#include "Commands.h"
#include "Images.h"
#include "Pin.h"
#include "Text.h"

#include <span>
#include <string>
#include <vector>

namespace reproaudit {
namespace {

struct Value {
  std::string text;
  unsigned line = 0;
};

/// Follows the dotted \p path from \p node; list items are all followed.
void follow(const Node &node, std::span<const std::string_view> path,
            std::vector<Value> &out) {
  if (node.isList()) {
    for (const Entry &item : node.entries)
      follow(item.value, path, out);
  } else if (path.empty()) {
    if (node.isScalar() || node.isNull())
      out.push_back({node.text, node.line});
  } else if (const Node &next = node[path.front()]; !next.isNull()) {
    follow(next, path.subspan(1), out);
  }
}

class WorkflowReader {
public:
  explicit WorkflowReader(Reading &reading)
      : reading_(reading), root_(yamlOf(reading)) {}

  void read() {
    for (const Entry &job : root_["jobs"].entries)
      readJob(job.value);
    if (root_["runs"].isMap())
      readAction(root_["runs"]);
  }

private:
  void readAction(const Node &runs) {
    if (runs["using"].text == "docker" &&
        runs["image"].text.starts_with("docker://"))
      addImage(reading_, "action", runs["image"].text, runs["image"].line);
    readSteps(runs["steps"], runs);
  }

  void readJob(const Node &job) {
    job_ = &job;
    if (job["uses"].isScalar())
      readUses(job["uses"], job);
    readContainer(job["container"]);
    for (const Entry &service : job["services"].entries)
      readContainer(service.value);
    addRunner(reading_, job["runs-on"]);
    readSteps(job["steps"], job);
    job_ = nullptr;
  }

  void readContainer(const Node &container) {
    const Node &image = container.isMap() ? container["image"] : container;
    if (!image.isScalar())
      return;
    for (const Value &value : expanded(image))
      addImage(reading_, "workflow", value.text, value.line);
  }

  void readSteps(const Node &steps, const Node &job) {
    ShellMachine machine;
    setVariables(machine, root_["env"]);
    setVariables(machine, job["env"]);
    for (const Entry &entry : steps.entries) {
      const Node &step = entry.value;
      if (step["uses"].isScalar())
        readUses(step["uses"], step);
      if (step["run"].isScalar())
        readRun(step, job, machine);
    }
    finishScripts(reading_, machine, false);
  }

  static void setVariables(ShellMachine &machine, const Node &env) {
    for (const Entry &entry : env.entries)
      if (isResolved(entry.value.text))
        machine.set(entry.key, entry.value.text);
  }

  bool isWindowsShell(const Node &step, const Node &job) const {
    for (const Node *node : {&step["shell"], &job["defaults"]["run"]["shell"],
                             &root_["defaults"]["run"]["shell"]})
      if (node->isScalar())
        return node->text == "cmd" || contains(node->text, "pwsh") ||
               contains(node->text, "powershell");
    return job["runs-on"].text.starts_with("windows");
  }

  void readRun(const Node &step, const Node &job, ShellMachine &machine) {
    Node script = step["run"];
    script.text = withoutExpressions(script.text, machine);
    if (isWindowsShell(step, job)) {
      const unsigned line = script.isBlock ? script.line + 1 : script.line;
      readCommands(reading_, simpleCommands(script.text, line), false);
      return;
    }
    setVariables(machine, step["env"]);
    machine.enter(step["working-directory"].text);
    readScript(reading_, script, machine);
  }

  /// `${{ matrix.x }}` as the shell variable `${matrix_x}`, set if its value
  /// is known.
  std::string withoutExpressions(const std::string &text,
                                 ShellMachine &machine) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = text.find("${{", at);
      const std::size_t end =
          begin == std::string::npos ? begin : text.find("}}", begin);
      if (end == std::string::npos)
        return out + text.substr(at);
      const std::string_view expression =
          trim(std::string_view(text).substr(begin + 3, end - begin - 3));
      std::string name;
      for (const char c : expression)
        name +=
            (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                ? c
                : '_';
      const std::vector<Value> values = valuesOf(expression, 0);
      if (values.size() == 1)
        machine.set(name, values.front().text);
      out += text.substr(at, begin - at) + "${" + name + "}";
      at = end + 2;
    }
    return out;
  }

  /// What the expression `matrix.a.b`, `env.X` or `inputs.x` can be.
  std::vector<Value> valuesOf(std::string_view expression,
                              unsigned line) const {
    std::vector<Value> out;
    std::vector<std::string_view> path = split(expression, '.');
    const std::string_view first = path.front();
    path.erase(path.begin());
    if (path.empty())
      return out;
    if (first == "matrix" && job_) {
      const Node &matrix = (*job_)["strategy"]["matrix"];
      follow(matrix, path, out);
      follow(matrix["include"], path, out);
    } else if (first == "env") {
      if (job_)
        follow((*job_)["env"], path, out);
      if (out.empty())
        follow(root_["env"], path, out);
    } else if (first == "inputs") {
      for (const char *trigger : {"workflow_call", "workflow_dispatch"})
        if (out.empty())
          follow(root_["on"][trigger]["inputs"][path[0]]["default"], {}, out);
      if (out.empty() && !root_["inputs"][path[0]]["default"].isNull())
        follow(root_["inputs"][path[0]]["default"], {}, out);
    }
    std::erase_if(
        out, [](const Value &value) { return contains(value.text, "${{"); });
    if (line != 0)
      for (Value &value : out)
        value.line = line;
    return out;
  }

  /// \p node with its first expression replaced by everything it can be. A
  /// text that is nothing but the expression is judged where the value is.
  std::vector<Value> expanded(const Node &node) const {
    const std::string &text = node.text;
    const std::size_t begin = text.find("${{");
    const std::size_t end = text.find("}}", begin);
    if (begin == std::string::npos || end == std::string::npos)
      return {{text, node.line}};
    std::string_view inside =
        trim(std::string_view(text).substr(begin + 3, end - begin - 3));
    inside = trim(inside.substr(0, inside.find("||")));
    const bool isAll = begin == 0 && end + 2 == text.size();
    std::vector<Value> out = valuesOf(inside, isAll ? 0 : node.line);
    if (out.empty())
      return {{text, node.line}};
    for (Value &value : out)
      value.text = text.substr(0, begin) + value.text + text.substr(end + 2);
    return out;
  }

  void readUses(const Node &uses, const Node &step) {
    const std::string_view text = trim(uses.text);
    if (text.starts_with("./") || text.starts_with("../") || text.empty())
      return;
    if (text.starts_with("docker://")) {
      addImage(reading_, "workflow", text, uses.line);
      return;
    }
    const std::size_t at = text.find('@');
    const std::string ref(at == std::string_view::npos ? ""
                                                       : text.substr(at + 1));
    const std::string name(text.substr(0, at));
    const Node &with = step["with"];
    if (name == "actions/checkout" && with["repository"].isScalar())
      readCheckout(with);
    reading_.add({.artefact = Artefact::Action,
                  .ecosystem = "GitHub action",
                  .name = name,
                  .declared = ref,
                  .resolved = ref,
                  .strength = actionStrength(ref),
                  .at = reading_.at(uses.line),
                  .evidence = {},
                  .advisory = !isResolved(text),
                  .group = {}});
  }

  /// The sources of another repository.
  void readCheckout(const Node &with) {
    const Node &repository = with["repository"];
    if (!isResolved(repository.text))
      return;
    const Node &ref = with["ref"];
    const std::vector<Value> values = expanded(ref);
    for (const Value &value : values)
      reading_.add(
          {.artefact = Artefact::Source,
           .ecosystem = "actions/checkout",
           .name = repository.text,
           .declared = ref.text,
           .resolved = value.text,
           .strength = gitStrength(value.text),
           .at = reading_.at(ref.isNull() ? repository.line : ref.line),
           .evidence = {},
           .advisory = !isResolved(value.text),
           .group = {},
           .origin = "github.com/" + repository.text});
  }

  Reading &reading_;
  Node root_;
  const Node *job_ = nullptr;
};

}  // namespace

void readGitHubWorkflow(Reading &reading) { WorkflowReader(reading).read(); }

}  // namespace reproaudit
