#!/bin/sh
# Install PostgreSQL for the central office's tests where we may; else say what is skipped.
command -v postgres >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing PostgreSQL (Debian package) for the tests of the central office ...'
    # No cluster of the machine's own: each test starts a server in a temporary folder.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >/dev/null 2>&1 && exit 0
fi
echo 'PostgreSQL is not installed and cannot be installed here (try: sudo apt install postgresql).'
echo 'Tests marked "needs PostgreSQL" are skipped; all others of the central office run on SQLite.'
exit 0
