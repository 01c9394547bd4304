"""What is read off query text before the engine sees it."""

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scholargraph.graph.federation import calls
from scholargraph.graph.sparql import QueryError, form, tokens

# Oxigraph refuses this port before it opens a socket, so that nothing here reaches a network.
NOWHERE = "http://127.0.0.1:1/"


def seen(text):
    """Whether a SERVICE or LOAD is noticed, as a call to answer for or as what is refused."""
    try:
        return bool(calls(text))
    except QueryError:
        return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * {}", "solutions"),
        ("select distinct*{}", "solutions"),
        ("selectdistinct*{}", "solutions"),
        ("# ASK\nASK {}", "boolean"),
        ("BASE <http://select/> PREFIX select: <ask> CONSTRUCT WHERE {}", "graph"),
        ("PREFIX : <x> DESCRIBE :a", "graph"),
        ("PREFIX ex: <x> DESCRIBEex:a", "graph"),
        ("INSERT DATA {}", "update"),
        ("WITH <g> DELETE {} WHERE {}", "update"),
        ("clear all", "update"),
        ("", None),
        ("HELLO", None),
        ("'SELECT'", None),
    ],
)
def test_the_form_is_the_first_keyword_after_the_prologue(text, expected):
    assert form(text) == expected


def test_tokens_are_the_longest_possible():
    text = (
        """SELECT ?a WHERE{<http://x/a#b> ex:p.q\\-r 'it''s',"a\\"b"@en-GB,'''x'y''',1.5e-3.}#end"""
    )

    assert [(token.kind, token.text) for token in tokens(text)] == [
        ("word", "SELECT"),
        ("variable", "?a"),
        ("word", "WHERE"),
        ("sign", "{"),
        ("iri", "<http://x/a#b>"),
        ("name", "ex:p.q\\-r"),
        ("string", "'it'"),
        ("string", "'s'"),
        ("sign", ","),
        ("string", '"a\\"b"'),
        ("language", "@en-GB"),
        ("sign", ","),
        ("string", "'''x'y'''"),
        ("sign", ","),
        ("number", "1.5e-3"),
        ("sign", "."),
        ("sign", "}"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICE <{NOWHERE}> {{}} }}",
        f"SELECT * {{ service silent <{NOWHERE}> {{}} }}",
        f"SELECT * {{ SERVICE#?\n<{NOWHERE}>{{}} }}",
        f"SELECT * {{ SERVICESILENT<{NOWHERE}>{{}} }}",
        f"SELECT * {{ ?s ?p trueSERVICE<{NOWHERE}>{{}} }}",
        f"PREFIX ex: <{NOWHERE}> SELECT * {{ SERVICEex:s {{}} }}",
        f"PREFIX ex: <{NOWHERE}> SELECT * {{ ?s ?p true.SERVICEex:s # {{\n{{}} }}",
        f"PREFIX : <{NOWHERE}> SELECT * {{ SERVICE:s {{}} }}",
        f"PREFIX e: <{NOWHERE}> PREFIX servicee: <x:> SELECT * {{ servicee:s {{}} }}",
        f"PREFIX e: <{NOWHERE}> SELECT * {{ ?s ?p e:.SERVICE e:s {{}} }}",
        f"SELECT * {{ BIND(1 AS ?a) FILTER(?a<2)SERVICE#>\n<{NOWHERE}>{{}} }}",
        f"SELECT * {{ BIND(1 AS ?a) FILTER(?a<=2)SERVICE#>\n<{NOWHERE}>{{}} }}",
        f"SELECT * {{ BIND(1 AS ?a) FILTER(?a<'>')SERVICE <{NOWHERE}> {{ ?s ?p 'b' }} }}",
        f"PREFIX : <{NOWHERE}> SELECT * {{ BIND(1<'>' AS ?x) SERVICE:s#x>'\n{{}} }}",
        f"PREFIX : <{NOWHERE}> SELECT * {{ FILTER(NOT EXISTS{{}}<1)SERVICE#>\n:s{{}} }}",
        f"LOAD <{NOWHERE}>",
        f"LOADSILENT<{NOWHERE}>",
        f"INSERT DATA {{}} ;\nload <{NOWHERE}> INTO GRAPH <x:>",
        f"PREFIX ex: <{NOWHERE}> LOADex:x",
        f"PREFIX ex: <{NOWHERE}> INSERT DATA {{}}; LOADex:x",
    ],
)
def test_what_the_engine_would_fetch_is_seen(text):
    assert seen(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?service ?p $SERVICE }",
        "SELECT * { ?s service:of ex:SERVICE . service:a ?p ?o }",
        "SELECT * { ?s ?p 'SERVICE <x> {}' , '''SERVICE''' , \"SERVICE\" }",
        "SELECT * { ?s ?p 'a'@service } # SERVICE <x> {}",
        "SELECT * { ?s <http://example.org/SERVICE> <urn:SERVICE> }",
        "SELECT * { ?s <SERVICE> <a/SERVICE> ; </SERVICE> <#SERVICE> }",
        "SELECT * FROM NAMED service:graph { GRAPH service:graph { ?s ?p _:service } }",
        "SELECT * FROM service:graph { ?s ?p ?o }",
        "SELECT * { ?s ?p 'LOAD' ; ex:load 1 }",
        "PREFIX load: <x:> INSERT DATA { load:a load:b load:c ; load:d 'LOAD' }",
        "PREFIX load: <x:> WITH load:g DELETE { ?s ?p ?o } USING load:h WHERE { ?s ?p ?o }",
        "PREFIX load: <x:> COPY load:a TO load:b",
    ],
)
def test_the_words_elsewhere_are_no_calls(text):
    assert not seen(text)


HARMLESS = st.one_of(
    st.sampled_from(["{", "}", "(", ")", ".", ";", ",", "=", "!", "*", "+", "&&", "FILTER", "a"]),
    st.text("SERVICEservice 'é/{", max_size=12).map(lambda text: f'"{text}"'),
    st.text('SERVICEservice "é\n{', max_size=12).map(lambda text: f"'''{text}'''"),
    st.text("SERVICEservice<>'\"é?{", max_size=12).map(lambda text: f"#{text}\n"),
    st.text("SERVICEservice/?=#é", max_size=12).map(lambda text: f"<http://example.org/{text}>"),
    st.text("SERVICEservice_é1", min_size=1, max_size=12).map(lambda text: f"?{text}"),
    st.text("SERVICEservice_é1", min_size=1, max_size=12).map(lambda text: f"ex:{text}"),
    st.text("SERVICEservice_é1", min_size=1, max_size=12).map(lambda text: f"_:{text}"),
)
MANY = st.lists(HARMLESS, max_size=8).map(" ".join)


@given(MANY)
def test_service_is_never_seen_where_it_is_no_keyword(text):
    assert not seen(f"SELECT * {{ {text} }}")


@given(MANY, st.sampled_from(["SERVICE", "service", "Service", "SERVICE#x\n"]), MANY)
def test_service_is_always_seen_where_it_is_a_keyword(before, keyword, after):
    assert seen(f"SELECT * {{ {before} {keyword} {after} }}")


OPERANDS = st.sampled_from(
    ["?a", "1", ".5", "'>'", "'#'", "true", "ex:p", "<x:y>", "'''a'''", "(1)", "STR(1)", "!true"]
)
COMPARISONS = st.tuples(OPERANDS, st.sampled_from(["<", "<=", ">", "&&", "/", "-"]), OPERANDS).map(
    lambda parts: f"FILTER(true||{''.join(parts)})"
)
PARTS = st.one_of(
    COMPARISONS,
    st.tuples(OPERANDS, OPERANDS, st.uuids()).map(
        lambda parts: f"BIND({parts[0]}<{parts[1]} AS ?x{parts[2].hex})"
    ),
    st.sampled_from(
        ["{}", " ", "\n", "#>\n", "# '\n", "#<\n", "OPTIONAL{}", "VALUES ?v {1 'a>' <x:y>}"]
    ),
)
SERVICES = st.tuples(
    st.sampled_from(["SERVICE", "service", "SERVICE ", "SERVICE#>\n", "SERVICE#'\n"]),
    st.sampled_from([f"<{NOWHERE}>", "ex:s", ":s", "ex:", "service:s"]),
    st.sampled_from(["{}", " {?s ?p 'x'}", "#x>'\n{?s ?p <x:z>}"]),
).map("".join)
DAMAGE = st.sampled_from(["", "<", ">", "'", '"', "#", "\n", "\\", " ", "{", "}", "?a<", "<'>"])


@settings(max_examples=500)
@given(st.lists(PARTS, max_size=4), SERVICES, st.lists(PARTS, max_size=3), DAMAGE, st.data())
def test_whatever_the_engine_fetches_is_seen(before, service, after, damage, data):
    body = "".join([*before, service, *after])
    place = data.draw(st.integers(0, len(body)))
    text = (
        f"PREFIX ex: <{NOWHERE}> PREFIX : <{NOWHERE}> PREFIX service: <{NOWHERE}a> "
        f"SELECT * {{ BIND(1 AS ?a) {body[:place]}{damage}{body[place:]} }}"
    )
    try:
        list(pyoxigraph.Store().query(text))
        fetched = False
    except (SyntaxError, RuntimeError):
        fetched = False
    except OSError:
        fetched = True

    assert seen(text) or not fetched


UPDATES = st.sampled_from(
    [
        "INSERT DATA {}",
        "CLEAR ALL",
        ";",
        " ",
        "# '\n",
        "#;\n",
        "CREATE SILENT GRAPH<x:y>",
        "LOAD ",
        "'",
    ]
)


@settings(max_examples=200)
@given(st.lists(UPDATES, max_size=4).map("".join))
def test_whatever_an_update_loads_is_seen(update):
    text = f"PREFIX ex: <{NOWHERE}> PREFIX : <{NOWHERE}> {update} LOAD <{NOWHERE}>"
    glued = f"PREFIX ex: <{NOWHERE}> PREFIX : <{NOWHERE}> {update} LOADex:file"
    for whole in (text, glued):
        try:
            pyoxigraph.Store().update(whole)
            fetched = False
        except (SyntaxError, RuntimeError):
            fetched = False
        except OSError:
            fetched = True

        assert seen(whole) or not fetched


def test_hostile_text_is_read_in_linear_time():
    # Quadratic reading would take minutes for any of these.
    for piece in ["<", "<a", "'", "'''", "?", "ex:.", "a.", "_:.", "<'>", "FILTER(?a<?b>", "\\"]:
        seen("SELECT * { ?service " + piece * (100_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (
            "SELECT * {\n  ?s foo:bar ?o }",
            "line 2, column 6: the prefix foo: is not declared; begin with PREFIX foo: <…>",
            2,
            6,
        ),
        (
            "SELECT ?x { ?s ?p ?o } GROUP BY ?s",
            "line 1, column 35: The SELECT contains a variable that is unbound",
            1,
            35,
        ),
        (
            "SELECT * { ?s ?p ?o",
            "line 1, column 20: "
            "the query ends too early, or what comes before cannot be understood",
            1,
            20,
        ),
        (
            "SELECT * { ?s ?p ?o } LIMITED",
            "line 1, column 23: the query cannot be understood from here on: LIMITED",
            1,
            23,
        ),
    ],
)
def test_the_engines_complaints_become_sentences(text, message, line, column):
    with pytest.raises(SyntaxError) as complaint:
        pyoxigraph.Store().query(text)

    error = QueryError.from_engine(text, str(complaint.value))

    assert (str(error), error.line, error.column) == (message, line, column)
