"""HTML left in titles and abstracts: entities decoded, inline tags dropped, the rest untouched."""

import html
import re
from html.entities import html5

# 'th' of '5th' needs no sign that it was set high.
ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![A-Za-z])")

_ENTITY = re.compile(r"&(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ESCAPED_AGAIN = re.compile(r"^&(?:amp;)+(?=.)")
_BREAK = re.compile(r"</?(?:br|p|div|li|ul|ol|jats:p|jats:sec)(?:\s[^<>]{0,200})?/?>", re.I)
_INLINE = re.compile(
    r"<(?P<close>/)?(?P<name>(?:jats:)?(?:b|i|u|em|strong|italic|bold|sub|sup|tt|code|span|small|a"
    r"|font|sc|title))(?:\s[^<>]{0,500})?>",
    re.IGNORECASE,
)
_HREF = re.compile(r"\shref\s?=\s?[\"']?(https?://[^\s\"'<>]+)", re.IGNORECASE)


def without_html(text: str) -> str:
    """
    *text* without entities and without inline tags that are opened and closed again.

    >>> without_html("5<sup>th</sup> of 10<sup>3</sup> &lt; <s> <b>tokens</b>")
    '5th of 10^3 < <s> tokens'
    """
    if "<" in text:
        text = _BREAK.sub(" ", text)
        opened: list[re.Match[str]] = []
        replaced: dict[int, str] = {}
        for tag in _INLINE.finditer(text):
            if not tag["close"]:
                opened.append(tag)
            elif opened and opened[-1]["name"].lower() == tag["name"].lower():
                first = opened.pop()
                replaced[first.start()], replaced[tag.start()] = _signs(text, first, tag)
        text = _INLINE.sub(lambda tag: replaced.get(tag.start(), tag[0]), text)
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    return text


def _signs(text: str, opening: re.Match[str], closing: re.Match[str]) -> tuple[str, str]:
    """What remains of a pair of tags: '^' of an exponent, the address of a link."""
    start, end = opening.end(), closing.start()
    if opening["name"].lower().endswith("sup"):
        return ("" if ORDINAL.fullmatch(text[start : min(end, start + 3)]) else "^"), ""
    link = _HREF.search(opening[0])
    shown = link is None or link[1] in text[start : min(end, start + 1_000)]
    return "", "" if link is None or shown else f" ({link[1]})"


def _character(entity: re.Match[str]) -> str:
    """``&amp;amp;lt;`` was escaped three times; one step undoes them all."""
    reference = _ESCAPED_AGAIN.sub("&", entity[0])
    if reference[1] == "#":
        return html.unescape(reference)
    return html5.get(reference[1:], reference)
