"""Markup to plain text, and text that only looks like markup."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.latex import plain

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "papers"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (r"80\% fewer, \textit{e.g.}, ours", "80% fewer, e.g., ours"),
        (r"so far \cite{lei2021less}.", "so far."),
        (r"see (\citep[p.~3]{a}) and [\cite{b}], then", "see and, then"),
        (r"at \url{https://github.com/a_b/c\_d}.", "at https://github.com/a_b/c_d."),
        (r"the coefficient $λ$ and $\lambda$.", "the coefficient λ and λ."),
        (r"PASCAL-5$^i$ and COCO-20$^i$", "PASCAL-5^i and COCO-20^i"),
        ("``analog (ADC)\" and ``quotes''", '"analog (ADC)" and "quotes"'),
        (r"\ie Jiangsu, \eg in; \etal. so \ie{} x", "i.e. Jiangsu, e.g. in; et al. so i.e. x"),
        (r"\underline{\textit{M}}FM", "MFM"),
        (r"Fr\'echet, na\"{\i}ve, M\"{u}ller, \c{S}tef\u{a}n", "Fréchet, naïve, Müller, Ştefăn"),
        (r"S\o ren, {\v s}, Erd\H{o}s, \'Etienne, \"Ozg\"ur", "Søren, š, Erdős, Étienne, Özgür"),
        (r"Fig.~3, pages 1--5\% --- so", "Fig. 3, pages 1–5% — so"),
        (r"by 5\%~8\%, 1~2, ~3 and Task~5", "by 5%~8%, 1~2, ~3 and Task 5"),
        (r"$O(n^2)$, $10^{-4}$, $x^{a+b}$, $\frac{a}{b+1}$", "O(n^2), 10^-4, x^(a+b), a/(b+1)"),
        (r"$\mathcal{L}_{ij}$, $\sqrt{n}$, $90^\circ$, $4^{th}$", "L_ij, √n, 90°, 4th"),
        (r"2\times faster, En\rightarrowDe, \alphaNLI", "2× faster, En→De, αNLI"),
        (r"F$_1$-score, $k$NN, $>90\%$, $$x$$, \(y\)", "F_1-score, kNN, >90%, x, y"),
        (r"{\bf Owls}: {BERT} for en-{de, fr}, 3\%", "Owls: BERT for en-{de, fr}, 3%"),
        (r"Owls.\footnote{At \url{https://a.b}} More", "Owls. (At https://a.b) More"),
        (r"\href{https://a.b}{here}", "here (https://a.b)"),
        (r"it\'s \"quoted\" and don\'t", "it's \"quoted\" and don't"),
        (r"80\\% \\textit{escaped} twice", "80% escaped twice"),
        (r"\begin{itemize}\item a \item b\end{itemize}", "a b"),
        ("a<sup>2</sup>, 5<sup>th</sup>, <b>bold</b>, line<br/>end", "a^2, 5th, bold, line end"),
        ('<a href="https://a.b">here</a>', "here (https://a.b)"),
        ("AT&amp;T, x &lt; y, &amp;amp;eacute; &map; &notit; &#233;", "AT&T, x < y, é ↦ &notit; é"),
        ("Cohen\xe2\x80\x99s", "Cohen’s"),
        (" two\nlines\u00a0and \t a tab ", "two lines and a tab"),
    ],
)
def test_markup_becomes_text(markup, text):
    assert plain(markup) == text


@pytest.mark.parametrize(
    "text",
    [
        "Ask&Confirm, 50% of C# and a_b, R@1(i2t), 2^{nd}",
        "$5 per hour and $10, US$ 3 to $4.50",
        "100$, 50$ and 20$",
        "$5 for n=3 and 10$ for a_b or more",
        r"C:\temp\new, C:\alpha, ..\data\beta, dir\beta\x.txt",
        r"\\server\share is a path",
        r"the literal \n and \t and \r end",
        r"our \ourmodel stays",
        "{unbalanced and } too, {}",
        "$5 for {BERT}, 5%~8%, a~b and pages 1--5",
        "{\"a\": [1, 2]}, {x, y}",
        "x < y > z, <s>, </s>, <subject, relation, object>",
        "<script>alert(1)</script> \"><img onerror=x>",
        "~5% and ~ 3, a -- b, ---, it''s",
        "Emoji 😀 👩‍🔬, 中文, العربية",
        "``unclosed",
        "$", "\\", "a\\", "$$", "{", "&", "<b>",
    ],
)  # fmt: skip
def test_text_that_is_no_markup_stays(text):
    assert plain(text) == text


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            r"\ $ { } ^ _ ~ `` '' -- & ; amp lt < > <b> </b> \textit{ \cite{a} \alpha \' \" \c \% "
            r"\\ \( \) \frac \sqrt \ie \textbackslash \url{ C:\ [ ] \i \footnote{ \footnote{x} "
            r"\hat &lt; &#36; &#92; \$ 5 x".split()
        ),
        st.sampled_from([" ", "\n", "a", "é", "\x00", "\ud800", "\xe2\x80\x99"]),
        st.text(max_size=3),
    ),
    max_size=25,
).map("".join)


@given(st.one_of(st.text(), MARKUP))
def test_plain_text_is_plain(text):
    once = plain(text)

    assert plain(once) == once
    assert once == " ".join(once.split())
    assert "\0" not in once
    once.encode()


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("con\u00advolu&shy;tional", "convolutional"),
        ("mod\u00e9\u00adlisation", "mod\u00e9lisation"),
        ("Ada\u200b Love\ufefflace", "Ada Lovelace"),
        ("\u202eowls\u202c by \u2066night\u2069", "owls by night"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_what_nobody_sees_goes_but_for_joiners(text, visible):
    assert plain(text) == visible


FORMATTING = ["Cc", "Cf", "Cs", "Cn"]


@given(st.text(st.characters(exclude_characters="\\$`&<", exclude_categories=FORMATTING)))
def test_text_without_signs_of_markup_changes_in_its_spaces_only(text):
    assert plain(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "piece",
    ["word ", r"\textit{", "{", "$x ", "$^i$ ", r"80\% ", "&amp;", "&amp;amp", "<b>", "``", "\\",
     r"\frac{a}{b}", r" \cite{a}", "a\\", r"\'e", "^{", "&#38;", r"\hat", "("],
)  # fmt: skip
def test_time_grows_with_length_only(piece):
    """Seconds at most, where anything quadratic would take hours."""
    text = piece * (300_000 // len(piece))
    started = time.process_time()

    plain(text)

    assert time.process_time() - started < 20


@pytest.mark.parametrize(("opening", "closing"), [("<b>", "</b>"), (r"\textit{", "}"), ("(", ")")])
def test_time_does_not_grow_with_depth(opening, closing):
    text = opening * 40_000 + r"\cite{x}" + closing * 40_000
    started = time.process_time()

    plain(text)

    assert time.process_time() - started < 20


@pytest.mark.skipif(not SHARED.is_dir(), reason="the paper collections lie outside the project")
def test_real_abstracts_without_markup_stay_as_they_are():
    with (SHARED / "acl-anthology-ccby-2k.jsonl").open(encoding="utf-8") as lines:
        papers = [json.loads(line) for line in lines]

    texts = [paper[field] for paper in papers for field in ("title", "abstract")]
    bare = [text for text in texts if not set("\\$`<&") & set(text)]
    assert len(bare) > 3_500
    assert [text for text in bare if plain(text) != " ".join(text.split())] == []
