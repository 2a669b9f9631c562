"""The procedures that a daemon starts with: those of the files, or the last good ones.

Rules
-----
1. What is taken up is kept before a visit can begin under it: the texts, and which of the texts
   kept they are. A mistaken edit and a power cut must not close the lobby.
2. A start takes all procedures from their files. Is one of them bad, or does it ask for equipment
   that is not there, it takes none of them: all go on as they were taken up last, visits that begin
   now included. Why is said in the journal, in ``health`` and by the alarm ``procedures-refused``.
3. Refused is the start that has nothing good to fall back on: the first one; one whose config names
   a procedure that was never good; one whose equipment the kept texts ask for in vain.
4. The polite words (``checkpoint.wording``) are not kept. If they are what is bad, the procedures
   go on with the words that Gardu comes with.
"""

import hashlib
from pathlib import Path

import msgspec

from edge.config.model import Config
from edge.config.validation import read_text
from edge.daemon.procedures import fitting_procedures, wording_of
from edge.errors import ConfigError
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.loading import parse_procedure, procedure_file
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify
from edge.store.store import Store


class Adopted(msgspec.Struct, frozen=True):
    """What visits begin under.

    :ivar config: the config, with words that can be read
    :ivar procedures: by id
    :ivar texts: what they were read from, by key
    :ivar refused: what is wrong with the files; empty if the procedures are theirs
    """

    config: Config
    procedures: dict[str, Procedure]
    texts: dict[str, str]
    refused: tuple[str, ...] = ()


def read(config: Config) -> Adopted:
    """Return the procedures of *config* as their files have them.

    :raises ConfigError: with every problem found
    """
    found, _ = fitting_procedures(config)
    folder = Path(config.checkpoint.sop)
    texts = {procedure.key: text_of(folder, procedure) for procedure in found.values()}
    return Adopted(config, found, texts)


def load_or_last_good(config: Config, store: Store) -> Adopted:
    """Return the procedures of *config* as their files have them, or as they were good last.

    :raises ConfigError: with every problem of the files, if nothing good is kept
    """
    try:
        return read(config)
    except ConfigError as error:
        kept = _stored(config, store.adopted_procedures())
        if kept is None:
            raise
        return msgspec.structs.replace(kept, refused=tuple(error.problems))


def adopt(store: Store, now: Adopted) -> None:
    """Keep the texts of *now*, and of older ones while a visit goes through them."""
    store.adopt_procedures(now.texts)
    store.forget_procedures(now.texts.keys())


def text_of(folder: Path, procedure: Procedure) -> str:
    """Return the text that *procedure* was read from.

    :raises ConfigError: if the file has been changed since
    """
    file = procedure_file(folder, procedure.id)
    text = read_text(file)
    if not procedure.version.endswith(hashlib.sha256(text.encode()).hexdigest()[:8]):
        raise ConfigError([f"{file}: was changed while it was being read; try again"])
    return text


def _stored(config: Config, texts: dict[str, str]) -> Adopted | None:
    """Return the procedures of *config* among *texts*; None if one is not there or not good."""
    try:
        read_again = [parse_procedure(text, key) for key, text in texts.items()]
    except ConfigError:  # kept by a Gardu that knew more
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
