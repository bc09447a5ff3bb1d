#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Configures a preset once and builds it. For sourcing; `root` is the checkout's folder.
#
#   build_preset release              everything the preset builds
#   build_preset tsan runtime_test    only these targets
#
# Silent when there is nothing to do; one moving line on a terminal; the whole log when it fails. All of it on stderr:
# stdout belongs to the program that is built. Calls at the same time wait for each other.

: "${root:?the folder of the checkout}"

build_preset() {
  local preset=$1 log="$root/build/$1.log"
  shift
  mkdir -p "$root/build"
  (
    flock 9
    [[ -e $root/build/$preset/build.ninja ]] || show_progress "configuring $preset"
    configure_once "$preset" > "$log" 2>&1 && compile "$preset" "$log" "$@"
  ) 9> "$root/build/$preset.lock" && return
  cat "$log" >&2
  echo "lunway: the $preset build failed; its log is $log" >&2
  return 1
}

configure_once() {
  [[ ! -e $root/build/$1/build.ninja ]] || return 0
  local launcher=()
  ! command -v ccache > /dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake -S "$root" --preset "$1" "${launcher[@]}"
}

compile() {
  local preset=$1 log=$2 jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)} status
  shift 2
  NINJA_STATUS='[%f/%t] ' ninja -C "$root/build/$preset" -j "$jobs" "$@" 2>&1 < /dev/null | report_progress "$log"
  status=${PIPESTATUS[0]}
  return "$status"
}

# Copies ninja's output into the log; on a terminal shows its steps as one line and wipes it at the end.
report_progress() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >> "$1"
    [[ $line != \[* ]] || show_progress "${line:0:70}"
  done
  show_progress ""
}

show_progress() { [[ ! -t 2 ]] || printf '\r\033[K%s' "$1" >&2; }
