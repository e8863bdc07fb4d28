// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Doctor.h"

#include "ClangHome.h"

#include "reproaudit/scan/CatalogueNames.h"
#include "reproaudit/scan/ClangCommand.h"
#include "reproaudit/scan/CompileDatabase.h"
#include "reproaudit/scan/Repository.h"

#include "clang/Frontend/FrontendActions.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

#include <system_error>

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

using State = Diagnosis::State;

/// Whether our clang compiles \p code as the file \p name.
bool parses(StringRef code, StringRef name,
            const std::vector<std::string> &flags) {
  clang::IgnoringDiagConsumer silent;
  std::vector<std::string> arguments = {clangPrograms() + "/clang++"};
  llvm::append_range(arguments, flags);
  llvm::append_range(arguments,
                     std::vector<std::string>{"-fsyntax-only", name.str()});
  auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(
      llvm::vfs::getRealFileSystem());
  auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  memory->addFile(name, 0, llvm::MemoryBuffer::getMemBuffer(code));
  overlay->pushOverlay(memory);
  const auto files = llvm::makeIntrusiveRefCnt<clang::FileManager>(
      clang::FileSystemOptions(), overlay);
  clang::tooling::ToolInvocation invocation(
      arguments, std::make_unique<clang::SyntaxOnlyAction>(), files.get());
  invocation.setDiagnosticConsumer(&silent);
  return invocation.run();
}

Diagnosis compiler() {
  if (parses("#include <stddef.h>\n#include <vector>\nstd::vector<int> v;\n",
             "/reproaudit-doctor.cpp", {}))
    return {State::Good, "parser", "finds its own and the C++ library's headers"};
  return {State::Missing, "parser",
          "cannot find <stddef.h> or <vector>; install libclang-common-22-dev "
          "and libstdc++-12-dev"};
}

Diagnosis openMp() {
  if (parses("#include <omp.h>\nint n = omp_get_max_threads();\n",
             "/reproaudit-doctor.cpp", {"-fopenmp"}))
    return {State::Good, "OpenMP", "finds <omp.h>"};
  return {State::Advice, "OpenMP",
          "cannot find <omp.h>; install libomp-22-dev if the project uses it"};
}

Diagnosis git(const Repository &repository) {
  if (!repository.revision().commit.empty())
    return {State::Good, "git",
            llvm::formatv("{0} tracks the project",
                          repository.root().filename().string())};
  return {State::Advice, "git",
          "the project is not in a git repository with a commit: which "
          "revision a finding belongs to will not be recorded"};
}

/// Where the units of \p database look for headers.
std::vector<std::string> searchPaths(const CompileDatabase &database) {
  std::vector<std::string> flags;
  for (const CompileCommand &command : database.commands) {
    const auto clang = toClang(command, {});
    if (!clang || clang->sides.empty())
      continue;
    const std::vector<std::string> &arguments = clang->sides.front();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      for (const StringRef option : {"-I", "-isystem", "-idirafter"}) {
        StringRef path = arguments[i];
        if (!path.consume_front(option))
          continue;
        if (path.empty() && i + 1 < arguments.size())
          path = arguments[i + 1];
        const std::string flag =
            (option + (fs::path(command.directory) / path.str()).string()).str();
        if (!llvm::is_contained(flags, flag))
          flags.push_back(flag);
      }
  }
  return flags;
}

/// True if one of the sources of \p database includes a header of \p library.
bool isIncluded(const catalogue::Library &library,
                const CompileDatabase &database) {
  return llvm::any_of(database.commands, [&](const CompileCommand &command) {
    const auto text = llvm::MemoryBuffer::getFile(command.file);
    return text && llvm::any_of(library.headers, [&](const std::string &header) {
             return (*text)->getBuffer().contains("<" + header + ">") ||
                    (*text)->getBuffer().contains("\"" + header + "\"");
           });
  });
}

void examineLibrary(const catalogue::Library &library,
                    const std::vector<std::string> &flags,
                    std::vector<Diagnosis> &results) {
  const auto missing = undeclaredNames(library, flags);
  Diagnosis diagnosis{State::Good, "catalogue", library.name};
  if (!missing) {
    diagnosis.state = State::Advice;
    diagnosis.text += ": its headers cannot be read, so that its names are "
                      "not checked; name folders in CPATH";
  } else if (!missing->empty()) {
    diagnosis.state = State::Advice;
    diagnosis.text += ": its headers do not declare " +
                      llvm::join(*missing, ", ") +
                      "; what the catalogue says of them finds nothing";
  } else {
    diagnosis.text += llvm::formatv(": all {0} names are declared",
                                    namesOf(library).size());
  }
  results.push_back(std::move(diagnosis));
}

void examineCatalogues(const CompileDatabase &database,
                       const std::vector<fs::path> &catalogues,
                       std::vector<Diagnosis> &results) {
  const std::vector<std::string> flags = searchPaths(database);
  for (const catalogue::Library &library : catalogue::builtIn())
    if (catalogues.empty() && isIncluded(library, database))
      examineLibrary(library, flags, results);
  for (const fs::path &path : catalogues) {
    const auto text = llvm::MemoryBuffer::getFile(path.string());
    const auto libraries =
        text ? catalogue::read((*text)->getBuffer(), path.string())
             : std::unexpected(path.string() + " cannot be read");
    if (!libraries) {
      results.push_back({State::Missing, "catalogue", libraries.error()});
      continue;
    }
    for (const catalogue::Library &library : *libraries)
      examineLibrary(library, flags, results);
  }
}

void examineUnits(const CompileDatabase &database,
                  std::vector<Diagnosis> &results) {
  std::size_t lost = 0;
  std::string example;
  bool cuda = false;
  for (const CompileCommand &command : database.commands) {
    std::error_code ignored;
    cuda |= StringRef(command.file).ends_with(".cu");
    if (!fs::exists(command.file, ignored) && lost++ == 0)
      example = fs::path(command.file).filename().string();
  }
  if (lost > 0)
    results.push_back(
        {State::Missing, "sources",
         llvm::formatv("{0} of {1} files of the compile database do not exist "
                       "(the first is {2}); build the project once, or "
                       "configure it again",
                       lost, database.commands.size(), example)});
  if (!cuda)
    return;
  if (const fs::path toolkit = findCudaToolkit(""); !toolkit.empty())
    results.push_back({State::Good, "CUDA", "headers in " + toolkit.string()});
  else
    results.push_back({State::Missing, "CUDA",
                       "the project has .cu files and no toolkit is installed; "
                       "its headers are enough, no GPU is needed: install one "
                       "in /usr/local/cuda or set CUDA_PATH"});
}

/// The compile database that was found, empty if there is none.
CompileDatabase examineDatabase(const Repository &repository,
                                const fs::path &buildDirectory,
                                std::vector<Diagnosis> &results) {
  const fs::path directory = buildDirectory.empty()
                                 ? findCompileDatabase(repository.root())
                                 : buildDirectory;
  if (directory.empty()) {
    results.push_back(
        {State::Missing, "compile database",
         "none here or in build*/, cmake-build-*/ or out/; run `cmake -S . -B "
         "build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON` (other build systems: "
         "`bear -- make`)"});
    return {};
  }
  const auto database = loadCompileDatabase(directory);
  if (!database) {
    results.push_back({State::Missing, "compile database", database.error()});
    return {};
  }
  results.push_back(
      {State::Good, "compile database",
       llvm::formatv("{0} units in {1}", database->commands.size(),
                     directory.lexically_normal().string())});
  for (const Notice &notice : database->notices)
    results.push_back({State::Advice, "compile database", notice.text});
  examineUnits(*database, results);
  return *database;
}

}  // namespace

std::vector<Diagnosis> examine(const fs::path &start,
                               const fs::path &buildDirectory,
                               const std::vector<fs::path> &catalogues) {
  const Repository repository(start);
  std::vector<Diagnosis> results = {compiler(), openMp(), git(repository)};
  const CompileDatabase database =
      examineDatabase(repository, buildDirectory, results);
  examineCatalogues(database, catalogues, results);
  return results;
}

}  // namespace reproaudit
