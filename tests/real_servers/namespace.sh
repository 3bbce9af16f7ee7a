#!/bin/bash
# namespace.sh TREE FOLDER: run FOLDER/start inside TREE, in the namespaces that unshare made for us.
#
# TREE stays as it is: whatever the server writes lies above it in memory and goes when this ends. Only FOLDER
# (the tree's /lab) is shared with the test: its rendered configuration and certificates in, its logs out.
#
# We are process 1 of a namespace: when we end, the kernel kills every daemon in it, whatever it detached from.
# We end with the server, or when our standard input does: the test process holds its other end, so that a stop()
# and a test process that was killed come to the same thing.
set -euo pipefail
umask 022
tree=$1 folder=$2
chmod -R a+rX "$folder"         # daemons read it as the users that they are, and write their logs as such
chmod 1777 "$folder/log"
mkdir "$folder/root" "$folder/memory"
mount -t tmpfs tmpfs "$folder/memory"
mkdir "$folder/memory/upper" "$folder/memory/work"
mount -t overlay overlay "$folder/root" \
  -o "lowerdir=$tree,upperdir=$folder/memory/upper,workdir=$folder/memory/work"
cd "$folder/root"
mount -t proc proc proc
mount --bind "$folder" lab
cp -a /dev/null /dev/zero /dev/random /dev/urandom dev/

exec 3<&0
chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin /bin/bash -eux /lab/start 3<&- </dev/null &
cat <&3 >/dev/null &
wait -n
