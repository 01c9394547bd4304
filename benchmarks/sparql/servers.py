"""The servers that are compared: how each is filled, started, asked and weighed."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

HERE = Path(__file__).parent
# How long a server may take to load the graph and to answer for the first time.
START = 600.0
# What counts as idle: seconds of work within one second.
IDLE = 0.05
JSON = "application/sparql-results+json"


@dataclass(frozen=True, slots=True)
class Data:
    """The same graph in the forms that servers read it from, in the folder *work*."""

    work: Path
    name: str

    @property
    def quads(self) -> Path:
        return self.work / f"{self.name}.nq"

    @property
    def store(self) -> Path:
        return self.work / f"{self.name}.db"

    @property
    def rust(self) -> Path:
        return self.work / f"{self.name}.oxigraph"

    @property
    def peers(self) -> Path:
        """The venv of the others."""
        return self.work / "peers"


@dataclass(frozen=True, slots=True)
class Server:
    """
    One way to serve the graph.

    *fill* is called before it starts, *feed* once it listens; *slow* means that it is asked only
    the first few questions of each class.
    """

    name: str
    command: Callable[[Data, int], list[str]]
    path: str
    fill: Callable[[Data], None] = lambda data: None
    feed: Callable[[Data, int], None] = lambda data, port: None
    slow: bool = False


class Running:
    """A server that answers: process *group* and what it uses. Close it."""

    def __init__(self, server: Server, data: Data, port: int) -> None:
        self.server = server
        self.port = port
        server.fill(data)
        self.command = server.command(data, port)
        self._log = open(data.work / f"{server.name}.log", "wb")
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._root = psutil.Process(self._process.pid)
        try:
            self._await_port()
            server.feed(data, port)
            self.ask("ASK { ?s ?p ?o }")
            # Of the Rust server in memory: with the loading of the graph.
            self.start_seconds = time.perf_counter() - begin
            self._await_idle()
            self.idle_seconds = time.perf_counter() - begin
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        return self.server.name

    def ask(self, text: str) -> bytes:
        """The answer to one query. Raises: RuntimeError for any status but 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START)
        try:
            connection.request("GET", self.target(text), headers={"Accept": JSON})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{self.server.name}: {response.status}: {body[:500]!r}")
        return body

    def target(self, text: str) -> str:
        return f"{self.server.path}?query={quote(text, safe='')}"

    def processor(self) -> float:
        """Seconds of processor time so far, of all its processes, ended ones included."""
        total = 0.0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                used = process.cpu_times()
                total += used.user + used.system + used.children_user + used.children_system
        return total

    def resident(self) -> int:
        """Bytes of memory; pages that processes share count for each of them."""
        return self._sum(lambda process: process.memory_info().rss)

    def footprint(self) -> int:
        """Bytes of memory, shared pages counted once (PSS); takes longer to find out."""
        return self._sum(lambda process: process.memory_full_info().pss)

    def close(self) -> None:
        """Ends it, and whatever it started."""
        processes = list(self._processes())
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self._log.close()

    def _sum(self, measure: Callable[[psutil.Process], int]) -> int:
        total = 0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += measure(process)
        return total

    def _processes(self) -> Iterator[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            yield self._root
            yield from self._root.children(recursive=True)

    def _await_port(self) -> None:
        patience = time.monotonic() + START
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"{self.server.name} ended at once; its words are in {self._log.name}"
                )
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if time.monotonic() > patience:
                raise RuntimeError(f"{self.server.name} does not listen; see {self._log.name}")
            time.sleep(0.01)

    def _await_idle(self) -> None:
        """What it does of its own accord after its start shall not be measured."""
        patience = time.monotonic() + START
        last = self.processor()
        while time.monotonic() < patience:
            time.sleep(1)
            if (now := self.processor()) - last < IDLE:
                return
            last = now
        raise RuntimeError(f"{self.name} still works of its own accord after {START:g} s")


def ours(name: str, *options: str) -> Server:
    """`scholargraph serve`, without the limits on requests; time and memory stay bounded."""

    def command(data: Data, port: int) -> list[str]:
        place = [str(Path(sys.executable).with_name("scholargraph")), "serve"]
        place += ["--store", str(data.store), "--port", str(port)]
        return [*place, "--limits", "off", *options]

    return Server(name, command, "/sparql")


def _oxigraph(data: Data) -> str:
    return str(data.peers / "bin" / "oxigraph")


def _rust_disk(data: Data, port: int) -> list[str]:
    place = ["--location", str(data.rust)]
    return [_oxigraph(data), "serve", *place, "--bind", f"127.0.0.1:{port}"]


def _fill_rust(data: Data) -> None:
    if data.rust.exists():
        return
    draft = data.rust.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    place = ["--location", str(draft)]
    for command in (["load", *place, "--file", str(data.quads)], ["optimize", *place]):
        subprocess.run([_oxigraph(data), *command], check=True, stderr=subprocess.DEVNULL)
    draft.rename(data.rust)


def _rust_memory(data: Data, port: int) -> list[str]:
    return [_oxigraph(data), "serve", "--bind", f"127.0.0.1:{port}"]


def _feed_rust(data: Data, port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START)
    headers = {
        "Content-Type": "application/n-quads",
        "Content-Length": str(data.quads.stat().st_size),
    }
    with open(data.quads, "rb") as file:
        connection.request("POST", "/store?no_transaction", file, headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status not in (200, 201, 204):
        raise RuntimeError(f"oxigraph refused the graph: {response.status} {response.reason}")


def _rdflib(data: Data, port: int) -> list[str]:
    python = str(data.peers / "bin" / "python")
    return [python, str(HERE / "rdflib_server.py"), str(data.quads), str(port)]


SERVERS = {
    server.name: server
    for server in (
        ours("ours"),
        ours("ours-disk", "--memory", "off"),
        ours("ours-memory", "--memory", "on"),
        Server("rust-disk", _rust_disk, "/query", fill=_fill_rust),
        Server("rust-memory", _rust_memory, "/query", feed=_feed_rust),
        Server("rdflib-endpoint", _rdflib, "/", slow=True),
    )
}


def install(peers: Path) -> None:
    """
    Makes the venv of the servers that are not ours, once.

    Raises: RuntimeError where a package cannot be had.
    """
    wanted = HERE / "requirements.txt"
    done = peers / "installed.txt"
    if done.exists() and done.read_bytes() == wanted.read_bytes():
        return
    subprocess.run([sys.executable, "-m", "venv", str(peers)], check=True)
    pip = [str(peers / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    ended = subprocess.run(
        [*pip, "--disable-pip-version-check", "-r", str(wanted)], env=os.environ, check=False
    )
    if ended.returncode:
        raise RuntimeError(
            "the servers to compare with cannot be installed; measure ours alone with --only ours"
        )
    shutil.copy(wanted, done)


def versions(peers: Path) -> dict[str, str]:
    """The packages of the others."""
    pip = [str(peers / "bin" / "python"), "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.run(
        [*pip, "--disable-pip-version-check"], capture_output=True, text=True, check=True
    ).stdout.split()
    return dict(line.split("==") for line in listed if "==" in line)
