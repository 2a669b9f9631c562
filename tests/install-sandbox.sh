#!/bin/sh
# Install what the tests of the unit's sandbox need where we may; else say what is skipped.
command -v bwrap >/dev/null 2>&1 && command -v systemd-analyze >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing bubblewrap and systemd (Debian packages) for the tests of the sandbox ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap systemd; } >/dev/null 2>&1 && exit 0
fi
echo 'bubblewrap or systemd is not installed and cannot be installed here (try: sudo apt install bubblewrap systemd).'
echo 'Tests in the sandbox of the unit are skipped.'
exit 0
