"""
Fetching from the services, against a server here that sends what they send.

No test leaves this machine: pages are made up in the shapes of the services' own.
"""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from scholargraph.cli import cli
from scholargraph.commands.fetching import SERVICES as OFFERED
from scholargraph.extract.fetching import SERVICES, Fetched, FetchError, fetch
from scholargraph.extract.fetching.folder import STATE
from scholargraph.extract.fetching.transport import TRIES, Transport
from scholargraph.extract.papers import Paper
from scholargraph.extract.sources import read, recognise

TOTAL = 250  # works that the service has; its pages hold 100


class Service(ThreadingHTTPServer):
    """A service that has `TOTAL` works; what is in *faults* is sent first, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: list[Callable[[BaseHTTPRequestHandler], None]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.requests.append(asked)
        self.server.headers.append({name.lower(): text for name, text in self.headers.items()})
        if self.server.faults:
            self.server.faults.pop(0)(self)
        else:
            send(self, PAGES[parts.path](asked))

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


def busy(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"slow down", 429, Retry_After="7")


def down_for_repair(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"<html><body>We will be back soon</body></html>")


def numbers(start: int) -> range:
    return range(start, min(start + 100, TOTAL))


def arxiv_page(asked: dict[str, str]) -> bytes:
    entries = "".join(
        f"""<entry><id>http://arxiv.org/abs/2401.{n:05}v2</id><title>Owls {n}</title>
        <summary>We count owls with OwlNet.</summary><published>2024-01-05T00:00:00Z</published>
        <author><name>Ada Lindqvist</name></author>
        <category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/></entry>"""
        for n in numbers(int(asked["start"]))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom"><id>http://arxiv.org/api/x</id>
    <title>ArXiv Query</title><updated>2024-02-01T00:00:00Z</updated>
    <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{TOTAL}
    </opensearch:totalResults>{entries}</feed>""".encode()


def openalex_page(asked: dict[str, str]) -> bytes:
    meta: dict[str, Any] = {"count": TOTAL, "per_page": 100}
    if "cursor" in asked:
        start = 0 if asked["cursor"] == "*" else int(asked["cursor"].removeprefix("c"))
        end = start + 100
        meta["next_cursor"] = f"c{end}" if end < TOTAL else None
    else:
        start = 100 * (int(asked["page"]) - 1)
        meta["page"] = int(asked["page"])
    works = [
        {
            "id": f"https://openalex.org/W{n}",
            "title": f"Owls {n}",
            "display_name": f"Owls {n}",
            "publication_year": 2024,
            "authorships": [],
            "abstract_inverted_index": {"Owls": [0], "fly": [1]},
        }
        for n in numbers(start)
    ]
    return json.dumps({"meta": meta, "results": works, "group_by": []}).encode()


def semanticscholar_page(asked: dict[str, str]) -> bytes:
    start = int(asked.get("token", "0"))
    papers = [
        {
            "paperId": f"{n:040x}",
            "externalIds": {"CorpusId": n},
            "title": f"Owls {n}",
            "abstract": "Owls fly.",
            "year": 2024,
            "authors": [{"authorId": "1", "name": "Ada Lindqvist"}],
        }
        for n in numbers(start)
    ]
    token = str(start + 100) if start + 100 < TOTAL else None
    return json.dumps({"total": TOTAL, "token": token, "data": papers}).encode()


def crossref_page(asked: dict[str, str]) -> bytes:
    start = 0 if asked["cursor"] == "*" else int(asked["cursor"])
    items = [
        {"DOI": f"10.5555/owl.{n}", "title": [f"Owls {n}"], "type": "journal-article"}
        for n in numbers(start)
    ]
    message = {"total-results": TOTAL, "items": items, "next-cursor": str(start + 100)}
    return json.dumps(
        {"status": "ok", "message-type": "work-list", "message-version": "1.0.0"}
        | {"message": message}
    ).encode()


PAGES: dict[str, Callable[[dict[str, str]], bytes]] = {
    "/api/query": arxiv_page,
    "/works": lambda asked: openalex_page(asked) if "per_page" in asked else crossref_page(asked),
    "/graph/v1/paper/search/bulk": semanticscholar_page,
}


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        yield server
        server.shutdown()


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def transport(self, address: str, pause: float, environment: Any) -> Transport:
        return Transport(address, pause, environment, lambda: self.now, self.sleep)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fetched(service: Service, clock: Clock) -> Callable[..., Fetched]:
    """`fetch` from the service here, in no time."""
    return partial(fetch, address=service.address, environment={}, transport=clock.transport)


@pytest.mark.parametrize("name", SERVICES)
def test_a_search_is_fetched_to_its_end_and_read_back(name, fetched, tmp_path):
    found = fetched(name, ["owls"], tmp_path / "owls")

    papers = [
        record
        for file in found.files
        for record in read(file, format="auto")
        if isinstance(record, Paper)
    ]
    assert (found.records, found.new, found.total, found.complete) == (TOTAL, TOTAL, TOTAL, True)
    assert {recognise(file) for file in found.files} == {name}
    assert sorted(paper.title for paper in papers) == sorted(f"Owls {n}" for n in range(TOTAL))


@pytest.mark.parametrize("name", SERVICES)
def test_requests_are_as_far_apart_as_the_service_wants(name, service, clock, fetched, tmp_path):
    fetched(name, ["owls"], tmp_path / "owls")

    assert len(clock.slept) == len(service.requests) - 1
    assert all(seconds == pytest.approx(SERVICES[name].pause) for seconds in clock.slept)


def test_arxiv_is_asked_once_in_three_seconds():
    assert SERVICES["arxiv"].pause >= 3


@pytest.mark.parametrize("fault", [cut, busy, down_for_repair])
@pytest.mark.parametrize("name", ["arxiv", "crossref"])
def test_what_passes_is_tried_again(name, fault, service, clock, fetched, tmp_path):
    service.faults = [fault, fault]

    found = fetched(name, ["owls"], tmp_path / "owls", limit=100)

    assert found.records == 100
    assert len(service.requests) == 3
    if fault is busy:
        assert [seconds for seconds in clock.slept if seconds >= 7]


def test_what_does_not_pass_is_given_up_and_goes_on_later(service, fetched, tmp_path):
    folder = tmp_path / "owls"
    fetched("crossref", ["owls"], folder, limit=100)
    service.faults = [busy] * TRIES
    with pytest.raises(FetchError, match="429 .*what came before is kept"):
        fetched("crossref", ["owls"], folder)
    kept = (folder / "0001.json").stat().st_mtime_ns
    service.requests.clear()

    found = fetched("crossref", ["owls"], folder)

    assert (found.records, found.new) == (TOTAL, TOTAL - 100)
    assert [asked["cursor"] for asked in service.requests] == ["100", "200"]
    assert (folder / "0001.json").stat().st_mtime_ns == kept


def test_a_page_that_was_written_but_not_yet_noted_is_fetched_again(fetched, tmp_path):
    folder = tmp_path / "owls"
    fetched("arxiv", ["owls"], folder, limit=100)
    (folder / "0002.xml").write_bytes(b"half a pa")

    found = fetched("arxiv", ["owls"], folder)

    assert found.records == TOTAL
    assert recognise(folder / "0002.xml") == "arxiv"


def test_a_finished_fetch_asks_nothing_more(service, fetched, tmp_path):
    fetched("semanticscholar", ["owls"], tmp_path / "owls")
    service.requests.clear()

    found = fetched("semanticscholar", ["owls"], tmp_path / "owls")

    assert (found.new, found.complete, service.requests) == (0, True, [])


def test_a_wrong_question_is_not_repeated(service, fetched, tmp_path):
    service.faults = [lambda handler: send(handler, b'{"message": "no such filter"}', 400)]

    with pytest.raises(FetchError, match="400 .*no such filter"):
        fetched("openalex", ["colour:blue"], tmp_path / "owls")
    assert len(service.requests) == 1
    assert not (tmp_path / "owls").exists()


def test_keys_come_from_the_environment_and_stay_out_of_messages(service, fetched, tmp_path):
    environment = {
        "OPENALEX_API_KEY": "secret-1",
        "SEMANTIC_SCHOLAR_API_KEY": "secret-2",
        "SCHOLARGRAPH_MAILTO": "ada@example.org",
    }
    fetched("openalex", ["owls", "publication_year:2024"], tmp_path / "a", environment=environment)
    assert service.requests[0] == {
        "search": "owls",
        "filter": "publication_year:2024",
        "per_page": "100",
        "cursor": "*",
        "api_key": "secret-1",
        "mailto": "ada@example.org",
    }
    assert "ada@example.org" in service.headers[0]["user-agent"]

    fetched("semanticscholar", ["owls"], tmp_path / "b", limit=1, environment=environment)
    assert service.headers[-1]["x-api-key"] == "secret-2"
    service.faults = [busy] * TRIES
    with pytest.raises(FetchError) as caught:
        fetched("openalex", ["bats"], tmp_path / "c", environment=environment)

    assert "secret" not in str(caught.value)
    assert "ada@" not in str(caught.value)
    assert "secret" not in (tmp_path / "a" / STATE).read_text()


def test_words_for_arxiv_are_all_wanted_unless_they_name_a_field(service, fetched, tmp_path):
    for number, words in enumerate((["snowy", "owl"], ["cat:cs.CV AND ti:owl"])):
        fetched("arxiv", words, tmp_path / str(number), limit=1)

    assert [asked["search_query"] for asked in service.requests] == [
        "all:snowy AND all:owl",
        "cat:cs.CV AND ti:owl",
    ]


def test_a_folder_of_another_search_is_left_alone(fetched, tmp_path):
    fetched("arxiv", ["owls"], tmp_path / "owls", limit=1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")

    with pytest.raises(FetchError, match="holds arxiv 'owls'"):
        fetched("arxiv", ["bats"], tmp_path / "owls")
    with pytest.raises(FetchError, match="not empty"):
        fetched("arxiv", ["bats"], tmp_path / "mine")


def test_a_page_that_was_changed_is_noticed(fetched, tmp_path):
    fetched("arxiv", ["owls"], tmp_path / "owls", limit=1)
    with (tmp_path / "owls" / "0001.xml").open("ab") as file:
        file.write(b" ")

    with pytest.raises(FetchError, match="not as it was fetched"):
        fetched("arxiv", ["owls"], tmp_path / "owls")


# What each of them has sent, or might, that is not as documented.
STRANGE = {
    "arxiv": (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
        "<o:totalResults>many</o:totalResults></feed>"
    ),
    "openalex": '{"results": [{}], "meta": {"count": 500, "next_cursor": {"after": 5}}}',
    "semanticscholar": "[" * 100_000,
    "crossref": json.dumps({"message": {"items": [{}] * 100, "next-cursor": 5}}),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_strange_page_is_given_up_in_one_line(name, service, fetched, tmp_path):
    service.faults = [lambda handler: send(handler, STRANGE[name].encode())] * TRIES

    with pytest.raises(FetchError, match="it sent "):
        fetched(name, ["owls"], tmp_path / "owls")
    assert not (tmp_path / "owls").exists()


@pytest.mark.parametrize(
    "meta", [{"count": "12", "page": [1]}, {"count": None, "page": "first"}, {"count": 1.5}]
)
def test_what_openalex_counts_wrongly_is_not_known(meta):
    page = SERVICES["openalex"].page(json.dumps({"results": [{}], "meta": meta}).encode(), None)

    assert page.next is None
    assert page.total in (None, 12)


@pytest.mark.parametrize("said", ["²", "Wed, 21 Oct 2015 07:28:00 -0000", "soon", "9" * 400])
def test_a_strange_time_to_wait_is_no_obstacle(said, service, fetched, tmp_path):
    body, name = b"slow down", "Retry-After"
    service.faults = [lambda handler: send(handler, body, 429, **{name: said})]

    assert fetched("crossref", ["owls"], tmp_path / "owls", limit=1).records == 100


def test_a_key_stays_out_of_what_is_said_where_nobody_answers(clock, tmp_path):
    with pytest.raises(FetchError) as caught:
        fetch(
            "openalex",
            ["owls"],
            tmp_path / "owls",
            address="http://127.0.0.1:9",
            environment={"OPENALEX_API_KEY": "secret-1", "SCHOLARGRAPH_MAILTO": "ada@example.org"},
            transport=clock.transport,
        )

    assert "refused" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "ada@" not in str(caught.value)


@pytest.mark.parametrize("address", ["ftp://mirror.example", "mirror.example", "http://"])
def test_an_address_that_is_none_is_not_tried(address, clock, tmp_path):
    with pytest.raises(FetchError, match="write one with https://"):
        fetch("arxiv", ["owls"], tmp_path, address=address, transport=clock.transport)
    assert clock.slept == []


@pytest.mark.parametrize(
    "state", ['{"service": "arxiv", "words": ["owls"], "pages": [{}]}', "\xff"]
)
def test_a_folder_whose_state_is_unreadable_is_left_alone(state, fetched, tmp_path):
    (tmp_path / STATE).write_bytes(state.encode("latin-1"))

    with pytest.raises(FetchError, match="name another folder"):
        fetched("arxiv", ["owls"], tmp_path)


def test_a_folder_that_cannot_be_is_said_in_one_line(fetched, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(FetchError, match="name another folder"):
        fetched("arxiv", ["owls"], tmp_path / "file")


def test_nobody_there_is_said_in_one_line(clock, tmp_path):
    with pytest.raises(FetchError, match="no whole answer came"):
        fetch(
            "arxiv",
            ["owls"],
            tmp_path / "owls",
            address="http://127.0.0.1:9",
            environment={},
            transport=clock.transport,
        )
    assert not (tmp_path / "owls").exists()


def test_the_command_fetches_and_imports(service, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["fetch", "semanticscholar", "owls", "--limit", "1", "--address", service.address]
    store = ["--import", "--jobs", "1", "--store", str(tmp_path / "owls.db")]

    result = CliRunner().invoke(cli, [*words, *store], catch_exceptions=False)

    assert result.exit_code == 0, result.output
    assert (
        f"100 of {TOTAL} papers in fetched/semanticscholar-owls, 100 of them new" in result.output
    )
    assert "100 papers in the store" in result.output


def test_the_command_offers_every_service():
    assert tuple(OFFERED) == tuple(SERVICES)
