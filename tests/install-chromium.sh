#!/bin/sh
# Install Chromium for the tests of pages where we may; else say what is skipped.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing chromium (Debian package) for the tests of pages ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 && exit 0
fi
echo 'Chromium is not installed and cannot be installed here (try: sudo apt install chromium).'
echo 'Tests marked "needs chromium" are skipped.'
exit 0
