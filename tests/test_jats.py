"""Markup of publishers to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.latex import plain
from scholargraph.extract.sources.jats import untagged


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("<jats:p>Owls <jats:italic>see</jats:italic>.</jats:p>", "Owls see."),
        ("<p>Owls.</p><p>Moths.</p>", "Owls. Moths."),
        ("<jats:title>Abstract</jats:title><jats:p>Owls.</jats:p>", "Owls."),
        ("<jats:title>SUMMARY:</jats:title><jats:p>Owls.</jats:p>", "Owls."),
        ("<jats:sec><jats:title>Aim</jats:title><jats:p>Owls.</jats:p></jats:sec>", "Aim: Owls."),
        ("<jats:title>Why owls?</jats:title><jats:p>Eyes.</jats:p>", "Why owls? Eyes."),
        ("H<jats:sub>2</jats:sub>O, x<jats:sup>2</jats:sup>", "H2O, x^2"),
        ("<jats:list-item>a</jats:list-item><jats:list-item>b</jats:list-item>", "a b"),
        ('<a href="x>y">Owls</a>', 'y">Owls'),
        ('<jats:p id="1>Owls</jats:p>', "Owls"),
        ("<i>Strix</i> &amp; &lt;s&gt; p &lt; 0.05", "Strix & <s> p < 0.05"),
        ("<i>E. coli</i> in a<b and <unk> <s>", "E. coli in a<b and <unk> <s>"),
        ("AT&T &copy=2 <b>x</b>", "AT&T &copy=2 x"),
        ("<!-- note --><i>Owls</i><?page 2?>", "Owls"),
        ("<![CDATA[Owls & moths]]> <b>see</b>", "Owls & moths see"),
        ("<i>Owls <jats:p>see</i>.", "Owls see ."),
        ("<i>Owls", "Owls"),
        ("</i>Owls", "Owls"),
        ("<mml:math><mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn></mml:mfrac></mml:math>", "1/2"),
        (
            "<mml:msub><mml:mi>P</mml:mi><mml:mrow><mml:mi>i</mml:mi><mml:mo>+</mml:mo>"
            "<mml:mn>1</mml:mn></mml:mrow></mml:msub>",
            "P_(i+1)",
        ),
        ("<mml:msqrt><mml:mi>x</mml:mi></mml:msqrt>", "√(x)"),
        (
            "<jats:alternatives><jats:tex-math>$\\alpha$</jats:tex-math><mml:math><mml:mi>α</mml:mi>"
            "</mml:math></jats:alternatives>",
            "α",
        ),
        ("no markup at all: x < y, $5", "no markup at all: x < y, $5"),
    ],
)  # fmt: skip
def test_tags_become_text(marked, text):
    assert plain(untagged(marked)) == text


PIECES = st.sampled_from(
    ["<jats:p>", "</jats:p>", "<sup>", "</sup>", "<mml:msup>", "</mml:msup>", "<mml:mi>", "<", ">"]
    + ["&amp;", "&", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "x", " ", "<tex-math>", "</title>"]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_text_of_any_markup_is_plain(text):
    found = plain(untagged(text))

    assert plain(found) == found


@pytest.mark.parametrize("unit", ["<b>", "<sup>", "<!--", "<", "<b ", "&amp;", "<mml:mi>x"])
def test_debris_of_a_hundred_thousand_characters_costs_little_depth(unit):
    text = unit * (100_000 // len(unit)) + "<i>Owls</i>"

    assert "Owls" in untagged(text)
