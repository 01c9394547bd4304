"""The processes that listen: granian, bounded in connections, heads and the time of its end."""

import asyncio
import gc
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from .front import Front

# Seconds from the first SIGTERM or SIGINT until queries are ended, and until everything is.
HURRY = 7
GRACE = 10

# Seconds for the head of a request, and between two on one connection.
HEAD_SECONDS = 15
# Connections, each a file to the kernel: what are open beside them are stores, logs and answers.
CONNECTIONS = 4096
OTHER_FILES = 512
# What one connection may have waiting in memory, either way.
BUFFER = 256 * 1024
# Seconds between two looks for the process that started this one.
PULSE = 0.5


class _Host(MPServer):
    """Granian, whose end can be hurried by a second signal and hurries by itself."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()  # type: ignore[no-untyped-call]
        else:
            timer = threading.Timer(HURRY, self._hurry)
            timer.daemon = True
            timer.start()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _hurry(self) -> None:
        for worker in self.wrks:
            if worker.is_alive():  # type: ignore[no-untyped-call]
                os.kill(worker.inner.pid, signal.SIGUSR1)


def run(create: Callable[[], Front], host: str, port: int) -> None:
    """Serves what *create* returns, made in a process of its own, until told to stop."""

    parent = os.getpid()

    def load() -> Front:
        _end_with(parent)
        front = create()
        asyncio.get_event_loop().add_signal_handler(signal.SIGUSR1, front.hurry)
        gc.collect()
        gc.freeze()  # modules and templates stay: collecting looked at them again and again (4 %)
        return front

    _Host(
        "scholargraph",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=BUFFER
        ),
        log_level=LogLevels.warning,
        workers_kill_timeout=GRACE,
        # Its own loader would look the name up below the working directory first.
    ).serve(target_loader=load, wrap_loader=False)


def _end_with(parent: int) -> None:
    """
    Ends this process soon after its *parent*, which may be killed without a word to anybody.

    Else it would go on, keep the port, and nobody would stop it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PULSE)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _connections() -> int:
    """How many connections there may be; lets this process open as many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(64, allowed - OTHER_FILES)
