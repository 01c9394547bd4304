"""Addresses of code and data in running text."""

import pytest

from scholargraph.extract.repositories import repositories


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Code: https://github.com/moth/vote.", ("https://github.com/moth/vote",)),
        ("(github.com/moth/vote.git)", ("https://github.com/moth/vote",)),
        (
            "http://www.GitHub.com/Moth/Vote/ and github.com/moth/vote",
            ("https://github.com/Moth/Vote",),
        ),
        ("see https://github.com/moth/vote.Our work", ("https://github.com/moth/vote",)),
        ("https://github.com/moth/vote.js", ("https://github.com/moth/vote.js",)),
        (
            "https://github.com/moth/vote/tree/main/(a)",
            ("https://github.com/moth/vote/tree/main/(a)",),
        ),
        (
            "gitlab.com/a/b, bitbucket.org/c/d",
            ("https://gitlab.com/a/b", "https://bitbucket.org/c/d"),
        ),
        ("https://codeberg.org/a/b;", ("https://codeberg.org/a/b",)),
        ("https://huggingface.co/datasets/a/b", ("https://huggingface.co/datasets/a/b",)),
        ("https://zenodo.org/records/123)", ("https://zenodo.org/records/123",)),
        ("https://doi.org/10.5281/zenodo.123", ("https://doi.org/10.5281/zenodo.123",)),
        ("https://sourceforge.net/projects/x", ("https://sourceforge.net/projects/x",)),
        ("https://anonymous.4open.science/r/x-1/", ("https://anonymous.4open.science/r/x-1",)),
        ("https://moth.github.io/vote/", ("https://moth.github.io/vote",)),
        ("github.com/moth is a person", ()),
        ("GitHub, mail@github.com/a/b, notgithub.com/a/b, https://doi.org/10.1000/1", ()),
    ],
)
def test_addresses_are_found_and_cleaned(text, addresses):
    assert repositories(text) == addresses
