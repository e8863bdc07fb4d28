#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# usage: run.sh SECONDS [READER...]: fuzzes each reader that long, from the
# fixtures and the kept corpus; a crash ends the run and leaves its input.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
build=$root/build/asan
seconds=$1
shift
[ $# -gt 0 ] || set -- $(cd "$build/bin" && ls | sed -n 's/^fuzz-//p')
for reader; do
  mkdir -p "$build/corpus/$reader" "$here/corpus/$reader"
  UBSAN_OPTIONS=print_stacktrace=1 "$build/bin/fuzz-$reader" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=4096 \
    -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/corpus/crash-$reader-" "$build/corpus/$reader" \
    "$here/corpus/$reader" "$root/fixtures/rules/deps" \
    "$root/fixtures/rules/data" "$root/fixtures/rules/build"
  echo "$reader: $seconds s without a finding"
done
