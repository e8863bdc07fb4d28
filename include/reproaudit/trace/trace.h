// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Lets a program name values, so that `reproaudit rerun` can say which of them
/// differs first between two runs:
///
///     REPROAUDIT_TRACE("loss", &loss, 1);
///     REPROAUDIT_TRACE("weights", weights.data(), weights.size());
///
/// C11 or C++11, no library, no dependency. Off (the normal case) a trace costs
/// one load and one branch; it is on where REPROAUDIT_TRACE_FILE names a file.
///
/// One line for each call, appended with one write:
///
///     NAME FILE:LINE COUNT SIZE HASH FIRST
///
/// COUNT elements of SIZE bytes with the FNV-1a HASH; FIRST is the first element
/// in hexadecimal. Records of two runs are aligned by name, so that additional
/// ones in one run do not matter.
///
/// Layer 0: the standard library of C.
#ifndef REPROAUDIT_TRACE_TRACE_H
#define REPROAUDIT_TRACE_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Weak: one for the whole program, however many files include this. */
__attribute__((weak)) FILE *reproaudit_trace_file;
__attribute__((weak)) int reproaudit_trace_on;

__attribute__((weak, constructor)) void reproaudit_trace_start(void) {
  const char *path = getenv("REPROAUDIT_TRACE_FILE");
  if (path && !reproaudit_trace_file)
    reproaudit_trace_file = fopen(path, "a");
  reproaudit_trace_on = reproaudit_trace_file != NULL;
}

__attribute__((weak, noinline, cold)) void
reproaudit_trace_put(const char *name, const void *values, size_t count,
                     size_t size, const char *file, int line) {
  const unsigned char *bytes = (const unsigned char *)values;
  uint64_t hash = 14695981039346656037U, first = 0;
  size_t i;
  for (i = 0; i < count * size; ++i)
    hash = (hash ^ bytes[i]) * 1099511628211U;
  if (count > 0)
    memcpy(&first, values, size < sizeof first ? size : sizeof first);
  fprintf(reproaudit_trace_file, "%s %s:%d %zu %zu %016llx %llx\n", name, file,
          line, count, size, (unsigned long long)hash,
          (unsigned long long)first);
  fflush(reproaudit_trace_file);
}

#ifdef __cplusplus
}
#endif

/** Records `count` elements at `values` under `name`, a literal without blanks. */
#define REPROAUDIT_TRACE(name, values, count)                                  \
  do {                                                                         \
    if (__builtin_expect(reproaudit_trace_on, 0))                              \
      reproaudit_trace_put("" name, values, count, sizeof *(values), __FILE__, \
                           __LINE__);                                          \
  } while (0)

#endif
