"""The Debian packages of Gardu: what `make deb` runs.

============= ============================================================
build         one package for each target: sources, changelog, debhelper
targets       the suites and architectures (targets.toml)
program       the environment of Python with Gardu and its libraries
pages         writes manual pages and completions into the package
command_tree  the commands with their options, as `--help` has them
manual        manual pages in roff
completion    completion of bash, zsh and fish
============= ============================================================
"""
