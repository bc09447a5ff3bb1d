#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing of the package groups in tools/packages. For sourcing; `root` is the checkout's folder.
#
#   ensure_packages build test     returns 1 after one message when something is missing and cannot be installed
#
# On a machine without dpkg nothing is done: cmake then names what it does not find.

: "${root:?the folder of the checkout}"

ensure_packages() {
  command -v dpkg-query > /dev/null || return 0
  local missing
  missing=$(missing_packages "$@")
  [[ -z $missing ]] || install_packages "$missing"
}

# The packages of the named groups that are not installed, on one line.
missing_packages() {
  local group wanted=() packages package status
  declare -A installed
  for group in "$@"; do
    read -r -d '' -a packages < <(sed -n "s/^$group: *//p" "$root/tools/packages") || true
    wanted+=("${packages[@]}")
  done
  while read -r package status; do
    [[ $status != installed ]] || installed[$package]=yes
  done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2> /dev/null)
  local missing=()
  for package in "${wanted[@]}"; do
    [[ -n ${installed[$package]:-} ]] || missing+=("$package")
  done
  echo "${missing[*]}"
}

install_packages() {
  local missing as_root=() log
  read -ra missing <<< "$1"
  if [[ $(id -u) -ne 0 ]]; then
    if ! sudo_works; then
      echo "lunway: packages are missing and only root can install them. Please run:" >&2
      echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "lunway: installing ${missing[*]}" >&2
  log=$(mktemp)
  if ! without_daemons fetch_and_install "${missing[@]}" > "$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "lunway: apt-get could not install: ${missing[*]}" >&2
    return 1
  fi
  rm -f "$log"
}

# The package lists are fetched only when they do not know a package or point to one that is gone.
fetch_and_install() {
  apt_knows "$@" || apt_get update || return 1
  apt_get install --yes --no-install-recommends "$@" && return
  apt_get update && apt_get install --yes --no-install-recommends "$@"
}

apt_knows() {
  local package
  for package in "$@"; do
    apt-cache show --no-all-versions "$package" > /dev/null 2>&1 || return 1
  done
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" < /dev/null
}

# Debian starts the daemons of newly installed tgt, istgt and open-isns-server at once, open to everybody. Tests start
# their own.
without_daemons() {
  local status=0 units=()
  [[ " ${missing[*]} " == *" tgt "* ]] && units+=(tgt.service)
  [[ " ${missing[*]} " == *" istgt "* ]] && units+=(istgt.service)
  [[ " ${missing[*]} " == *" open-isns-server "* ]] && units+=(isnsd.service)
  if ((${#units[@]} == 0)) || ! systemctl show-environment > /dev/null 2>&1; then
    "$@"
    return
  fi
  "${as_root[@]}" systemctl mask --runtime "${units[@]}"
  "$@" || status=$?
  "${as_root[@]}" systemctl unmask --runtime "${units[@]}"
  "${as_root[@]}" systemctl disable "${units[@]}"
  return "$status"
}

# With a terminal sudo may ask for the password; without one it must not wait for it.
sudo_works() {
  command -v sudo > /dev/null || return 1
  if [[ -t 0 && -t 2 ]]; then sudo -v; else sudo -n true 2> /dev/null; fi
}
