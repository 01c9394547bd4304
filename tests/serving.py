"""Real servers for tests: a process on a free port, ended with the test."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

GRANIAN = (sys.executable, "-P", "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(command: Sequence[str], port: int, *, cwd: Path, **environment: str) -> Iterator[str]:
    """The address of a server that *command* started, from its first answer on."""
    log = cwd / "server.log"
    with open(log, "wb") as output:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while not is_up(f"{address}/health/live"):
            assert server.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def granian(store: Path, *, cwd: Path, **environment: str) -> Iterator[str]:
    """The address of a granian server over the store at *store*."""
    port = free_port()
    command = [*GRANIAN, "--port", str(port), "--blocking-threads", "16", "scholargraph.server:app"]
    with running(command, port, cwd=cwd, SCHOLARGRAPH_STORE=str(store), **environment) as address:
        yield address


@contextmanager
def served(store: Path, *options: str, cwd: Path, **environment: str) -> Iterator[str]:
    """The address of `scholargraph serve` over the store at *store*."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "scholargraph.cli", "serve", "--store", str(store)]
    with running([*command, "--port", str(port), *options], port, cwd=cwd, **environment) as found:
        yield found


def is_up(address: str) -> bool:
    """Whether the server at *address* answers at all."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
