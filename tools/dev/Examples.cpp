// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dev.h"

#include "reproaudit/analysis/Rule.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using llvm::StringRef;

namespace reproaudit::dev {
namespace {

StringRef fileName(const RuleInfo &info) {
  switch (info.language) {
  case Language::Cxx:
    return "example.cpp";
  case Language::Cuda:
    return "example.cu";
  case Language::Text:
    return info.exampleFile;
  }
  llvm_unreachable("covered switch");
}

}  // namespace

int examples(StringRef folder) {
  bool ok = true;
  llvm::json::Array list;
  for (const Rule *rule : allRules()) {
    const RuleInfo &info = *rule->info;
    for (const bool isBad : {true, false}) {
      const std::string path =
          llvm::formatv("{0}/{1}.{2}/{3}", folder, info.name,
                        isBad ? "bad" : "good", fileName(info));
      const StringRef code = isBad ? info.bad : info.good;
      ok &= write(path, code.trim('\n').str() + "\n");
      list.push_back(
          llvm::json::Object{{"rule", StringRef(info.name)},
                             {"isBad", isBad},
                             {"isPedantic", info.tier == Tier::Pedantic},
                             {"isLinked", rule->link != nullptr},
                             {"isSource", info.language != Language::Text},
                             {"path", path},
                             {"flags", StringRef(info.flags)}});
    }
  }
  llvm::outs() << llvm::json::Value(std::move(list)) << "\n";
  return ok ? 0 : 1;
}

}  // namespace reproaudit::dev
