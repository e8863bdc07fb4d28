// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where the program asks for what the environment of a run decides: hooks that
/// change nothing and remember the call.
#include "Perturb.h"

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <locale.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

void witness(Factor factor, const char *kind) {
  if (!enabled())
    return;
  const Inside inside;
  callSite(factor, kind);
  acknowledge(factor);
}

/// "" means the locale of the environment.
bool asksEnvironment(const char *locale) {
  return locale != nullptr && *locale == 0;
}

}  // namespace

HOOK(tm *, localtime, const time_t *when) {
  witness(Factor::Tz, "localtime");
  return REAL(localtime)(when);
}

HOOK(tm *, localtime_r, const time_t *when, tm *result) {
  witness(Factor::Tz, "localtime_r");
  return REAL(localtime_r)(when, result);
}

HOOK(time_t, mktime, tm *when) {
  witness(Factor::Tz, "mktime");
  return REAL(mktime)(when);
}

HOOK(char *, ctime, const time_t *when) {
  witness(Factor::Tz, "ctime");
  return REAL(ctime)(when);
}

HOOK(char *, setlocale, int category, const char *locale) {
  if (asksEnvironment(locale))
    witness(Factor::Locale, "setlocale");
  return REAL(setlocale)(category, locale);
}

HOOK(locale_t, newlocale, int mask, const char *locale, locale_t base) {
  if (asksEnvironment(locale))
    witness(Factor::Locale, "newlocale");
  return REAL(newlocale)(mask, locale, base);
}

// std::locale("") of libstdc++.
HOOK(locale_t, __newlocale, int mask, const char *locale, locale_t base) {
  if (asksEnvironment(locale))
    witness(Factor::Locale, "std::locale");
  return REAL(__newlocale)(mask, locale, base);
}

HOOK(char *, getcwd, char *buffer, std::size_t size) {
  witness(Factor::Cwd, "getcwd");
  return REAL(getcwd)(buffer, size);
}

HOOK(char *, get_current_dir_name, void) {
  witness(Factor::Cwd, "get_current_dir_name");
  return REAL(get_current_dir_name)();
}

HOOK(char *, realpath, const char *path, char *resolved) {
  if (path && *path != '/')
    witness(Factor::Cwd, "realpath");
  return REAL(realpath)(path, resolved);
}

HOOK(void, GOMP_parallel, void (*body)(void *), void *data, unsigned threads,
     unsigned flags) {
  witness(Factor::Threads, "GOMP_parallel");
  REAL(GOMP_parallel)(body, data, threads, flags);
}

}  // namespace reproaudit::perturb
