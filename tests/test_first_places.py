"""Identifiers that were met before are found again, whatever they are made of."""

import threading

from scholargraph.extract.sources.first_places import first_places


def test_whatever_an_identifier_is_made_of_it_is_told_from_others() -> None:
    odd = ["", "a", "A", "a\0b", "\ud800", "\ufffd", "何", "x" * 1_000_000, "x" * 1_000_001]
    with first_places() as places:
        first = [places.before(identifier, f"on line {n}") for n, identifier in enumerate(odd)]
        again = [places.before(identifier, "further on") for identifier in odd]

    assert first == [None] * len(odd)
    assert again == [f"on line {n}" for n in range(len(odd))]


def test_a_file_may_be_read_in_another_thread_than_it_was_opened_in() -> None:
    found = []
    with first_places() as places:
        places.before("owls", "on line 1")
        reader = threading.Thread(target=lambda: found.append(places.before("owls", "on line 2")))
        reader.start()
        reader.join()

    assert found == ["on line 1"]
