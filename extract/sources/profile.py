"""
An author's profile page saved as plain text: a head with figures, then the author's papers.

The head is the name, category codes and one figure a line ('h-index17', '292citations',
'Novelty54%'), and ends with '27 Papers'. A paper begins with a line such as
'49.3CVMar 15, 2022Code' (paper score, category, date, code flag; no space between them), then its
title, its first three authors ('et al.' and '· affiliation' may follow) and its abstract. Blank
lines carry no meaning.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ..dates import MONTHS, calendar_day, latest_day
from ..latex import plain
from ..papers import Author, Measure, Paper, Profile, Record, Refusal, SourceClaim
from ..repositories import repositories
from . import names, opening
from .categories import arxiv_names, is_known
from .fields import abstract_text, title_text
from .identity import title_id

_DATE = r"(?P<month>{month})\.?\s?(?P<day>\d{{1,2}})(?:\s?,\s?(?P<year>\d{{4}}))?\s?(?P<flag>Code)?"
_MONTH = "|".join(f"{month.capitalize()}[a-z]{{0,6}}" for month in MONTHS)
_HEADING = re.compile(
    r"(?P<score>\d{1,6}(?:\.\d{1,6})?)?\s?"
    r"(?P<code>(?:[a-z]{1,8}(?:-[a-z]{2,8})?\.)?[A-Za-z]{2,}?(?:-[A-Za-z]+?)?)\s?"
    + _DATE.format(month=_MONTH),
    re.ASCII,
)
# A month that no calendar has ('CVFoo 12, 2022') still begins an entry, which is then refused.
_ODD_HEADING = re.compile(
    r"(?P<score>\d{1,6}(?:\.\d{1,6})?)?(?P<code>[A-Z]{2})" + _DATE.format(month="[A-Z][a-z]{2}"),
    re.ASCII,
)
# What is left of a heading at the end of a page that was cut inside it.
_CUT_HEADING = re.compile(
    r"\d{0,6}(?:\.\d{0,6})?(?:[A-Z]{1,2}(?:[A-Z][a-z]{0,2}(?: \d{0,2}(?:,(?: \d{0,4})?)?)?)?"
    r"|[A-Z]{2}[A-Z][a-z]{2} \d{1,2}, \d{4}(?:Co?d?)?)?",
    re.ASCII,
)

_NUMBER = r"(?P<number>\d{1,3}(?:[,' ]\d{3})+|\d{1,12}(?:\.\d{1,6})?)\s?(?P<scale>[KkMm])?"
_LABEL = r"(?P<label>h-?\s?index|papers?|citations?|novelty|ai\s?score)"
_FIGURE = (
    re.compile(rf"{_LABEL}\s?:?\s?{_NUMBER}\s?(?P<percent>%)?", re.IGNORECASE | re.ASCII),
    re.compile(rf"{_NUMBER}\s?(?P<percent>%)?\s?{_LABEL}", re.IGNORECASE | re.ASCII),
)
_MEASURES: dict[str, Measure] = {
    "hindex": "h-index",
    "paper": "papers",
    "papers": "papers",
    "citation": "citations",
    "citations": "citations",
    "novelty": "novelty",
    "aiscore": "ai-score",
}
_LIST_HEADING = re.compile(r"([\d,]{1,12}) Papers?", re.ASCII)

# How a whole abstract may end; anything else at the very end of a file is a cut.
_ENDS_WHOLE = re.compile(r"(?:[.!?:;)\]}\"'”’»%]|https?://\S+)$")


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A paper's heading and the lines up to the next one; *last* on the page or not."""

    heading: re.Match[str]
    line: int
    body: tuple[str, ...]
    last: bool


def matches(head: str) -> bool:
    """Whether *head* begins with a name and goes on with a profile's figures or papers."""
    lines = _lines(head)
    if not lines or lines[0].text.startswith(("{", "[", "<", "@", "%")) or _is_head(lines[0].text):
        return False
    return any(_figure(line.text) for line in lines[1:16]) or any(
        _HEADING.fullmatch(line.text) for line in lines[1:]
    )


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The profile, its papers in the order of the page, and a refusal for each entry that is not
    whole. Dates without a year lie in the year before *captured*, up to that day.

    Raises: SourceError for a page that is no profile, or ends before its first paper.
    """
    text, cut = opening.page(path)
    lines = _lines(text)
    first = next((i for i, line in enumerate(lines) if _heading(line.text)), len(lines))
    head, body = lines[:first], lines[first:]
    if not head or _is_head(head[0].text):
        raise opening.SourceError(
            f"{path}:1: the page does not begin with its author's name; save the page from its top"
        )
    profile, promised, stray = _head(head, captured)
    if stray:
        unread = f"{_short(stray.text)} is not how a paper begins; that is a line such as {_MODEL}"
    if stray and not body:
        raise opening.SourceError(f"{path}:{stray.number}: {unread}")
    if not body and promised != 0:
        what = "its list of papers" if promised is None else f"the first of {promised} papers"
        raise opening.SourceError(
            f"{path}:{lines[-1].number}: the page ends before {what}; save the whole page"
        )
    yield profile
    if stray:
        yield Refusal(path, stray.number, unread)
    cut = cut or not text.endswith("\n")
    remains = _cut_heading(body) if cut else None
    found = 0
    seen: dict[str, int] = {}
    for entry in _entries(body[:-1] if remains else body):
        found += 1
        try:
            paper = _paper(entry, profile.author, captured, cut and not remains)
            if paper.id in seen:
                raise ValueError(f"the same paper stands on line {seen[paper.id]}; one was kept")
        except ValueError as error:
            yield Refusal(path, entry.line, str(error))
        else:
            seen[paper.id] = entry.line
            yield paper
    if remains:
        yield Refusal(path, remains.number, f"the page ends inside {remains.text!r}; {_SAVE_WHOLE}")
    if promised is not None and found < promised:
        reason = f"the page announces {promised} papers and ends after {found}; {_SAVE_WHOLE}"
        yield Refusal(path, lines[-1].number, reason)


_SAVE_WHOLE = "save the page again, scrolled to its end"
_MODEL = "'CVMar 15, 2022'"


def _lines(text: str) -> list[_Line]:
    """The lines that say something, their spaces (of any kind) single."""
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        line = " ".join(line.replace("\u200b", "").replace("\ufeff", "").split())
        if line:
            lines.append(_Line(number, line))
    return lines


def _figure(line: str) -> SourceClaim | None:
    """The figure on a line of the head; None where there is none."""
    match = _FIGURE[0].fullmatch(line) or _FIGURE[1].fullmatch(line)
    if match is None:
        return None
    value = Decimal(re.sub(r"[,' ]", "", match["number"]))
    if match["scale"]:
        scaled = value * (1_000 if match["scale"] in "Kk" else 1_000_000)
        value = Decimal(int(scaled))
    measure = _MEASURES[re.sub(r"[-\s]", "", match["label"].lower())]
    return SourceClaim(measure, value, "percent" if match["percent"] else None)


def _is_head(line: str) -> bool:
    """Whether *line* is a figure or a paper's heading, so no name."""
    return _figure(line) is not None or _HEADING.fullmatch(line) is not None


def _heading(line: str) -> re.Match[str] | None:
    return _HEADING.fullmatch(line) or _ODD_HEADING.fullmatch(line)


def _head(lines: list[_Line], captured: datetime.date) -> tuple[Profile, int | None, _Line | None]:
    """The profile, how many papers its list announces, and what stands there instead of one."""
    claims: dict[Measure, SourceClaim] = {}
    categories: dict[str, None] = {}
    announced, stray = None, None
    for line in lines[1:]:
        listed = _LIST_HEADING.fullmatch(line.text)
        claim = _figure(line.text)
        if listed:
            announced = int(listed[1].replace(",", "") or 0)
        elif announced is not None:
            stray = stray or line
        elif claim:
            claims.setdefault(claim.measure, claim)
        else:
            for code in re.split(r"[\s,·•|/]+", line.text):
                if re.fullmatch(r"(?:[A-Z]{2})+", code) and is_known(code[:2]):
                    categories.update(dict.fromkeys(arxiv_names(code)))
    if announced is None and "papers" in claims:
        announced = int(claims["papers"].value)
    author = plain(lines[0].text)
    profile = Profile(author, captured.isoformat(), tuple(categories), tuple(claims.values()))
    return profile, announced, stray


def _entries(lines: list[_Line]) -> Iterator[_Entry]:
    """
    *lines* cut at the headings. The line right below a heading is a title, whatever it looks like.
    """
    starts: list[tuple[int, re.Match[str]]] = []
    for index, line in enumerate(lines):
        heading = _heading(line.text)
        if heading is None:
            continue
        follows_heading = bool(starts) and starts[-1][0] == index - 1
        if follows_heading and lines[index - 1].number == line.number - 1:
            continue
        starts.append((index, heading))
    ends = [*(index for index, _ in starts[1:]), len(lines)][: len(starts)]
    for (start, heading), end in zip(starts, ends, strict=True):
        body = tuple(line.text for line in lines[start + 1 : end])
        yield _Entry(heading, lines[start].number, body, last=end == len(lines))


def _cut_heading(lines: list[_Line]) -> _Line | None:
    """The last line, if it is the beginning of a heading and stands apart from what precedes."""
    if len(lines) < 2 or lines[-1].number - lines[-2].number < 2:
        return None
    return lines[-1] if _CUT_HEADING.fullmatch(lines[-1].text) else None


def _paper(entry: _Entry, owner: str, captured: datetime.date, cut: bool) -> Paper:
    """
    The paper of *entry*; *cut* says that the page does not end with a line's end.

    Raises: ValueError saying what is missing.
    """
    remedy = _SAVE_WHOLE if entry.last else "add it, or take the entry out"
    if not entry.body or _is_author_list(entry.body[0], sure=True):
        raise ValueError(f"the entry has no title; {remedy}")
    title = title_text(entry.body[0])
    rest = entry.body[1:]
    byline = rest[0] if rest and _is_author_list(rest[0]) else ""
    paragraphs = rest[1:] if byline else rest
    if not paragraphs:
        raise ValueError(f"{_short(title)} has no abstract; {remedy}")
    if entry.last and cut and not _ENDS_WHOLE.search(paragraphs[-1]):
        raise ValueError(f"{_short(title)} breaks off inside its abstract; {_SAVE_WHOLE}")
    abstract = abstract_text("\n".join(paragraphs))
    date = _date(entry.heading, captured)
    authors, truncated, affiliations = _authors(byline, owner)
    score = entry.heading["score"]
    return Paper(
        id=title_id(title, date[:4]),
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=date,
        categories=arxiv_names(entry.heading["code"]),
        code=repositories(abstract),
        code_flag=entry.heading["flag"] is not None,
        affiliations=affiliations,
        claims=(SourceClaim("paper-score", Decimal(score)),) if score else (),
    )


def _date(heading: re.Match[str], captured: datetime.date) -> str:
    name = heading["month"][:3].lower()
    if name not in MONTHS:
        raise ValueError(f"there is no month {heading['month']!r}; write Jan to Dec")
    month, day = MONTHS.index(name) + 1, int(heading["day"])
    try:
        if heading["year"] is None:
            return latest_day(month, day, captured).isoformat()
        return calendar_day(int(heading["year"]), month, day).isoformat()
    except ValueError as error:
        raise ValueError(f"{error}; correct the date") from None


def _is_author_list(line: str, *, sure: bool = False) -> bool:
    """
    Whether *line* lists authors rather than opening an abstract; *sure* asks for 'et al.'.
    """
    people = line.partition("·")[0]
    people, truncated = names.without_et_al(people.strip())
    if truncated or sure:
        return truncated and len(line) < 1_000
    parts = names.split(people)
    sentence = re.search(r"[^\W\d_]{3,}[.!?:]$", people) is not None
    return bool(parts) and not sentence and all(_is_name(part) for part in parts)


def _is_name(part: str) -> bool:
    return len(part) <= 60 and len(part.split()) <= 6 and any(c.isalpha() for c in part)


def _authors(byline: str, owner: str) -> tuple[tuple[Author, ...], bool, tuple[str, ...]]:
    """
    The authors of a byline, whether it hides more, and the affiliations behind its '·'.

    The page lists what *owner* wrote. So where he is visible, under whatever spelling, that is his
    name on the page; where he is not, he is an author at an unknown position.
    """
    people, *affiliations = re.split(r"\s*[·•]\s*", byline)
    people, truncated = names.without_et_al(people)
    visible = [plain(name) for name in names.split(people)]
    place = names.find(owner, visible)
    if place is not None:
        visible[place] = owner
    authors = [Author(name, position) for position, name in enumerate(visible, start=1)]
    if place is None:
        authors.append(Author(owner))
    return tuple(authors), truncated, tuple(plain(name) for name in affiliations if name)


def _short(title: str) -> str:
    return repr(title if len(title) <= 60 else title[:60] + "…")
