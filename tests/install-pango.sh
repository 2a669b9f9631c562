#!/bin/sh
# Install Pango and the DejaVu fonts for the tests of PDF where we may; else say what is skipped.
ldconfig -p 2>/dev/null | grep -q 'libpangoft2-1' && [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing libpango and fonts-dejavu (Debian packages) for the tests of PDF ...'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core; } >/dev/null 2>&1 && exit 0
fi
echo 'libpango is not installed and cannot be installed here (try: sudo apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core).'
echo 'Tests marked "needs Pango" are skipped.'
exit 0
