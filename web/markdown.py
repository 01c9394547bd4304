"""Our own Markdown as HTML: what the model cards use, every text escaped."""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*")
_RULE = re.compile(r"\|[\s:|-]+\|")


def html(text: str, *, level: int = 2) -> Markup:
    """
    Headings (the first is of *level*), paragraphs, lists, tables, code; the rest stays as it is.

    >>> html("# A **b** <c>")
    Markup('<h2>A <strong>b</strong> &lt;c&gt;</h2>')
    """
    blocks = re.split(r"\n\s*\n", text.strip())
    return Markup("\n").join(_block(block, level) for block in _whole(blocks))


def _whole(blocks: list[str]) -> Iterator[str]:
    """Blocks, with code that holds empty lines put together again."""
    code: list[str] = []
    for block in blocks:
        code.append(block)
        if "\n\n".join(code).count("```") % 2 == 0:
            yield "\n\n".join(code)
            code = []
    if code:
        yield "\n\n".join(code)


def _block(block: str, level: int) -> Markup:
    lines = block.splitlines()
    if heading := re.fullmatch(r"(#+) (.*)", lines[0]):
        size = min(6, level + len(heading[1]) - 1)
        title = Markup("<h{0}>{1}</h{0}>").format(size, _inline(heading[2]))
        rest = "\n".join(lines[1:])
        return title + Markup("\n") + _block(rest, level) if rest else title
    if lines[0].startswith("```"):
        return Markup("<pre><code>{}</code></pre>").format("\n".join(lines[1:-1]))
    if lines[0].startswith("|"):
        return _table(lines)
    if lines[0].startswith("* "):
        items = re.split(r"^\* ", block, flags=re.MULTILINE)[1:]
        return Markup("<ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(_inline(item)) for item in items)
        )
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _table(lines: list[str]) -> Markup:
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _RULE.fullmatch(line.strip())
    ]
    head, *body = rows
    return Markup(
        '<div class="scroll" role="region" tabindex="0" aria-label="{}"><table>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(
        next(filter(None, head), "Table"),
        Markup("").join(
            Markup('<th scope="col">{}</th>').format(_inline(cell)) if cell else Markup("<td></td>")
            for cell in head
        ),
        Markup("").join(
            Markup("<tr>{}</tr>").format(
                Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row)
            )
            for row in body
        ),
    )


def _inline(text: str) -> Markup:
    parts, done = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[done : found.start()]))
        tag = "code" if found[1] else "strong"
        parts.append(Markup("<{0}>{1}</{0}>").format(tag, found[1] or found[2]))
        done = found.end()
    return Markup("").join([*parts, escape(text[done:])])
