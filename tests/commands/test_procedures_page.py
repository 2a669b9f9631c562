"""docs/procedures.md: its files are written and its commands run, in order, as a reader would."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.config.validation import Problems, convert
from edge.sop.procedures.legal_text import load_legal_text
from edge.sop.procedures.loading import load_procedure, parse_procedure, read_procedure
from edge.sop.procedures.model import Phase, Procedure, Step, Transition
from edge.sop.procedures.review import review
from edge.sop.procedures.vocabulary import EVENTS, NEEDS, VERBS, kind_of_event
from tests.command_line import invoke

PAGE = Path(__file__).parents[2] / "docs" / "procedures.md"
_BLOCK = re.compile(
    r"^(?:\*\*`(?P<file>[^`]+)`\*\*\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def blocks() -> Iterator[tuple[str | None, str, str]]:
    """Yield (file, kind, text) of each block of the page; the file is named above the block."""
    for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield found["file"], found["kind"], found["text"]


def changed(text: str, diff: str) -> str:
    """Return *text* with the change *diff*, whose old lines must be there once."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    assert text.count(old) == 1, f"the page changes what is not there once:\n{old}"
    return text.replace(old, "".join(line[1:] for line in lines if line[0] in " +"))


def commands(console: str) -> Iterator[tuple[list[str], str, int]]:
    """Yield (words, output, exit code) of each command; ``echo $?`` has the code, else it is 0."""
    parts = re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]
    for number, part in enumerate(parts):
        line, _, output = part.partition("\n")
        if line == "echo $?":
            continue
        after = parts[number + 1] if number + 1 < len(parts) else ""
        code = int(after.split()[-1]) if after.startswith("echo $?") else 0
        program, *words = line.split()
        assert program == "gardu", line
        yield words, output, code


def plain(text: str) -> str:
    """Return *text* with one space in place of each run of spaces and line ends."""
    return " ".join(text.split())


def matches(output: str, written: str) -> bool:
    """Return True if *output* is as *written*, in which an ellipsis stands for any text."""
    pattern = ".*".join(map(re.escape, plain(written).split("\N{HORIZONTAL ELLIPSIS}")))
    loose = pattern.replace(r"\ .*", ".*").replace(r".*\ ", ".*")
    return re.fullmatch(loose, plain(output)) is not None


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a reader who has done all that the page says."""
    (tmp_path / "sop").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    for file, kind, text in blocks():
        if file is not None and kind == "diff":
            path = tmp_path / file
            path.write_text(changed(path.read_text(encoding="utf-8"), text), encoding="utf-8")
        elif file is not None:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
        elif kind == "console":
            for words, output, code in commands(text):
                done = invoke(words)
                assert matches(done.output, output), f"gardu {' '.join(words)}\n{done.output}"
                assert done.exit_code == code, words
    return tmp_path


def test_each_command_of_the_page_prints_what_the_page_shows(office: Path) -> None:
    """Who follows the tutorial sees the same, and has a procedure, its law, and a flow chart."""
    procedure = load_procedure(office / "sop/arsip.toml")
    assert [step.use for step in procedure.steps] == [(), (), ()]
    assert [step.number for step in procedure.steps] == [1, 2, 3]
    assert "Menerima?" in (office / "arsip.svg").read_text(encoding="utf-8")
    names = {str(path.relative_to(office)) for path in office.rglob("*.toml")}
    assert names == {
        "gardu.toml", "sop/arsip.toml", "sop/legal/arsip.toml", "sop/parts/call-again.toml",
    }  # fmt: skip


def test_the_law_of_the_page_finds_what_its_procedure_forgets(office: Path) -> None:
    """The example of a legal text demands something: a weaker procedure has a problem."""
    legal = load_legal_text(office / "sop/legal/arsip.toml")
    whole = read_procedure(office / "sop/arsip.toml").text
    found = review(parse_procedure(whole, "arsip.toml"), legal)
    assert [remark for remark in found if remark.kind == "problem"] == []
    assert [row.demands for row in legal.rows] == [
        ("host-asked", "host-accepted", "guest-book", "identity", "card-given"),
        ("limit-reminded",),
        ("card-back", "identity-back"),
    ]
    short = whole.replace('{ event = "aiphone.accept"', '{ event = "button.done"')
    found = review(parse_procedure(short, "arsip.toml"), legal)
    assert any("host-accepted" in one.words for one in found if one.kind == "problem")


def test_each_block_of_the_page_is_of_a_known_kind() -> None:
    """A file or a command that no test would try does not pass unseen."""
    kinds = {(kind, file is not None) for file, kind, _ in blocks()}
    assert kinds == {("toml", True), ("toml", False), ("diff", True), ("console", False)}
    captions = re.findall(r"^\*\*`[^`]+`\*\*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(captions) == sum(file is not None for file, _, _ in blocks())


def fragments() -> list[dict[str, Any]]:
    """Return the examples of the page that are no whole file."""
    return [tomllib.loads(text) for file, kind, text in blocks() if kind == "toml" and file is None]


def test_each_fragment_of_the_page_has_keys_and_words_that_exist() -> None:
    """Who copies an example gets no error; a renamed key or word is renamed here too."""
    found = fragments()
    steps = [raw for raw in found if isinstance(raw.get("steps"), list)]
    loose = [raw["steps"] for raw in found if isinstance(raw.get("steps"), dict)]
    phases = [phase for one in [*loose, *(s for raw in steps for s in raw["steps"])]
              for phase in one.get("phases", ())]  # fmt: skip
    ways = [way for one in [*phases, *found] for way in one.get("on", ())]
    problems = Problems("page")
    for phase in phases:
        convert(Phase, phase, "phase", problems)
    for way in ways:
        convert(Transition, way, "way", problems)
    assert problems.lines == []
    assert len(phases) > 15
    known = {"steps", "on", *keys(Procedure), *keys(Step), *keys(Phase)}
    others = {"places", "aiphone", "reasons"}  # of the config and of the wording
    assert {key for raw in found for key in raw} <= known | others
    assert {kind_of_event(way["event"]) for way in ways} - set(EVENTS) == {"value.temperature"}
    assert {word.partition(":")[0] for phase in phases for word in phase.get("do", ())} <= set(
        VERBS
    )
    needs = {phase["needs"].partition(":")[0] for phase in phases if "needs" in phase}
    assert needs <= set(NEEDS)


def keys(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the keys of the table *kind*, as they are written."""
    return kind.__struct_encode_fields__


def test_links_of_both_pages_lead_somewhere() -> None:
    """A section that is renamed leaves no dead link behind, here or in another page."""
    docs = PAGE.parent
    for page in docs.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for file, anchor in re.findall(r"\]\((procedures(?:-reference)?\.md)?#([^)]+)\)", text):
            target = docs / (file or page.name)
            assert anchor in anchors(target.read_text(encoding="utf-8")), (page.name, file, anchor)


def anchors(page: str) -> set[str]:
    """Return the anchors of the headings of *page*, as GitHub names them."""
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
