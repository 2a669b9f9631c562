#!/bin/sh
# Install promtool for the tests of the office's metrics and alerting rules where we may; else say what is skipped.
command -v promtool >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing prometheus (Debian package) for the tests of the metrics ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends prometheus; } >/dev/null 2>&1 && exit 0
fi
echo 'promtool is not installed and cannot be installed here (try: sudo apt install prometheus).'
echo 'Tests marked "needs promtool" are skipped.'
exit 0
