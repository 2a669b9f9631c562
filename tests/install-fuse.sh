#!/bin/sh
# Install libfuse for the tests of power cuts and failing disks where we may; else say what is skipped.
ldconfig -p 2>/dev/null | grep -q 'libfuse3\?\.so' && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing libfuse2 (Debian package) for the tests of power cuts ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfuse2; } >/dev/null 2>&1 && exit 0
fi
echo 'libfuse is not installed and cannot be installed here (try: sudo apt install libfuse2).'
echo 'Tests marked "needs FUSE" are skipped.'
exit 0
