"""The process that listens: one event loop for all connections, and its end within ten seconds."""

import asyncio
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable

from .connections import Connections
from .front import Front

# Seconds from the first SIGTERM or SIGINT until queries are ended, until connections are, and until
# the process is whatever it still does.
HURRY = 7.0
GRACE = 10.0
LAST = 12.0

# Connections, each a file to the kernel: what are open beside them are stores, logs and answers.
CONNECTIONS = 4096
OTHER_FILES = 512
BACKLOG = 1024
# How often, in seconds, a server that stops looks who is left.
LOOK = 0.05


def run(create: Callable[[], Front], host: str, port: int) -> None:
    """
    Serves what *create* returns until told to stop.

    Raises: OSError, where *port* cannot be had.
    """
    most = _connections()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        asyncio.run(_serve(create, listening, most))


async def _serve(create: Callable[[], Front], listening: socket.socket, most: int) -> None:
    loop = asyncio.get_running_loop()
    front = create()
    front.open()
    connections = Connections(front, most=most)
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            os._exit(1)  # readers and writers end with the sockets to them
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    gc.collect()
    gc.freeze()  # modules and templates stay: collecting looked at them again and again (4 %)
    server = await loop.create_server(connections, sock=listening, backlog=BACKLOG)
    sweeping = loop.create_task(connections.sweep())
    await stop.wait()

    last = threading.Timer(LAST, os._exit, (1,))
    last.daemon = True
    last.start()
    began = loop.time()
    server.close()
    front.recall()
    connections.finish()
    for seconds, end in ((HURRY, front.hurry), (GRACE, connections.abort)):
        while connections.all and loop.time() < began + seconds:
            await asyncio.sleep(LOOK)
        end()
    sweeping.cancel()
    front.close()


def _connections() -> int:
    """How many connections there may be; lets this process open as many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(64, allowed - OTHER_FILES)
