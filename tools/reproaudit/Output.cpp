// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Output.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

bool isStandardOutput(const Output &output) {
  return output.file.empty() || output.file == "-";
}

std::unexpected<std::string> cannotWrite(const std::string &where) {
  return std::unexpected(llvm::formatv("cannot write {0}: {1}", where,
                                       std::generic_category().message(errno))
                             .str());
}

bool writeAll(std::FILE *stream, const std::string &text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// The pipeline of Azure DevOps that we run in.
Pipeline azurePipeline() {
  const std::string id = environment("SYSTEM_DEFINITIONID");
  return {{"id", "azuredevops/pipeline/build/" +
                     environment("SYSTEM_TEAMPROJECTID") + "/" + id + "/" +
                     environment("BUILD_BUILDID")},
          {"buildDefinitionId", id},
          {"buildDefinitionName", environment("BUILD_DEFINITIONNAME")},
          {"phaseId", environment("SYSTEM_PHASEID")},
          {"phaseName", environment("SYSTEM_PHASENAME")}};
}

}  // namespace

std::expected<void, std::string> replaceFile(const std::string &path,
                                             const std::string &text) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    // A device or pipe cannot be replaced, only written.
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> device(
        std::fopen(path.c_str(), "wb"), std::fclose);
    if (!device || !writeAll(device.get(), text))
      return cannotWrite(path);
    return {};
  }
  std::string temporary = path + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0)
    return cannotWrite(path);
  std::FILE *stream = fdopen(descriptor, "wb");
  const bool written = writeAll(stream, text);
  const int reason = errno;
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor, 0666 & ~mask);
  if (std::fclose(stream) != 0 || !written ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    errno = written ? errno : reason;
    auto error = cannotWrite(path);
    std::remove(temporary.c_str());
    return error;
  }
  return {};
}

std::string describeFormats() {
  std::string text;
  for (const Format &format : formats())
    text += llvm::formatv("\n  {0}: {1}", format.name, format.summary);
  return text;
}

std::expected<std::vector<Output>, std::string>
parseOutputs(const std::vector<std::string> &words) {
  std::vector<Output> outputs;
  for (const llvm::StringRef word : words) {
    const auto [format, file] = word.split(':');
    Output output{findFormat(format), file.str()};
    if (!output.format)
      return std::unexpected(
          llvm::formatv("there is no output format '{0}'; the formats are:{1}",
                        format, describeFormats())
              .str());
    std::error_code ignored;
    const fs::path folder = fs::path(output.file).parent_path();
    if (!folder.empty() && !fs::is_directory(folder, ignored))
      return std::unexpected(
          llvm::formatv("cannot write {0}: there is no folder '{1}'",
                        output.file, folder.string())
              .str());
    if (fs::is_directory(output.file, ignored))
      return std::unexpected(
          llvm::formatv("cannot write {0}: it is a folder", output.file).str());
    outputs.push_back(std::move(output));
  }
  if (llvm::count_if(outputs, isStandardOutput) > 1)
    return std::unexpected("two formats would mix on the standard output; give "
                           "all but one a file, as in `--output sarif:FILE`");
  return outputs;
}

std::expected<void, std::string> write(const Output &output,
                                       const Report &report,
                                       const SourceTexts &texts,
                                       const Style &style) {
  const bool standard = isStandardOutput(output);
  Style own = style;
  own.colour &= standard;
  const std::string text = output.format->render(report, texts, own);
  if (!standard)
    return replaceFile(output.file, text);
  if (!writeAll(stdout, text))
    return cannotWrite("to the standard output");
  return {};
}

void addSarifProfile(CLI::App &app, Style &style) {
  app.add_option_function<std::string>(
         "--sarif-profile",
         [&style](const std::string &word) {
           style.profile = word == "github"   ? SarifProfile::GitHub
                           : word == "gitlab" ? SarifProfile::GitLab
                                              : SarifProfile::Azure;
           style.pipeline = azurePipeline();
         },
         "Write SARIF as this server wants it, within its limits")
      ->check(CLI::IsMember({"github", "gitlab", "azure"}));
}

bool useColour(const std::string &word) {
  if (word != "auto")
    return word == "always";
  const char *no = std::getenv("NO_COLOR");
  const char *force = std::getenv("CLICOLOR_FORCE");
  if (no && *no != 0)
    return false;
  return (force != nullptr && *force != 0) || isatty(STDOUT_FILENO) != 0;
}

}  // namespace reproaudit
