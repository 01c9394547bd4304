"""The access log and the log of slow queries: whole lines, nothing secret, no harm to answers."""

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.web.access_log import AccessLog, SlowLog
from scholargraph.web.exchanges import Exchange
from scholargraph.web.line_log import LineLog, shown

FULL = Path("/dev/full")
TOKEN = "s3cr3t/t0ken+="


def exchange(**members):
    usual = {
        "method": "GET",
        "path": "/sparql",
        "status": 200,
        "seconds": 0.25,
        "bytes_out": 512,
        "client": "192.0.2.7",
        "kind": "sparql",
    }
    return Exchange(**usual | members)


def lines(path):
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture
def log(path):
    log = LineLog.open(str(path))
    yield log
    log.close()


def test_a_line_says_what_was_asked_and_what_became_of_it(log, path):
    AccessLog(log).finished(
        exchange(query_string="query=ASK%7B%7D", cached=True, user_agent="curl/8.1")
    )
    log.close()

    (line,) = lines(path)
    assert line.pop("time").endswith("Z")
    assert line == {
        "client": "192.0.2.7",
        "method": "GET",
        "path": "/sparql?query=ASK%7B%7D",
        "status": 200,
        "seconds": 0.25,
        "bytes": 512,
        "kind": "sparql",
        "cached": True,
        "user_agent": "curl/8.1",
    }


def test_what_clients_send_cannot_forge_a_line(log, path):
    AccessLog(log).finished(
        exchange(
            method="GET\n{}",
            path='/\r\n{"time":"x"}\x1b[2J\u2028\x00\udcff',
            user_agent='x"\n{"status":200}',
        )
    )
    log.close()

    text = path.read_text("ascii")
    assert text.count("\n") == 1
    assert all(32 <= ord(character) < 127 for character in text[:-1])
    assert json.loads(text)["path"] == '/\r\n{"time":"x"}\x1b[2J\u2028\x00\\udcff'


def test_long_addresses_are_cut(log, path):
    AccessLog(log).finished(
        exchange(query_string="query=" + "x" * 1_000_000, user_agent="y" * 9000)
    )
    log.close()

    assert len(path.read_text()) < 3000


@pytest.mark.parametrize(
    "query_string",
    [
        f"x={TOKEN}",
        "x=s3cr3t%2Ft0ken%2B%3D",
        f"access_token={TOKEN}",
        "a=1&token=other",
        "a=1;API_KEY=other",
    ],
)
def test_a_log_holds_no_token(log, path, query_string):
    AccessLog(log, secret=TOKEN).finished(
        exchange(query_string=query_string, user_agent=f"agent {TOKEN}")
    )
    log.close()

    text = path.read_text()
    assert not any(part in text for part in (TOKEN, "s3cr3t", "other"))
    assert lines(path)[0]["path"].endswith("[secret]")


@given(st.text(max_size=300), st.integers(1, 100))
def test_what_is_shown_is_bounded_and_can_be_written(text, most):
    found = shown(text, most)

    assert len(found) <= most + 1
    assert found.encode("utf-8").decode("utf-8") == found


def test_lines_are_whole_whoever_writes(log, path):
    def write(writer):
        for number in range(200):
            log.write({"writer": writer, "number": number, "filler": "x" * 500})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()

    found = lines(path)
    assert {(line["writer"], line["number"]) for line in found} == {
        (writer, number) for writer in range(8) for number in range(200)
    }
    for writer in range(8):
        numbers = [line["number"] for line in found if line["writer"] == writer]
        assert numbers == sorted(numbers)
    assert log.dropped == 0


def written(path, count):
    """Waits until *path* has *count* lines."""
    for _ in range(500):
        if path.exists() and path.read_text().count("\n") == count:
            return True
        threading.Event().wait(0.01)
    return False


def test_a_renamed_file_is_made_anew(log, path):
    log.write({"n": 1})
    assert written(path, 1)
    path.rename(path.with_suffix(".1"))
    log.write({"n": 2})
    assert written(path, 1)
    path.unlink()
    log.write({"n": 3})
    log.close()

    assert lines(path.with_suffix(".1")) == [{"n": 1}]
    assert lines(path) == [{"n": 3}]


def test_a_truncated_file_is_written_from_its_start(log, path):
    log.write({"n": 1})
    assert written(path, 1)
    os.truncate(path, 0)
    log.write({"n": 2})
    log.close()

    assert lines(path) == [{"n": 2}]


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_costs_lines_only(caplog):
    log = LineLog.open(str(FULL))
    for number in range(3):
        log.write({"n": number})
    log.close()

    assert log.dropped == 3
    assert [record.message for record in caplog.records] == [
        "lines are lost: /dev/full: [Errno 28] No space left on device"
    ]


def test_a_half_written_line_spoils_no_other(tmp_path):
    # A limit on the size of files is the nearest thing to a disk that fills up in mid-line.
    path = tmp_path / "small.log"
    program = """
import resource, signal, sys, time
from scholargraph.web.line_log import LineLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = LineLog.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (30, 10**6))
log.write({"n": "x" * 10})
log.write({"n": "y" * 10})
while not log.dropped: time.sleep(0.01)
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
log.write({"n": 3})
log.close()
print(log.dropped)
"""
    found = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )

    assert found.stdout == "1\n"
    whole, torn, last = path.read_text().splitlines()
    assert json.loads(whole) == {"n": "x" * 10}
    assert torn == '{"n":"yyyyy'
    assert json.loads(last) == {"n": 3}


def test_a_closed_pipe_costs_lines_only(tmp_path, caplog):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    log = LineLog.open(str(path))
    log.write({"n": 1})
    select.select([reader], [], [], 5)
    got = os.read(reader, 100)
    os.close(reader)
    log.write({"n": 2})
    log.close()

    assert got == b'{"n":1}\n'
    assert log.dropped == 1
    assert "Broken pipe" in caplog.text


def test_a_reader_that_stands_still_delays_nobody(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    log = LineLog.open(str(path))

    for number in range(12_000):  # a pipe holds 64 kB, the queue 10,000 lines
        log.write({"n": number, "filler": "x" * 100})

    assert log.dropped > 1000
    os.close(reader)
    log.close()


def test_a_log_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        LineLog.open(str(tmp_path / "absent" / "access.log"))
    with pytest.raises(IsADirectoryError):
        LineLog.open(str(tmp_path))


def test_standard_output_is_a_log(tmp_path):
    program = """
from scholargraph.web.line_log import LineLog
log = LineLog.open("-")
log.write({"n": 1})
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert found.stdout == b'{"n":1}\n'


def test_only_its_owner_and_group_read_a_log(log, path):
    assert path.stat().st_mode & 0o007 == 0


@pytest.mark.parametrize(
    ("members", "logged"),
    [
        ({"seconds": 1.0}, "answered"),
        ({"seconds": 0.99}, None),
        ({"seconds": 9.0, "query": None}, None),
        ({"seconds": 10.1, "status": 503, "outcome": "timeout"}, "timeout"),
        ({"seconds": 0.2, "status": 503, "outcome": "timeout"}, "timeout"),
        ({"seconds": 0.2, "status": 503, "outcome": "memory"}, "memory"),
        ({"seconds": 3.0, "status": 499}, "cancelled"),
        ({"seconds": 3.0, "status": 400}, "error"),
        ({"seconds": 3.0, "status": 429}, "refused"),
    ],
)
def test_slow_and_killed_queries_are_logged(log, path, members, logged):
    SlowLog(log, after=1.0).finished(exchange(**{"query": "ASK {}"} | members))
    log.close()

    assert [line["outcome"] for line in lines(path)] == ([logged] if logged else [])


def test_a_slow_query_is_logged_with_its_text(log, path):
    SlowLog(log, after=1.0, secret=TOKEN).finished(
        exchange(seconds=2.5, query=f"# {TOKEN}\nSELECT * {{ ?s ?p '\u202e' }}", cached=False)
    )
    log.close()

    (line,) = lines(path)
    assert line.pop("time").endswith("Z")
    assert line == {
        "client": "192.0.2.7",
        "seconds": 2.5,
        "outcome": "answered",
        "status": 200,
        "bytes": 512,
        "cached": False,
        "length": 39,
        "query": "# [secret]\nSELECT * { ?s ?p '\u202e' }",
    }


def test_a_long_query_is_cut_and_its_length_told(log, path):
    SlowLog(log, after=1.0).finished(exchange(seconds=2.0, query="#" * 1_000_000))
    log.close()

    (line,) = lines(path)
    assert (line["length"], len(line["query"])) == (1_000_000, 10_001)
