#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts of the unpacked packages would have left behind, as far as the tests need it: furnish.sh ROOT
set -euo pipefail

root=$1
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
ln -sf mawk "$root/usr/bin/awk"
mkdir -p "$root"/{host,lib/modules,mnt,etc/multipath,etc/iscsi,var/lib/iscsi,var/tmp}
install -m 755 /dev/stdin "$root/first" << 'END'
#!/bin/bash
busybox mount -t proc proc /proc
read -r cmdline < /proc/cmdline
host=${cmdline##*guest.host=}
busybox mount -t hostfs -o "${host%% *}" none /host
exec bash /host/init
END
# These take seconds for every disk and tell the tests nothing.
(cd "$root/usr/lib/udev/rules.d" && rm -f 5*-scsi-sg3* \
  60-{autosuspend,cdrom_id,drm,evdev,fido-id,infiniband,input-id}* \
  60-{persistent-alsa,persistent-input,persistent-storage-tape,persistent-v4l,sensor,serial}* 64-* 70-* 7[358]-* 8*)
# iscsiadm starts iscsid by itself.
sed -i -e 's#^iscsid.startup *=.*#iscsid.startup = /sbin/iscsid#' \
  -e 's#^node.startup *=.*#node.startup = manual#' "$root/etc/iscsi/iscsid.conf"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/{man,doc,locale}
