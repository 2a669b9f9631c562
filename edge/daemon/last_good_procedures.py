"""The procedures that a daemon starts with: those of the files, or the last good ones.

Rules
-----
1. Adopted texts are stored, and marked as the adopted ones, before a visit can begin under them. A
   mistaken edit and a power cut must not close the lobby.
2. A start adopts all procedures from their files. If one of them is bad, or needs equipment that is
   not there, it adopts none: all stay as they were adopted last, also for visits that begin now.
   The reason is in the journal, in ``health`` and in the alarm ``procedures-refused``.
3. A start without good procedures to fall back on is refused: at the first start; if the config
   names a procedure that was never good; if equipment is missing that the stored texts need.
4. The wording (``checkpoint.wording``) is not stored. If it is bad, the procedures go on with the
   wording that Gardu comes with.
"""

import msgspec

from edge.config.model import Config
from edge.daemon.procedures import fitting_procedures, wording_of
from edge.errors import ConfigError
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify
from edge.store.store import Store


class Adopted(msgspec.Struct, frozen=True):
    """The procedures that visits begin under.

    :ivar config: the config, with a wording that can be read
    :ivar procedures: by id
    :ivar texts: the texts of the procedures, by key
    :ivar refused: the problems of the files; empty if the procedures come from them
    """

    config: Config
    procedures: dict[str, Procedure]
    texts: dict[str, str]
    refused: tuple[str, ...] = ()


def read(config: Config) -> Adopted:
    """Return the procedures of *config* from their files.

    :raises ConfigError: with every problem found
    """
    found = fitting_procedures(config)
    return Adopted(config, found.procedures, found.texts)


def load_or_last_good(config: Config, store: Store) -> Adopted:
    """Return the procedures of *config* from their files, or else the last good ones.

    :raises ConfigError: with every problem of the files, if no good ones are stored
    """
    try:
        return read(config)
    except ConfigError as error:
        kept = _stored(config, store.adopted_procedures())
        if kept is None:
            raise
        return msgspec.structs.replace(kept, refused=tuple(error.problems))


def adopt(store: Store, now: Adopted) -> None:
    """Store the texts of *now*; delete older ones that no open visit uses."""
    store.adopt_procedures(now.texts)
    store.forget_procedures(now.texts.keys())


def _stored(config: Config, texts: dict[str, str]) -> Adopted | None:
    """Return the procedures of *config* among the stored *texts*; None if one is missing or bad."""
    try:
        read_again = [parse_procedure(text, key) for key, text in texts.items()]
    except ConfigError:  # stored by a newer Gardu
        return None
    found = {procedure.id: procedure for procedure in read_again}
    if any(name not in found for name in config.checkpoint.procedures):
        return None
    wanted = {name: found[name] for name in config.checkpoint.procedures}
    if any(verify(one) or verify_equipment(one, config).problems for one in wanted.values()):
        return None
    return Adopted(_with_words(config), wanted, {p.key: texts[p.key] for p in wanted.values()})


def _with_words(config: Config) -> Config:
    try:
        wording_of(config)
    except ConfigError:
        checkpoint = msgspec.structs.replace(config.checkpoint, wording="")
        return msgspec.structs.replace(config, checkpoint=checkpoint)
    return config
