// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What nvcc's options mean to clang. Source of the option list: the chapter
/// "Command Option Description" of NVIDIA's nvcc manual, version 13.0.
#include "reproaudit/scan/ClangCommand.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

using llvm::StringRef;

namespace reproaudit {
namespace {

/// Options whose value follows, as its own argument or after '='.
constexpr StringRef kDroppedWithValue[] = {
    "-Xptxas",
    "--ptxas-options",
    "-Xnvlink",
    "--nvlink-options",
    "-Xfatbin",
    "--fatbin-options",
    "-Xarchive",
    "--archive-options",
    "-maxrregcount",
    "--maxrregcount",
    "-ccbin",
    "--compiler-bindir",
    "-t",
    "--threads",
    "-split-compile",
    "--split-compile",
    "-cudart",
    "--cudart",
    "-cudadevrt",
    "--cudadevrt",
    "-diag-suppress",
    "--diag-suppress",
    "-diag-error",
    "--diag-error",
    "-diag-warn",
    "--diag-warn",
    "-Werror",
    "--Werror",
    "-lib",
    "-dryrun-dir",
    "-keep-dir",
    "--keep-dir",
    "-odir",
    "--output-directory",
    "-jump-table-density",
    "--device-debug-level",
    "-default-stream",
    "--default-stream",
    "-Xlinker",
    "--linker-options",
    "-dopt",
    "--dopt",
    "-ftz",
    "--ftz",
    "-prec-div",
    "--prec-div",
    "-prec-sqrt",
    "--prec-sqrt",
    "-arch-list",
    "-code",
    "--gpu-code",
    "-MF",
    "-MT",
    "--dependency-output",
    "-Xcudafe",
    "--cudafe-options",
    "-compress-mode",
    "--compress-mode",
    "-Xnvvm",
    "--nvvm-options",
    "-rdc",
    "--relocatable-device-code",
    "-m",
    "--machine",
    "-Ofast-compile",
    "--Ofast-compile",
    "--generate-dependency-targets-with-phonies-file",
    "-err-no",
};

constexpr StringRef kDroppedFlags[] = {
    "-dc",
    "--device-c",
    "-dlink",
    "-dw",
    "-cubin",
    "-ptx",
    "-fatbin",
    "-lineinfo",
    "--generate-line-info",
    "-G",
    "--device-debug",
    "--expt-relaxed-constexpr",
    "-expt-relaxed-constexpr",
    "--keep",
    "-keep",
    "--verbose",
    "-restrict",
    "--restrict",
    "-res-usage",
    "--resource-usage",
    "-extra-device-vectorization",
    "--extra-device-vectorization",
    "-dlto",
    "-dryrun",
    "--dryrun",
    "-src-in-ptx",
    "-forward-unknown-to-host-compiler",
    "--forward-unknown-to-host-compiler",
    "-forward-unknown-opts",
    "-forward-unknown-to-host-linker",
    "-time",
    "-clean",
    "--use-local-env",
    "-MD",
    "-MMD",
    "-MP",
    "--disable-warnings",
    "--display-error-number",
    "--no-display-error-number",
    "--extra-warnings",
    "-ewp",
    "--extensible-whole-program",
    "-no-compress",
    "--no-compress",
    "-gen-opt-lto",
    "--gen-opt-lto",
};

/// The option of \p argument if it has a value: `-std=c++17` gives `-std`.
StringRef nameOf(StringRef argument) { return argument.split('=').first; }

/// "sm_90" of `-gencode arch=compute_90a,code=[sm_90a,compute_90a]`,
/// `-arch=sm_90`, `compute_90`; "" for `native`, `all`, `all-major`.
std::string architectureOf(StringRef value) {
  for (const StringRef prefix : {"sm_", "compute_", "lto_"}) {
    const size_t at = value.find(prefix);
    if (at == StringRef::npos)
      continue;
    const StringRef digits =
        value.substr(at + prefix.size()).take_while([](char c) {
          return llvm::isDigit(c);
        });
    if (!digits.empty())
      return ("sm_" + llvm::Twine(digits)).str();
  }
  return {};
}

class Translation {
public:
  explicit Translation(const std::vector<std::string> &arguments)
      : arguments_(arguments) {}

  std::vector<std::string> run() {
    for (; next_ < arguments_.size(); ++next_)
      translate(arguments_[next_]);
    if (!architecture_.empty())
      result_.push_back("--offload-arch=" + architecture_);
    return std::move(result_);
  }

private:
  void translate(StringRef argument);
  bool translateForwarded(StringRef name);
  bool translateTarget(StringRef name);

  /// The value of the current option, in the same or in the next argument.
  StringRef value() {
    const auto [name, rest] = StringRef(arguments_[next_]).split('=');
    if (StringRef(arguments_[next_]).contains('='))
      return rest;
    return next_ + 1 < arguments_.size() ? StringRef(arguments_[++next_]) : "";
  }

  const std::vector<std::string> &arguments_;
  std::size_t next_ = 0;
  std::vector<std::string> result_;
  std::string architecture_;  ///< The newest one that the unit is built for.
};

bool Translation::translateForwarded(StringRef name) {
  if (name != "-Xcompiler" && name != "--compiler-options")
    return false;
  llvm::SmallVector<StringRef> parts;
  value().split(parts, ',');
  for (const StringRef part : parts)
    result_.push_back(part.trim("\"'").str());
  return true;
}

bool Translation::translateTarget(StringRef name) {
  if (!llvm::is_contained(
          {"-gencode", "--generate-code", "-arch", "--gpu-architecture"}, name))
    return false;
  const std::string found = architectureOf(value());
  const auto number = [](StringRef architecture) {
    unsigned result = 0;
    architecture.substr(3).getAsInteger(10, result);
    return result;
  };
  if (!found.empty() &&
      (architecture_.empty() || number(found) > number(architecture_)))
    architecture_ = found;
  return true;
}

void Translation::translate(StringRef argument) {
  const StringRef name = nameOf(argument);
  if (llvm::is_contained(kDroppedFlags, argument) || translateForwarded(name) ||
      translateTarget(name))
    return;
  if (name == "-default-stream" && argument.ends_with("per-thread"))
    result_.push_back("-DCUDA_API_PER_THREAD_DEFAULT_STREAM=1");
  if (llvm::is_contained(kDroppedWithValue, name)) {
    value();
    return;
  }
  if (argument == "--use_fast_math" || argument == "-use_fast_math")
    result_.push_back("-fgpu-approx-transcendentals");
  else if (argument == "--extended-lambda" || argument == "-extended-lambda" ||
           argument == "--expt-extended-lambda" ||
           argument == "-expt-extended-lambda")
    result_.push_back("-D__CUDACC_EXTENDED_LAMBDA__=1");
  else if (name == "-fmad" || name == "--fmad")
    result_.push_back(value() == "true" ? "-ffp-contract=fast"
                                        : "-ffp-contract=off");
  else if (name == "-x" || name == "--x")
    value();  // The language is ours to say: `cu` is `cuda`.
  else if (name == "--std" || argument == "-std")
    result_.push_back("-std=" + value().str());
  else if (argument == "-isystem" || name == "--system-include")
    result_.push_back("-isystem" + value().str());
  else if (name == "--include-path")
    result_.push_back("-I" + value().str());
  else if (name == "--define-macro")
    result_.push_back("-D" + value().str());
  else if (name == "--pre-include")
    result_.insert(result_.end(), {"-include", value().str()});
  else if (name == "--options-file" || name == "-optf")
    result_.push_back("@" + value().str());
  else
    result_.push_back(argument.str());
}

}  // namespace

std::filesystem::path findCudaToolkit(const std::string &compiler) {
  namespace fs = std::filesystem;
  const auto isToolkit = [](const fs::path &path) {
    std::error_code ignored;
    return fs::exists(path / "include" / "cuda_runtime.h", ignored);
  };
  if (const fs::path own = fs::path(compiler).parent_path().parent_path();
      !own.empty() && isToolkit(own))
    return own;
  if (const char *path = std::getenv("CUDA_PATH");
      path != nullptr && isToolkit(path))
    return path;
  if (isToolkit("/usr/local/cuda"))
    return "/usr/local/cuda";
  return {};
}

std::vector<std::string>
translateNvcc(const std::vector<std::string> &arguments) {
  return Translation(arguments).run();
}

}  // namespace reproaudit
