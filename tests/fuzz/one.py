"""Fuzzes one target with atheris, in a process of its own: ``python -m tests.fuzz.one TARGET …``.

The other arguments are libFuzzer's: folders of the corpus, and options.
"""

import logging
import sys

import atheris


def main() -> None:
    """Run the target that the command line names; libFuzzer ends the process."""
    name = sys.argv.pop(1)
    logging.disable()
    # Only branches of instrumented modules guide the search: Gardu's own, imported here first.
    with atheris.instrument_imports(include=["edge"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
