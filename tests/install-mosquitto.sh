#!/bin/sh
# Install the mosquitto broker for the integration tests where we may; else say what is skipped.
command -v mosquitto >/dev/null 2>&1 && exit 0
[ -x /usr/sbin/mosquitto ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing mosquitto (Debian package) for the integration tests ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mosquitto mosquitto-clients; } >/dev/null 2>&1 && exit 0
fi
echo 'mosquitto is not installed and cannot be installed here (try: sudo apt install mosquitto).'
echo 'Tests marked "needs mosquitto" are skipped; all others run against the embedded broker.'
exit 0
