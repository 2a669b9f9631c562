"""Records of a database compared with those of the office."""

from virtual_pi.history import compare, read_records

LINE = '{{"streamid": "{stream}", "sequence": "{number}", "id": "{name}"}}'


def _lines(*names: str, stream: str = "s", first: int = 1) -> str:
    return "\n".join(
        LINE.format(stream=stream, number=first + n, name=name) for n, name in enumerate(names)
    )


def test_all_records_came() -> None:
    """Nothing is lost, missing or waiting if both have the same records."""
    both = read_records(_lines("a", "b", "c"))
    found = compare(both, both, "s")
    assert found.sound
    assert not found.waiting


def test_a_record_that_the_database_lost() -> None:
    """A record at the office that the database does not have is a loss, also at its end."""
    office = read_records(_lines("a", "b", "c"))
    found = compare(read_records(_lines("a", "b")), office, "s")
    assert found.lost == ("s/3",)
    assert not found.sound


def test_a_number_that_was_given_twice() -> None:
    """A record under the number of another one that was sent is a loss too."""
    found = compare(read_records(_lines("a", "x")), read_records(_lines("a", "b")), "s")
    assert found.lost == ("s/2",)


def test_a_hole_in_the_database() -> None:
    """Numbers missing within the database are holes, even if the office never had them."""
    database = read_records(_lines("a") + "\n" + _lines("c", first=3))
    found = compare(database, read_records(_lines("a")), "s")
    assert found.holes == (2,)
    assert found.waiting == ("s/3",)
    assert not found.sound


def test_other_streams_do_not_count() -> None:
    """Records of an earlier database at the same office are neither lost nor waiting."""
    office = read_records(_lines("a") + "\n" + _lines("x", "y", stream="before"))
    assert compare(read_records(_lines("a")), office, "s").sound


def test_words_between_the_records_are_passed_over() -> None:
    """A warning on the same output is no record."""
    assert read_records("WARNING: slow\n" + _lines("a")) == {("s", 1): "a"}
