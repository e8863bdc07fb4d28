// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer target: two files that a program wrote, compared by content as
// `rerun` does. The input is cut in the middle: halves that are alike take the
// comparison further than two random files.
#include "../../tools/rerun/Content.h"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char *>(data), size);
  (void)reproaudit::compareContent(bytes.substr(0, size / 2),
                                   bytes.substr(size / 2));
  (void)reproaudit::compareContent(bytes, bytes.substr(0, size / 2));
  return 0;
}
