// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DVC: pipelines with their lock, and the files that it tracks.
#include "Images.h"
#include "Pin.h"
#include "Text.h"

#include <string>
#include <utility>

namespace reproaudit {
namespace {

Dependency data(const Reading &reading, std::string name, Strength strength,
                unsigned line) {
  return reading.record(Artefact::Data, "DVC", std::move(name), {}, strength,
                        line);
}

void readPipeline(Reading &reading, const Node &root) {
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"dvc.lock"});
  for (const Entry &stage : root["stages"].entries) {
    Dependency out = data(reading, stage.key, Strength::None, stage.line);
    applyLock(out, lock);
    reading.add(std::move(out));
  }
}

bool hasHash(const Node &one) {
  for (const char *key : {"md5", "etag", "checksum", "version_id"})
    if (!one[key].isNull())
      return true;
  return false;
}

}  // namespace

void readDvc(Reading &reading) {
  const Node root = yamlOf(reading);
  if (baseName(reading.path()) == "dvc.yaml")
    return readPipeline(reading, root);
  for (const Entry &out : root["outs"].entries)
    reading.add(data(reading, out.value["path"].text,
                     hasHash(out.value) ? Strength::Content : Strength::None,
                     out.line));
  for (const Entry &dep : root["deps"].entries) {
    const Node &path = dep.value["path"];
    if (const Node &repo = dep.value["repo"]; repo.isMap())
      reading.add(data(reading, repo["url"].text,
                       isCommit(repo["rev_lock"].text) ? Strength::Content
                                                       : Strength::Mutable,
                       repo.line));
    else if (isRemote(path.text))
      reading.add(data(reading, path.text,
                       hasHash(dep.value) ? Strength::Content : Strength::None,
                       path.line));
  }
}

}  // namespace reproaudit
