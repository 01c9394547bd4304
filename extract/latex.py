r"""
LaTeX and HTML markup to the plain text that is stored, shown and pointed into.

Abstracts are mostly plain text with islands of markup, and much that looks like markup is none:
'$5 and $10', 'C:\temp', 'x < y', 'R@1(i2t)'. So the text is walked once and only what is
recognised changes; the rest stays as it was.
"""

import re

from .hypertext import ORDINAL, without_html
from .macros import ACCENTS, DROPPED, LETTERS, SILENT, SPACES, VERBATIM, accented, symbol

# A text without any of these has no markup.
_MARKED = re.compile(r"[\\$]|``|&[A-Za-z#]|</?[A-Za-z]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Soft hyphens and blanks of no width, which typesetting leaves inside words, and orders to turn
# what follows round, which would reach beyond the text. Joiners belong to their letters, and stay.
# 'Ã' and a soft hyphen are a misread 'í', which `names.reread` knows.
_INVISIBLE = re.compile("(?<!\xc3)\xad|[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# UTF-8 that was once read as Latin-1, an apostrophe as 'â' and two control characters.
_MISREAD = re.compile("[\xc3-\xf4](?=[\x80-\xbf]?[\x80-\x9f])[\x80-\xbf]{1,3}")
_PASSES = 8

_TOKEN = re.compile(
    # paths: 'C:\temp', '..\data', '\\server\share', 'dir\file.txt'
    r"(?P<path>(?<!\S)[\"'(]?(?:(?:[A-Za-z]:|\.{1,2})\\[^\s{}$]*|\\\\[\w.-]+\\[^\s{}$]*"
    r"|[\w.-]+(?:\\[\w.-]+)+\.[A-Za-z]\w{0,3}\b))"
    r"|(?P<dash>(?<=\w)---?(?=\w)|(?<=\s)---?(?=\s))|(?P<sign>[\\${}^_~\u02c6])"
)
_MACRO = re.compile(r"\\(?:(?P<name>[A-Za-z]+)\*?|(?P<sign>[^A-Za-z]))", re.DOTALL)
_OPTIONS = re.compile(r"(?:\[[^\[\]{}$]{0,200}\]){1,2}(?=\{)")
# A letter that an accent stands on: 'e', '{e}', '{\i}', and after a named accent ' e'.
_LETTER = r"(?:\\(?=[ij](?![A-Za-z])))?(?P<base>[^\W\d_])"
_BRACED = r"\{(?:\\(?=[ij]\}))?(?P<braced>[^\W\d_])\}"
_LETTER_AHEAD = (
    re.compile(rf"{_LETTER}|{_BRACED}"),
    re.compile(rf"\s{_LETTER}(?![^\W\d_])|\s?{_BRACED}"),
)
_ESCAPED_TWICE = re.compile(r"[%&_#$]|[A-Za-z]+\{")
# 'Fig.~3' has a tie; '5%~8%' is a range, '~5' an estimate.
_TIE = re.compile(r"(?<=\S)~(?=\S)(?!(?<=[\d%$]~)[\d$.])")
_ARGUMENTS = {
    "frac": 2, "tfrac": 2, "dfrac": 2, "nicefrac": 2, "sfrac": 2, "binom": 2, "href": 2,
    "textcolor": 2, "colorbox": 2, "texorpdfstring": 2,
}  # fmt: skip
_SPACE_BEFORE_ARGUMENT = SILENT | frozenset(_ARGUMENTS)
_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_DELIMITER = re.compile(r"\\[\[\]()]|\\.|\$\$|\$", re.DOTALL)
_MATH_SIGN = re.compile(
    "[\\\\^_{}=<>\u02c6\u0370-\u03ff\u2070-\u209f\u2100-\u22ff\U0001d400-\U0001d7ff]"
)
_PROSE = re.compile(r"(?:^|\s)[A-Za-z]{3,}(?:\s|$)")
_MATH_WORD = re.compile(r"[A-Za-z0-9(\-+](?:[A-Za-z0-9.,+*/()|'-]{0,18}[A-Za-z0-9)'])?")
_LONGEST_MATH = 400
_DEEPEST = 40


def plain(text: str) -> str:
    r"""
    *text* without LaTeX and HTML, on one line, with single spaces.

    Text without a backslash, a dollar sign, an entity, an HTML tag or LaTeX's opening quotes
    changes only in its spaces: every run of white space, line ends included, becomes one space.
    Control characters become spaces too, half surrogates U+FFFD; soft hyphens, blanks of no width
    and overrides of direction go. Applied to its own output it changes nothing.

    Citations and references vanish; a footnote stays in brackets; math keeps the form that one
    types: ``5$^i$`` is ``5^i``. Inline HTML tags go only in pairs, so ``<s>`` and ``x < y`` stay.

    >>> plain(r"\textit{e.g.}, 80\% fewer data than the best method \cite{lei2021less}.")
    'e.g., 80% fewer data than the best method.'
    >>> plain(r"``PASCAL-5$^i$'' for $5 or $10, M\"uller \etal, in C:\temp")
    '"PASCAL-5^i" for $5 or $10, Müller et al., in C:\\temp'
    """
    text = _clean(text)
    for _ in range(_PASSES):
        if _MARKED.search(text) is None:
            return text
        converted = _clean(_without_quotes(_without_latex(without_html(text))))
        if converted == text:
            return text
        text = converted
    # Markup that hides markup eight layers deep is no writing; what is left of its signs goes.
    return _clean(re.sub(r"[\\$`<&]", " ", text))


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():  # as most are
        return " ".join(text.split())
    if _MISREAD.search(text):
        text = _MISREAD.sub(_reread, text)
    text = _INVISIBLE.sub("", _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text)))
    return " ".join(text.split())


def _reread(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode()
    except UnicodeDecodeError:
        return match[0]


def _without_quotes(text: str) -> str:
    """LaTeX's ``quotes'' to straight ones; `''` alone may be inches or a second derivative."""
    pieces = text.split("``")
    for index in range(1, len(pieces)):
        closing = re.search(r"''|\"", pieces[index])
        if closing is None:
            pieces[index] = "``" + pieces[index]
        else:
            before, after = pieces[index][: closing.start()], pieces[index][closing.end() :]
            pieces[index] = f'"{before}"{after}'
    return "".join(pieces)


def _without_latex(text: str) -> str:
    if "\\" not in text and "$" not in text:
        return text
    walk = _Walk(text)
    if "\\" not in text and not walk.math:
        return text
    return walk.converted(0, len(text))


class _Walk:
    """One pass over a text: every character is looked at once, whatever is nested."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closing = _closing_braces(text)
        self.math = _math(text)
        self.out: list[str] = []

    def converted(self, start: int, end: int, *, math: bool = False, depth: int = 0) -> str:
        """The text between two offsets, which cut no group and no formula."""
        if depth > _DEEPEST:
            return self.text[start:end]
        outer, self.out = self.out, []
        here = start
        while here < end:
            token = _TOKEN.search(self.text, here, end)
            stop = token.start() if token else end
            self._write(self.text[here:stop])
            if token is None:
                break
            if token["path"]:
                self._write(token[0])
                here = token.end()
            elif token["dash"]:
                self._write("–" if len(token[0]) == 2 else "—")
                here = token.end()
            else:
                here = self._sign(stop, end, math, depth)
        result, self.out = "".join(self.out), outer
        return result

    def _sign(self, at: int, end: int, math: bool, depth: int) -> int:
        """Write what the sign at *at* stands for; where to go on comes back."""
        sign = self.text[at]
        if at in self.math and not math:
            opened, closed, after = self.math[at]
            if after <= end:
                self._write(self.converted(opened, closed, math=True, depth=depth + 1).strip())
                return after
        if sign == "\\":
            return self._macro(at, end, math, depth)
        if sign == "{" and at in self.closing:
            return self._group(at, math, depth)
        if sign in "^_\u02c6" and (math or self.text[at + 1 : at + 2] in ("{", "\\")):
            return self._script(at, end, math, depth)
        if sign == "~" and (math or _TIE.match(self.text, at)):
            sign = " "
        self._write(sign)
        return at + 1

    def _group(self, at: int, math: bool, depth: int) -> int:
        """A group shows what is in it; a set such as '{de, fr}' keeps its braces."""
        close = self.closing[at]
        inner = self.converted(at + 1, close, math=math, depth=depth + 1)
        isset = not math and ("," in inner or not inner.strip())
        self._write(f"{{{inner}}}" if isset else inner.lstrip())
        return close + 1

    def _script(self, at: int, end: int, math: bool, depth: int) -> int:
        """A superscript or subscript, bracketed where it is more than one thing: 'x^(a+b)'."""
        sign, after = self.text[at].replace("\u02c6", "^"), at + 1
        if after in self.closing:
            inner = self.converted(after + 1, self.closing[after], math=math, depth=depth + 1)
            after = self.closing[after] + 1
        elif after < end and self.text[after] == "\\":
            mark = len(self.out)
            after = self._macro(after, end, math, depth)
            inner = "".join(self.out[mark:])
            del self.out[mark:]
        else:
            self._write(sign)
            return after
        inner = inner.strip()
        last = self._last()
        if sign == "^" and (inner in ("°", "′") or (last.isdigit() and ORDINAL.fullmatch(inner))):
            sign = ""
        elif re.search(r"[\s+*/=,<>]|(?<=.)[-−]", inner) and not re.fullmatch(r"\(.*\)", inner):
            inner = f"({inner})"
        self._write(sign + inner if inner else "")
        return after

    def _macro(self, at: int, end: int, math: bool, depth: int) -> int:
        match = _MACRO.match(self.text, at, end)
        if match is None:  # the backslash is the last character
            self._write("\\")
            return at + 1
        name, after = match["name"], match.end()
        if name is None:
            return self._control_symbol(match["sign"], at, end, depth)
        arguments, beyond = self._arguments(after, end, name)
        if name in DROPPED or name.lower().endswith("cite") or name.startswith(("cite", "Cite")):
            if arguments:
                self._take_back_space()
                return self._without_empty_brackets(beyond, end)
        if name in VERBATIM and arguments:
            address = self.text[slice(*arguments[0])]
            self._write(re.sub(r"\\([%&_#~$])", r"\1", address))
            return beyond
        if name in ACCENTS:
            done = self._accent(name, after, end, depth)
            if done:
                return done
        text = symbol(name)
        if text is not None:
            if arguments and arguments[0][0] == arguments[0][1]:  # '\ie{}' keeps its space
                after = beyond
            if text.endswith(".") and self.text[after : after + 1] == ".":
                text = text[:-1]
            self._write(text)
            gobbles = name in LETTERS or name.startswith("textquote")
            return after + (gobbles and self.text[after : after + 1] == " ")
        if not arguments:
            if name in SPACES:
                self._write(" ")
            elif name in SILENT:
                return after + (self.text[after : after + 1] == " ")
            else:
                self._write(match[0])
            return after
        parts = [self.converted(*part, math=math, depth=depth + 1) for part in arguments]
        self._write(self._applied(name, parts))
        return beyond

    def _applied(self, name: str, parts: list[str]) -> str:
        """A macro with its arguments, as one writes it without LaTeX; the last one is the text."""
        text = parts[-1]
        if name in ("frac", "tfrac", "dfrac", "nicefrac", "sfrac") and len(parts) > 1:
            return "/".join(
                f"({part})" if re.search(r"[\s+\-*/]", part) else part for part in parts
            )
        if name == "sqrt":
            return f"√{text}" if len(text) < 2 else f"√({text})"
        if name == "binom" and len(parts) > 1:
            return f"C({parts[0]}, {parts[1]})"
        if name == "href" and len(parts) > 1:
            return text if parts[0] in text else f"{text} ({parts[0]})"
        if name == "footnote":
            return ("" if self._last().isspace() else " ") + f"({text.strip()})"
        if name in ("textsuperscript", "textsubscript"):
            ordinal = ORDINAL.fullmatch(text) or name == "textsubscript"
            return text if ordinal else f"^{text}"
        return text or name * (len(parts) == 1 and name not in SILENT)

    def _control_symbol(self, sign: str, at: int, end: int, depth: int) -> int:
        after = at + 2
        if sign == "\\":
            # '\\%' and '\\textit{' were escaped once too often; other pairs are line breaks.
            if _ESCAPED_TWICE.match(self.text, after):
                return after - 1
            self._write(" ")
            return after
        if sign in ACCENTS:
            done = self._accent(sign, after, end, depth)
            if done is None:
                self._write(sign)
            return done or after
        if sign in "%&#$_{}":
            self._write(sign)
        elif sign.isspace() or sign in ",;:>":
            self._write(" ")
        elif sign == "|":
            self._write("‖")
        elif sign not in "!/-@":
            self._write("\\" + sign)
        return after

    def _accent(self, accent: str, after: int, end: int, depth: int) -> int | None:
        """The letter under *accent*; None where no letter follows that can carry it."""
        letter = _LETTER_AHEAD[accent.isalpha()].match(self.text, after, end)
        base, beyond = "", after
        if letter:
            base, beyond = letter["base"] or letter["braced"], letter.end()
            if letter["base"] and not self._carries(accent, base, beyond):
                return None
        elif after in self.closing:
            beyond = self.closing[after] + 1
            base = self.converted(after + 1, beyond - 1, math=True, depth=depth + 1)
        composed = accented(accent, base)
        if composed is None:
            if not accent.isalpha() or beyond == after:
                return None
            composed = base
        self._write(composed)
        return beyond + 2 * (self.text[beyond : beyond + 2] == "{}")

    def _carries(self, accent: str, base: str, beyond: int) -> bool:
        """Whether this is an accent and not an escaped quote: 'it\\'s', '\\"else\\"'."""
        before = self._last()
        if accent == "'" and base == "s" and before.isalpha():
            return self.text[beyond : beyond + 1].isalpha()
        if accent == '"' and base.islower():
            return before.isalpha() or before in "{}"
        return True

    def _arguments(self, after: int, end: int, name: str) -> tuple[list[tuple[int, int]], int]:
        """Where the arguments of a macro start and end, and where the text goes on behind them."""
        arguments: list[tuple[int, int]] = []
        most = _ARGUMENTS.get(name, 1)
        while len(arguments) < most:
            option = _OPTIONS.match(self.text, after, end)
            brace = option.end() if option else after
            if self.text[brace : brace + 1] == " " and name in _SPACE_BEFORE_ARGUMENT:
                brace += 1
            if brace not in self.closing or brace >= end:
                break
            arguments.append((brace + 1, self.closing[brace]))
            after = self.closing[brace] + 1
        return arguments, after

    def _write(self, piece: str) -> None:
        if piece:
            self.out.append(piece)

    def _last(self) -> str:
        """The last character written, or a space at the beginning."""
        return self.out[-1][-1] if self.out else " "

    def _take_back_space(self) -> None:
        while self.out:
            kept = self.out.pop().rstrip()
            if kept:
                self.out.append(kept)
                return

    def _without_empty_brackets(self, after: int, end: int) -> int:
        """'(\\cite{x})' leaves nothing, not '()'."""
        pair = self._last() + self.text[after : min(after + 1, end)]
        if pair not in ("()", "[]"):
            return after
        self.out[-1:] = [self.out[-1][:-1]] if len(self.out[-1]) > 1 else []
        self._take_back_space()
        return after + 1


def _closing_braces(text: str) -> dict[int, int]:
    """Where each brace that is closed again is closed; escaped braces are letters."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            closing[opened.pop()] = brace.start()
    return closing


def _math(text: str) -> dict[int, tuple[int, int, int]]:
    """Formulas by where they begin: start and end of what is inside, and where the text goes on."""
    found: dict[int, tuple[int, int, int]] = {}
    opened: re.Match[str] | None = None
    for delimiter in _DELIMITER.finditer(text):
        sign = delimiter[0]
        if sign not in _CLOSERS and sign not in _CLOSERS.values():
            continue
        if opened is not None and _CLOSERS[opened[0]] == sign:
            inner = text[opened.end() : delimiter.start()]
            before, after = (
                text[opened.start() - 1 : opened.start()],
                text[delimiter.end() : delimiter.end() + 1],
            )
            if _is_math(inner, sign, before, after):
                found[opened.start()] = (opened.end(), delimiter.start(), delimiter.end())
                opened = None
                continue
        if sign in _CLOSERS:
            opened = delimiter
    return found


def _is_math(inner: str, sign: str, before: str, after: str) -> bool:
    """Whether two dollar signs enclose a formula rather than two amounts of money."""
    if not inner.strip() or len(inner) > _LONGEST_MATH:
        return False
    if sign != "$":
        return True
    if "\\" not in inner and _PROSE.search(inner):
        return False
    if _MATH_SIGN.search(inner):
        marked = re.search(r"[\\^_{\u02c6]", inner) is not None
        return (marked or not after.isdigit()) and not inner[-1].isspace() | inner[0].isspace()
    return not (after.isdigit() or before.isdigit()) and _MATH_WORD.fullmatch(inner) is not None
