# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Sourced by tools/quickstart and tools/test: what both need before they start.
# Installs what is missing, and nothing when nothing is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Paths relative to here are the same in every checkout, so ccache can share.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
jobs=$(nproc)

# step SENTENCE COMMAND...: says what happens; when it fails, that it did.
step() {
  local sentence=$1
  shift
  printf '\n-- %s\n' "$sentence" >&2
  "$@" || { printf '\n%s: "%s" failed: %s\n' "$0" "$sentence" "$*" >&2; exit 1; }
}

# Lines of tools/packages.txt: a package, and perhaps a command that does as
# well when it comes from somewhere else.
missing_packages() {
  local package command
  while read -r package command; do
    [[ -z $command ]] || ! command -v "$command" >/dev/null || continue
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done < <(grep -v '^#' tools/packages.txt)
}

as_root() {
  if [[ $EUID == 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_missing() {
  local packages
  mapfile -t packages < <(missing_packages)
  [[ ${#packages[@]} -gt 0 ]] || return 0
  [[ $EUID == 0 ]] || command -v sudo >/dev/null || {
    printf '%s: run this as root, or install: %s\n' "$0" "${packages[*]}" >&2
    exit 1
  }
  export DEBIAN_FRONTEND=noninteractive
  step "Reading the package lists" as_root apt-get update -qq
  step "Installing ${packages[*]}" as_root apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# build TARGET...: configures when needed, builds what changed.
build() {
  [[ -f build/release/build.ninja ]] || step "Configuring" cmake --preset release
  step "Building $*" cmake --build --preset release -j "$jobs" --target "$@"
}
