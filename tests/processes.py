"""The processes of a server under test, found by a mark in their environment."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
from serving import free_port, is_up

MARK = "SCHOLARGRAPH_TEST_MARK"


class ServerProcess:
    """`scholargraph serve` over *store* in a process group of its own; stop it with `kill`."""

    def __init__(self, store: Path, *options: str, **environment: str) -> None:
        self.store = store
        self._mark = uuid.uuid4().hex
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = store.with_name(f"{store.name}.log")
        with open(self._log, "ab") as output:
            self.parent = subprocess.Popen(
                [sys.executable, "-P", "-m", "scholargraph.cli", "serve"]
                + ["--store", str(store), "--port", str(port), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment, MARK: self._mark},
            )
        until = time.monotonic() + 60
        while not is_up(f"{self.address}/health/live"):
            assert self.parent.poll() is None and time.monotonic() < until, self.log
            time.sleep(0.02)

    @property
    def log(self) -> str:
        """What this server and those before it on the same store have complained about."""
        return self._log.read_text(errors="replace")

    def processes(self) -> list[psutil.Process]:
        """All that live, wherever they hang in the tree, in the order of their start."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark and alive(process):
                    found.append(process)
        return sorted(found, key=lambda process: (process.create_time(), process.pid))

    def readers(self) -> list[psutil.Process]:
        """Whatever works for the one that was started."""
        children = psutil.Process(self.parent.pid).children(recursive=True)
        return [child for child in children if alive(child)]

    def left_after(self, seconds: float) -> list[str]:
        """What still lives when *seconds* are over, [] as soon as nothing does."""
        until = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < until:
            self.parent.poll()
            time.sleep(0.05)
        return [f"{process.pid} {' '.join(process.cmdline())}" for process in left]

    def kill(self) -> None:
        """Ends the whole group and whatever left it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.parent.pid, signal.SIGKILL)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.parent.wait()


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
