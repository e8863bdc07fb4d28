// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Who runs the program: environment variables and the user's entry in the
/// password file.
#include "Perturb.h"

#include <cstdlib>
#include <cstring>
#include <pwd.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

/// Variables that configure libraries and tools; a program that reads them
/// does what its user asked for.
bool isConfiguration(const char *variable) {
  constexpr const char *kPrefixes[] = {
      "OMP_",    "GOMP_",    "KMP_",        "MKL_",  "OPENBLAS_",
      "BLIS_",   "CUDA_",    "LD_",         "LC_",   "GLIBC_",
      "MALLOC_", "LANG",     "TZ",          "PATH",  "NCCL_",
      "TORCH_",  "PYTORCH_", "REPROAUDIT_", "ASAN_", "UBSAN_"};
  for (const char *prefix : kPrefixes)
    if (std::strncmp(variable, prefix, std::strlen(prefix)) == 0)
      return true;
  return false;
}

/// Variables that say who runs the program, and not what it is to do.
bool isIdentity(const char *variable) {
  constexpr const char *kNames[] = {"USER",     "LOGNAME", "USERNAME", "HOME",
                                    "HOSTNAME", "SHELL",   "MAIL",     "TERM"};
  for (const char *known : kNames)
    if (std::strcmp(variable, known) == 0)
      return true;
  return false;
}

char *variable(const char *name, char *value) {
  if (!enabled() || !name || isConfiguration(name))
    return value;
  const Inside inside;
  const Site site = callSite(Factor::Env, "getenv", name);
  if (!config().pinned || !site.inProgram || !perturbs(Factor::Env, site))
    return value;
  static char perturbed[] = "reproaudit";
  return value && !isIdentity(name) ? value : perturbed;
}

}  // namespace

HOOK(char *, getenv, const char *name) {
  return variable(name, REAL(getenv)(name));
}

HOOK(char *, secure_getenv, const char *name) {
  return variable(name, REAL(secure_getenv)(name));
}

// -- Password file -----------------------------------------------------------

namespace {

char perturbedName[] = "reproaudit";
char perturbedHome[] = "/home/reproaudit";

/// Whether the user is to be somebody else.
bool isSomebodyElse(const char *kind) {
  if (!enabled())
    return false;
  const Inside inside;
  const Site site = callSite(Factor::Env, kind);
  return config().pinned && site.inProgram && perturbs(Factor::Env, site);
}

}  // namespace

HOOK(passwd *, getpwuid, uid_t user) {
  passwd *entry = REAL(getpwuid)(user);
  if (!entry || !isSomebodyElse("getpwuid"))
    return entry;
  static passwd changed;
  changed = *entry;
  changed.pw_name = changed.pw_gecos = perturbedName;
  changed.pw_dir = perturbedHome;
  return &changed;
}

HOOK(char *, getlogin, void) {
  return isSomebodyElse("getlogin") ? perturbedName : REAL(getlogin)();
}

}  // namespace reproaudit::perturb
