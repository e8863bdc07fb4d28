// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Symbols.h"

#include "llvm/DebugInfo/Symbolize/Symbolize.h"

namespace reproaudit {

struct Symbols::State {
  std::filesystem::path root;
  llvm::symbolize::LLVMSymbolizer symbolizer;
};

Symbols::Symbols(std::filesystem::path root)
    : state_(std::make_unique<State>(std::move(root))) {}
Symbols::~Symbols() = default;

namespace {

/// Headers of the language and of the compiler, which is where containers and
/// clocks are called from.
bool isSystemFile(std::string_view path) {
  for (const std::string_view part :
       {"/usr/include/", "/usr/lib/", "/c++/", "/bits/", "csu/", "sysdeps/"})
    if (path.find(part) != std::string_view::npos)
      return true;
  return false;
}

/// `words[abi:cxx11]()` as it is written.
std::string withoutTags(std::string function) {
  for (std::size_t begin = 0;
       (begin = function.find("[abi:", begin)) != std::string::npos;)
    function.erase(begin, function.find(']', begin) + 1 - begin);
  return function;
}

std::string shown(const std::string &file, const std::filesystem::path &root) {
  const auto relative = std::filesystem::path(file).lexically_relative(root);
  return relative.empty() || relative.string().starts_with("..")
             ? file
             : relative.string();
}

}  // namespace

std::vector<SourcePlace> Symbols::placesOf(std::span<const Frame> stack) {
  std::vector<SourcePlace> places;
  for (const Frame &frame : stack) {
    auto inlined = state_->symbolizer.symbolizeInlinedCode(
        frame.module,
        {frame.offset, llvm::object::SectionedAddress::UndefSection});
    if (!inlined) {
      llvm::consumeError(inlined.takeError());
      continue;
    }
    for (unsigned i = 0; i < inlined->getNumberOfFrames(); ++i) {
      const llvm::DILineInfo &line = inlined->getFrame(i);
      if (line.FileName == llvm::DILineInfo::BadString || line.Line == 0 ||
          isSystemFile(line.FileName))
        continue;
      places.push_back({shown(line.FileName, state_->root), line.Line,
                        line.Column, withoutTags(line.FunctionName)});
    }
  }
  return places;
}

}  // namespace reproaudit
