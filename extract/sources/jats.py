"""Titles and abstracts in JATS, MathML and HTML to text: what Crossref passes on of publishers."""

import re

# https://jats.nlm.nih.gov and MathML 3; anything else in angle brackets is text: '<s>', '<unk>'.
_BLOCKS = frozenset(
    "p sec list list-item disp-formula def-list def-item def term disp-quote boxed-text fig table "
    "tr td th table-wrap statement label abstract div br ul ol li h1 h2 h3 h4 h5 h6 break "
    "supplementary-material verse-group verse-line".split()
)
_HEADINGS = frozenset(["title", "h1", "h2", "h3", "h4", "h5", "h6"])
_INLINE = frozenset(
    "italic bold i b u em strong sc sans-serif monospace roman underline overline strike tt code "
    "styled-content named-content email uri a ext-link xref inline-formula alternatives tex-math "
    "inline-graphic graphic inline-supplementary-material abbrev institution person-group font "
    "span small scp smallcaps fn related-article related-object milestone-start milestone-end "
    "private-char glyph-data chem-struct inline-media object-id text-index html body head".split()
)
_MATH = frozenset(
    "math mrow mi mo mn mtext ms mspace mfrac msqrt mroot mstyle merror mpadded mphantom mfenced "
    "menclose msub msup msubsup munder mover munderover mmultiscripts mtable mtr mtd mlabeledtr "
    "maction semantics annotation annotation-xml none mprescripts".split()
)
_SCRIPTS = frozenset(("sub", "sup", "inf"))
_KNOWN = _BLOCKS | _HEADINGS | _INLINE | _MATH | _SCRIPTS
# Their second child, or third, is set low or high.
_SIGNS = {
    "msub": ("_",),
    "msup": ("^",),
    "msubsup": ("_", "^"),
    "munder": ("_",),
    "mover": ("^",),
    "munderover": ("_", "^"),
    "mfrac": ("/",),
}
_HIDDEN = frozenset(("annotation", "annotation-xml", "graphic", "object-id", "head"))
# Elements that HTML has no end tag for would swallow what follows.
_VOID = frozenset(
    "br break inline-graphic graphic mspace none mprescripts milestone-start milestone-end "
    "glyph-data private-char".split()
)
# A tag, comment, instruction or literal section; one that is not closed is text.
_MARKUP = re.compile(
    r"<(?:(?P<end>/)?(?:[A-Za-z]{1,8}:)?(?P<name>[A-Za-z][\w-]{0,40})(?:\s[^<>]*?)?(?P<void>/)?>"
    r"|!--.{0,300}?-->|\?[A-Za-z][^<>]*>|!\[CDATA\[(?P<data>.{0,300}?)\]\]>)",
    re.DOTALL,
)
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_OWN_HEADING = re.compile(r"(?:abstract|summary|résumé|zusammenfassung|resumen)\s*[:.]?", re.I)
_DEEPEST = 200


def untagged(text: str) -> str:
    """
    *text* without tags of JATS, MathML and HTML; sub and sup stay for `plain` to read.

    Headings get a colon, the heading 'Abstract' goes; of a formula in two notations LaTeX stays.

    >>> untagged("<jats:title>Abstract</jats:title><jats:p>Owls <i>see</i>.</jats:p>").strip()
    'Owls see.'
    >>> untagged("<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>")
    'x^2'
    """
    if "<" not in text:
        return text
    reader = _Reader()
    here = 0
    for found in _MARKUP.finditer(text):
        reader.write(text[here : found.start()])
        reader.mark(found)
        here = found.end()
    reader.write(text[here:])
    return reader.text() if reader.marked else text


class _Reader:
    """Collects the text; each element that is open has its own list of pieces."""

    def __init__(self) -> None:
        self.marked = False
        self._open: list[tuple[str, list[str]]] = [("", [])]

    def text(self) -> str:
        while len(self._open) > 1:
            self._leave()
        return "".join(self._open[0][1])

    def mark(self, found: re.Match[str]) -> None:
        name = (found["name"] or "").lower()
        if name and name not in _KNOWN:
            self.write(found[0])
            return
        self.marked = True
        if not name:
            self.write(found["data"] or "")
        elif found["end"]:
            if any(name == opened for opened, _ in self._open):
                while self._leave() != name:
                    pass
        elif found["void"] or name in _VOID or len(self._open) > _DEEPEST:
            self.write(" " if name in _BLOCKS else "")
        else:
            self._open.append((name, []))

    def write(self, text: str) -> None:
        if text:
            self._open[-1][1].append(text)

    def _leave(self) -> str:
        """Close the innermost element, and give its text to the one around it."""
        name, pieces = self._open.pop()
        outer, siblings = self._open[-1]
        text = "".join(pieces)
        if name in _HIDDEN:
            text = ""
        elif name in _HEADINGS:
            text = _heading(text)
        elif name == "tex-math":
            text = _tex(text)
        elif name in ("sub", "sup"):
            text = f"<{name}>{text}</{name}>" if text.strip() else text
        elif name == "alternatives":
            text = _preferred(pieces)
        elif name in _SIGNS:
            text = _scripted(pieces, _SIGNS[name])
        elif name == "msqrt":
            text = f"√({text.strip()})"
        elif name in ("mi", "mn", "mo", "mtext", "ms"):
            text = " ".join(text.split()) or text
        if name in _BLOCKS:
            text = f" {text} "
        in_script = outer in _SIGNS or outer == "alternatives"
        if text or (in_script and name in _MATH):
            siblings.append(text)
        return name


def _heading(text: str) -> str:
    text = text.strip()
    if not text or _OWN_HEADING.fullmatch(text):
        return " "
    return f" {text}{'' if text[-1] in '.:?!' else ':'} "


def _tex(text: str) -> str:
    """The formula of a whole LaTeX document, which is how Springer writes one."""
    document = _DOCUMENT.search(text)
    formula = (document[1] if document else text).strip()
    if formula.startswith("$$") and formula.endswith("$$") and len(formula) > 4:
        formula = formula[2:-2].strip()
    return formula if not formula or formula.startswith(("$", "\\(", "\\[")) else f"${formula}$"


def _preferred(pieces: list[str]) -> str:
    """LaTeX where there is some, else whatever comes first."""
    said = [piece for piece in pieces if piece.strip()]
    return next((piece for piece in said if "$" in piece), said[0] if said else "")


def _scripted(pieces: list[str], signs: tuple[str, ...]) -> str:
    children = [piece.strip() for piece in pieces if piece.strip() or piece == ""]
    text = children[0] if children else ""
    for sign, child in zip(signs, children[1:], strict=False):
        if child:
            text += sign + (child if len(child) == 1 or child.isalnum() else f"({child})")
    return text
