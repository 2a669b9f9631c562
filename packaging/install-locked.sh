#!/bin/sh
# Installs Gardu, with all its extras and tools, for the Python in $1: exactly the versions and hashes of
# requirements.lock, so that a build is the same tomorrow.
#
# A file whose hash differs ends it: it is not the file that was tested. Only if the index here does not
# have a locked version at all, the newest that pyproject.toml allows is installed, and that is said.
set -u
python=$1
cd "$(dirname "$0")/.." || exit 1
said=$(mktemp)
trap 'rm -f "$said"' EXIT

pip() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

pip --require-hashes --no-deps -r packaging/build-requirements.lock 2> "$said" &&
  pip --require-hashes --no-deps --only-binary :all: -r requirements.lock 2>> "$said" &&
  exec "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

cat "$said" >&2
if grep -q 'No matching distribution found' "$said" && ! grep -qi 'do not match the hashes' "$said"; then
  echo 'WARNING: the index here lacks a version of requirements.lock (above). Installing the newest versions' >&2
  echo 'that pyproject.toml allows: these are not the ones that the tests ran with.' >&2
  pip --editable '.[dev]'
else
  exit 1
fi
