"""docs/procedures.md about the law of a procedure: its table of deeds and its example."""

import re
import tomllib
from pathlib import Path

from edge.config.validation import Problems, convert
from edge.sop.procedures.deeds import DEEDS
from edge.sop.procedures.legal_text import LegalText, load_legal_text
from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.review import review

PAGE = Path(__file__).parents[3] / "docs" / "procedures.md"


def table_of_deeds() -> str:
    """Return the table of deeds as the page has it."""
    lines = ["| deed | Indonesian | English | equipment shows it by |", "|---|---|---|---|"]
    for name, deed in DEEDS.items():
        shown = [f"`{word}`" for sign in deed.signs for word in sorted(sign.shown)]
        shown += ["`ring:reminder`", "`ring:limit`"] if deed.reminds else []
        words = ", ".join(dict.fromkeys(word for word in shown if "before:" not in word))
        lines.append(f"| `{name}` | {deed.text.id} | {deed.text.en} | {words} |")
    return "\n".join(lines)


def test_the_table_of_deeds_is_that_of_the_code() -> None:
    """An office chooses from it; print the new one with table_of_deeds()."""
    assert table_of_deeds() in PAGE.read_text(encoding="utf-8")


def test_the_example_of_the_page_is_the_law_of_its_example(tmp_path: Path) -> None:
    """Who copies both gets a procedure without a problem."""
    procedure, law = re.findall(
        r"```toml\n((?:id = \"arsip\"|#:schema \.\./\.\./schema/legal).*?)```",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    file = tmp_path / "arsip.toml"
    file.write_text(law, encoding="utf-8")
    legal = load_legal_text(file)
    found = review(parse_procedure(procedure, "arsip.toml"), legal)
    assert [remark for remark in found if remark.kind == "problem"] == []
    assert [row.demands for row in legal.rows] == [
        ("host-asked", "host-accepted", "card-given"), ("card-back",),
    ]  # fmt: skip
    short = procedure.replace('{ event = "aiphone.accept"', '{ event = "button.done"')
    found = review(parse_procedure(short, "arsip.toml"), legal)
    assert any("host-accepted" in one.words for one in found if one.kind == "problem")


def test_each_key_of_a_legal_text_is_on_the_page() -> None:
    """The reference is complete: the keys of the file and of its rows."""
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## The law of a procedure") : page.index("### What is compared")]
    problems = Problems("schema")
    convert(LegalText, tomllib.loads("unknown = 1\nrows = [{ unknown = 1 }]"), "", problems)
    allowed = [re.search(r"no key here; allowed: (.*)", line) for line in problems.lines]
    keys = {key for found in allowed if found for key in found[1].split(", ")}
    assert {"stations", "demands"} <= keys
    for key in keys - {"rows"}:
        assert f"`{key}`" in section or f"`[{key}]`" in section, key
