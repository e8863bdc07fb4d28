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
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

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

/// The name that \p tool ends with if it is a compiler, with or without the
/// prefix of a cross compiler; else "".
StringRef compilerIn(StringRef tool) {
  for (const StringRef name :
       {"cc", "c++", "gcc", "g++", "clang", "clang++", "nvcc", "icc", "icpc",
        "icx", "icpx", "mpicc", "mpicxx", "mpic++", "hipcc", "nvc", "nvc++"})
    if (tool == name || tool.ends_with(("-" + name).str()))
      return name;
  return {};
}

/// Drops what stands in front of the compiler: `ccache`, `distcc -j 8`,
/// `cmake -E env A=B`. The values of options are not taken for compilers.
void dropLaunchers(Arguments &arguments) {
  const auto isOption = [](StringRef argument) {
    return llvm::is_contained({"-c", "-o", "-x"}, argument) ||
           argument.starts_with("-I") || argument.starts_with("-i") ||
           argument.starts_with("-D") || argument.starts_with("-M");
  };
  for (auto it = arguments.begin();
       it != arguments.end() && (it == arguments.begin() || !isOption(*it));
       ++it)
    if (!StringRef(*it).starts_with("-") && !compilerIn(toolName(*it)).empty()) {
      arguments.erase(arguments.begin(), it);
      return;
    }
}

/// The target of a cross compiler, `aarch64-linux-gnu` of
/// `aarch64-linux-gnu-g++`; "" if \p tool compiles for this machine.
StringRef targetOf(StringRef tool) {
  StringRef prefix = tool.drop_back(compilerIn(tool).size());
  if (!prefix.consume_back("-"))
    return {};
  const llvm::Triple triple(prefix);
  const llvm::Triple here(llvm::sys::getDefaultTargetTriple());
  return triple.getArch() == llvm::Triple::UnknownArch ||
                 triple.getArch() == here.getArch()
             ? StringRef()
             : prefix;
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
      // CMake names a module map for every unit; only a build writes them.
      if (std::error_code ignored;
          file.extension() == ".modmap" && !fs::exists(file, ignored))
        continue;
      if (!isBelow(file, trusted) || !fs::is_regular_file(file)) {
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

/// What `-Xclang VALUE` is for. Much of what the frontend knows writes files, so
/// only what can change the AST is kept.
Treatment treatmentOfFrontendValue(StringRef value) {
  return llvm::StringSwitch<Treatment>(value)
      .Cases({"-load", "-plugin", "-add-plugin"}, Treatment::Refuse)
      .StartsWith("-plugin-arg-", Treatment::Refuse)
      .StartsWith("-fplugin", Treatment::Refuse)
      .StartsWith("-fmodule", Treatment::Drop)
      .StartsWith("-f", Treatment::Keep)
      .StartsWith("-D", Treatment::Keep)
      .StartsWith("-I", Treatment::Keep)
      .StartsWith("-U", Treatment::Keep)
      .StartsWith("-std=", Treatment::Keep)
      .StartsWith("-target-", Treatment::Keep)
      .Cases({"-include", "-isystem", "-internal-isystem"}, Treatment::Keep)
      .Default(Treatment::Drop);
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
  case OPT_emit_pch:
  case OPT_fmodules:
  case OPT_fthinlto_index_EQ:
  case OPT_fprofile_use:
  case OPT_fprofile_use_EQ:
  case OPT_fprofile_instr_use:
  case OPT_fprofile_instr_use_EQ:
  case OPT_fprofile_sample_use_EQ:
  case OPT_fprofile_list_EQ:
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

  Treatment ofFrontend = Treatment::Drop;
  for (const llvm::opt::Arg *argument : parsed) {
    Treatment treatment = treatmentOf(*argument);
    if (argument->getOption().matches(OPT_Xclang)) {
      // What begins without a dash belongs to the value before.
      if (StringRef(argument->getValue()).starts_with("-"))
        ofFrontend = treatmentOfFrontendValue(argument->getValue());
      treatment = ofFrontend;
    }
    llvm::opt::ArgStringList rendered;
    argument->render(parsed, rendered);
    if (argument->getOption().matches(OPT_include))
      // Not by the driver: it would take a precompiled header that lies beside.
      kept.insert(kept.end(), {"-Xclang", "-include", "-Xclang",
                               argument->getValue()});
    else if (treatment == Treatment::Keep)
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
  if (const StringRef target = targetOf(tool); !target.empty())
    base.push_back(("--target=" + target).str());
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
