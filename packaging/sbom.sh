#!/bin/sh
# Writes two lists of components (CycloneDX, JSON) into dist/:
#   gardu.cdx.json      all extras and tools that are installed in the environment $1, with licences
#   gardu-deb.cdx.json  the libraries in the Debian package, with their hashes
set -eu
bin=$1
cd "$(dirname "$0")/.."
mkdir -p dist
"$bin/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible --of JSON \
  -o dist/gardu.cdx.json "$bin/python"
"$bin/cyclonedx-py" requirements --pyproject pyproject.toml --output-reproducible --of JSON \
  -o dist/gardu-deb.cdx.json packaging/requirements.lock
echo 'dist/gardu.cdx.json, dist/gardu-deb.cdx.json'
