#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the guests' root file system from Debian packages: build_image.sh FILE
#
# The packages are unpacked, not installed: their scripts want a running system, and the guest needs none of it. Kernel
# and modules are the host's own, of the package user-mode-linux; the guest mounts them.
set -euo pipefail

image=$1
size=600M
packages=(
  base-files base-passwd bash busybox-static coreutils dash grep kmod libc-bin mawk mount sed udev util-linux
  open-iscsi iproute2 sg3-utils multipath-tools
  e2fsprogs xfsprogs fio
)

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/lunway-guest.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# Debian 12's packages from where this machine has its own; on another Debian, from Debian.
mirror=()
if grep -q VERSION_CODENAME=bookworm /etc/os-release && [[ -s /etc/apt/sources.list.d/debian.sources ]]; then
  mirror=(/etc/apt/sources.list.d/debian.sources)
elif grep -q VERSION_CODENAME=bookworm /etc/os-release && [[ -s /etc/apt/sources.list ]]; then
  mirror=(/etc/apt/sources.list)
fi

# As a tar file every user can make it and take it apart; whom its files belong to does not matter in the guest.
mmdebstrap --quiet --variant=extract --format=tar --include="$(
  IFS=,
  echo "${packages[*]}"
)" \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  bookworm "$work/root.tar" "${mirror[@]}" < /dev/null
mkdir "$root"
tar -C "$root" -x --no-same-owner --exclude='./dev/*' -f "$work/root.tar"
rm "$work/root.tar"
"$here/furnish.sh" "$root"
mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1,nodiscard,root_owner=0:0 -d "$root" "$image.part" "$size"

# Whole or not at all: a run that is ended leaves no half image to boot from.
mv "$image.part" "$image"
