// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer target of the reader REPROAUDIT_READER: the input is the text of a
// file called REPROAUDIT_PATH. Nothing is read from the disk.
#include "Readers.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace reproaudit {
namespace {

[[maybe_unused]] void read(Reader reader, const Project &project,
                           Inventory &out) {
  Reading reading(project, REPROAUDIT_PATH, out);
  reader(reading);
}

[[maybe_unused]] void read(void (*reader)(const Project &, Inventory &),
                           const Project &project, Inventory &out) {
  reader(project, out);
}

}  // namespace
}  // namespace reproaudit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  const reproaudit::Project project("/nonexistent", {REPROAUDIT_PATH}, {},
                                    {{REPROAUDIT_PATH, text}});
  reproaudit::Inventory out;
  reproaudit::read(reproaudit::REPROAUDIT_READER, project, out);
  return 0;
}
