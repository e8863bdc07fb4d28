// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/ClangCommand.h"

#include "ClangHome.h"

#include "clang/Options/Options.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/StringSaver.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace fs = std::filesystem;
using llvm::StringRef;
using namespace clang::options;

namespace reproaudit {
namespace {

using Arguments = std::vector<std::string>;

/// The name of \p program without folder and version: `g++` of
/// `/usr/bin/g++-12`.
StringRef toolName(StringRef program) {
  const StringRef name = program.rsplit('/').second.empty()
                             ? program
                             : program.rsplit('/').second;
  return name.rtrim("0123456789.-");
}

/// Drops `ccache`, `distcc` and their like in front of the compiler.
void dropLaunchers(Arguments &arguments) {
  constexpr StringRef kLaunchers[] = {"ccache", "sccache", "distcc", "icecc",
                                      "icerun", "buildcache", "goma", "gomacc",
                                      "rewrapper", "time", "nice", "env"};
  while (arguments.size() > 1 &&
         llvm::is_contained(kLaunchers, toolName(arguments.front())))
    arguments.erase(arguments.begin());
}

bool isBelow(const fs::path &file, const std::vector<fs::path> &folders) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  return !error && llvm::any_of(folders, [&](const fs::path &folder) {
    const fs::path relative = real.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
  });
}

/// Replaces `@file` by the arguments in it. One that lies elsewhere goes to
/// \p refused.
void expandResponseFiles(Arguments &arguments, const fs::path &directory,
                         const std::vector<fs::path> &trusted,
                         Arguments &refused) {
  constexpr int kMaximalDepth = 8;
  for (int depth = 0; depth < kMaximalDepth; ++depth) {
    Arguments expanded;
    bool found = false;
    for (std::string &argument : arguments) {
      if (!argument.starts_with('@')) {
        expanded.push_back(std::move(argument));
        continue;
      }
      const fs::path file = directory / argument.substr(1);
      if (!isBelow(file, trusted)) {
        refused.push_back(argument);
        continue;
      }
      std::ifstream stream(file, std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(stream), {});
      llvm::BumpPtrAllocator allocator;
      llvm::StringSaver saver(allocator);
      llvm::SmallVector<const char *> parts;
      llvm::cl::TokenizeGNUCommandLine(text, saver, parts);
      expanded.insert(expanded.end(), parts.begin(), parts.end());
      found = true;
    }
    arguments = std::move(expanded);
    if (!found)
      return;
  }
}

enum class Treatment : std::uint8_t { Keep, Drop, Refuse };

/// What `-Xclang VALUE` is for.
Treatment treatmentOfFrontendValue(StringRef value) {
  return llvm::StringSwitch<Treatment>(value)
      .Cases({"-load", "-plugin", "-add-plugin"}, Treatment::Refuse)
      .StartsWith("-plugin-arg-", Treatment::Refuse)
      .StartsWith("-fplugin", Treatment::Refuse)
      .Cases({"-include-pch", "-emit-pch", "-verify", "-dependency-file",
              "-emit-module", "-o"},
             Treatment::Drop)
      .StartsWith("-ftime-", Treatment::Drop)
      .Default(Treatment::Keep);
}

bool frontendValueTakesAnother(StringRef value) {
  return llvm::StringSwitch<bool>(value)
      .Cases({"-load", "-plugin", "-add-plugin", "-include-pch",
              "-dependency-file", "-o"},
             true)
      .StartsWith("-plugin-arg-", true)
      .Default(false);
}

Treatment treatmentOf(const llvm::opt::Arg &argument) {
  const llvm::opt::Option &option = argument.getOption();
  // Warnings, dependency files and debug information do not change the AST.
  for (const unsigned group : {OPT_M_Group, OPT_g_Group, OPT_W_Group,
                               OPT_Link_Group, OPT_T_Group})
    if (option.matches(group))
      return Treatment::Drop;
  switch (option.getUnaliasedOption().getID()) {
  case OPT_fplugin_EQ:
  case OPT_fpass_plugin_EQ:
  case OPT_fplugin_arg:
  case OPT_B:
  case OPT_config:
  case OPT_specs:
  case OPT_specs_EQ:
    return Treatment::Refuse;
  case OPT_UNKNOWN:
  case OPT_INPUT:
  case OPT_o:
  case OPT_c:
  case OPT_S:
  case OPT_E:
  case OPT_fsyntax_only:
  case OPT_emit_llvm:
  case OPT_save_temps_EQ:
  case OPT_ftime_trace:
  case OPT_ftime_trace_EQ:
  case OPT_include_pch:
  case OPT_fcrash_diagnostics_dir:
  case OPT_gen_reproducer_eq:
  case OPT_fmodules_cache_path:
  case OPT_fmodule_output_EQ:
  case OPT__serialize_diags:
  case OPT_fdiagnostics_format_EQ:
  case OPT_fdiagnostics_color_EQ:
  case OPT_fcolor_diagnostics:
  case OPT_Xassembler:
  case OPT_Wa_COMMA:
  case OPT_Wl_COMMA:
  case OPT_Xlinker:
  case OPT_Xpreprocessor:
  case OPT_Wp_COMMA:
  case OPT_pipe:
  case OPT_offload_host_only:
  case OPT_offload_device_only:
    return Treatment::Drop;
  default:
    return Treatment::Keep;
  }
}

/// Appends what clang needs of \p arguments to \p kept.
void keepWhatMatters(const Arguments &arguments, Arguments &kept,
                     Arguments &refused) {
  llvm::SmallVector<const char *> raw;
  for (const std::string &argument : arguments)
    raw.push_back(argument.c_str());
  unsigned missingIndex = 0;
  unsigned missingCount = 0;
  const llvm::opt::InputArgList parsed =
      clang::getDriverOptTable().ParseArgs(
          raw, missingIndex, missingCount,
          llvm::opt::Visibility(ClangOption));

  const llvm::SmallVector<llvm::opt::Arg *> list(parsed.begin(), parsed.end());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const llvm::opt::Arg &argument = *list[i];
    const bool isFrontend =
        argument.getOption().getUnaliasedOption().getID() == OPT_Xclang;
    const Treatment treatment =
        isFrontend ? treatmentOfFrontendValue(argument.getValue())
                   : treatmentOf(argument);
    llvm::opt::ArgStringList rendered;
    argument.render(parsed, rendered);
    const bool hasMore = isFrontend && i + 1 < list.size() &&
                         treatment != Treatment::Keep &&
                         frontendValueTakesAnother(argument.getValue());
    if (hasMore)
      list[++i]->render(parsed, rendered);
    if (treatment == Treatment::Keep)
      kept.insert(kept.end(), rendered.begin(), rendered.end());
    else if (treatment == Treatment::Refuse)
      refused.push_back(
          llvm::join(rendered.begin(), rendered.end(), " "));
  }
}

bool isCuda(const CompileCommand &command, StringRef compiler) {
  if (compiler == "nvcc" || StringRef(command.file).ends_with(".cu"))
    return true;
  for (std::size_t i = 1; i < command.arguments.size(); ++i) {
    const StringRef argument = command.arguments[i];
    const StringRef language =
        argument == "-x" && i + 1 < command.arguments.size()
            ? StringRef(command.arguments[i + 1])
            : argument.substr(2);
    if (argument.starts_with("-x") &&
        (language == "cuda" || language == "cu"))
      return true;
  }
  return false;
}

bool hasPrefix(const Arguments &arguments, StringRef prefix) {
  return llvm::any_of(arguments, [&](StringRef argument) {
    return argument.starts_with(prefix);
  });
}

/// Newer architectures than the parser's headers know cost nothing but an
/// error, so they are read as the newest that it knows.
void clampArchitecture(Arguments &kept) {
  constexpr unsigned kNewest = 90;
  constexpr StringRef kOption = "--offload-arch=sm_";
  for (std::string &argument : kept) {
    unsigned number = 0;
    if (StringRef(argument).starts_with(kOption) &&
        !StringRef(argument).substr(kOption.size()).getAsInteger(10, number) &&
        number > kNewest)
      argument = (kOption + llvm::Twine(kNewest)).str();
  }
}

/// Makes clang 22 read the headers of CUDA 13, which it does not know: they
/// moved CCCL, and an unknown version would be taken for an ancient one.
std::expected<void, std::string> addCuda(Arguments &kept,
                                         const std::string &compiler) {
  if (!hasPrefix(kept, "--cuda-path=") && !hasPrefix(kept, "-nocudainc")) {
    const fs::path toolkit = findCudaToolkit(compiler);
    if (toolkit.empty())
      return std::unexpected(
          "no CUDA toolkit is installed here; install one (the headers are "
          "enough, no GPU is needed) in /usr/local/cuda or set CUDA_PATH");
    kept.push_back("--cuda-path=" + toolkit.string());
    if (fs::exists(toolkit / "include" / "cccl"))
      kept.push_back("-isystem" + (toolkit / "include" / "cccl").string());
  }
  if (!hasPrefix(kept, "-target-sdk-version="))
    kept.insert(kept.end(), {"-Xclang", "-target-sdk-version=12.9"});
  if (!hasPrefix(kept, "--offload-arch=") &&
      !hasPrefix(kept, "--cuda-gpu-arch="))
    kept.push_back("--offload-arch=sm_90");
  clampArchitecture(kept);
  kept.insert(kept.end(), {"-nocudalib", "-Wno-unknown-cuda-version"});
  return {};
}

}  // namespace

std::expected<ClangCommand, std::string>
toClang(const CompileCommand &command, const std::vector<fs::path> &trusted) {
  Arguments arguments = command.arguments;
  dropLaunchers(arguments);
  const std::string compiler = arguments.front();
  const StringRef tool = toolName(compiler);
  arguments.erase(arguments.begin());

  ClangCommand result;
  if (tool == "nvcc")
    arguments = translateNvcc(arguments);
  expandResponseFiles(arguments, command.directory, trusted, result.refused);

  const bool cuda = isCuda(command, tool);
  const bool isCxx = tool.ends_with("++") || tool == "nvcc";
  Arguments base = {clangPrograms() +
                    (isCxx ? "/clang++" : "/clang")};
  keepWhatMatters(arguments, base, result.refused);
  if (cuda)
    if (auto added = addCuda(base, compiler); !added)
      return std::unexpected(added.error());
  base.insert(base.end(), {"-w", "-fsyntax-only", "-ferror-limit=0"});

  const auto addSide = [&](const Arguments &extra) {
    Arguments side = base;
    side.insert(side.end(), extra.begin(), extra.end());
    side.insert(side.end(), {"--", command.file});
    result.sides.push_back(std::move(side));
  };
  if (cuda && !hasPrefix(base, "-x"))
    base.push_back("-xcuda");
  if (!cuda)
    addSide({});
  else
    for (const char *side : {"--offload-host-only", "--offload-device-only"})
      addSide({side});
  return result;
}

}  // namespace reproaudit
