"""
Other servers that SPARQL may ask, and how they are reached: SERVICE and LOAD.

Nobody is asked unless allowed by name. A name is resolved once, every address it has must be a
public one, and the connection goes to an address so checked; a redirection is judged like the
request before it. So neither DNS nor a redirection leads into the network that this server is in.
Proxies of the environment are not used, and no credentials are sent.
"""

import http.client
import socket
import ssl
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import IO, Any, Self
from urllib.parse import quote, urljoin, urlsplit

from scholargraph import ScholarGraphError

from .sparql import PeerError, QueryRefused

PORTS = {"http": 80, "https": 443}
REDIRECTIONS = (301, 302, 303, 307, 308)
MOST_REDIRECTIONS = 5
# Bytes of one answer: it is kept whole until it is known to be whole.
MOST = 64 * 1024 * 1024
INLINE = 1024 * 1024
CHUNK = 64 * 1024
AGENT = "scholargraph"

# RFC 6052: IPv4 addresses inside IPv6 ones, which a translator on the way unpacks.
_TRANSLATED = IPv6Network("64:ff9b::/96")


class PeersError(ScholarGraphError):
    """An allowance that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Peers:
    """
    Who may be asked: *services* as (host, port), where no port is the scheme's own and 0 is any.

    *networks* are addresses that may be reached although they are not public ones. An answer has
    *timeout* seconds to arrive.
    """

    services: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[str, ...] = ()
    timeout: float = 60.0

    @classmethod
    def allowing(
        cls, services: Sequence[str], networks: Sequence[str] = (), *, timeout: float = 60.0
    ) -> Self:
        """
        Peers from ``HOST``, ``HOST:PORT`` or ``HOST:*`` and networks such as ``10.1.0.0/16``.

        >>> sorted(Peers.allowing(["DBpedia.org", "localhost:3030"]).services, key=str)
        [('dbpedia.org', None), ('localhost', 3030)]

        Raises:
            PeersError: One of them is something else.
        """
        for network in networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise PeersError(f"{network!r} is no network ({error}); give 10.1.0.0/16") from None
        allowed = frozenset(_service(text) for text in services)
        return cls(allowed, tuple(networks), timeout)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `json` was made of."""
        services = frozenset((host, port) for host, port in value["services"])
        return cls(services, tuple(value["networks"]), value["timeout"])

    def json(self) -> dict[str, Any]:
        """These peers for another process."""
        services: list[tuple[str, int | None]] = sorted(self.services, key=str)
        return {"services": services, "networks": list(self.networks), "timeout": self.timeout}

    def origin(self, iri: str) -> "Origin":
        """
        Where *iri* is fetched from.

        Raises:
            QueryRefused: From nowhere that may be asked.
        """
        try:
            parts = urlsplit(iri)
            host = (parts.hostname or "").encode("idna").decode()
            port = parts.port
        except ValueError:
            raise QueryRefused(f"<{iri[:200]}> is no address of a server") from None
        if parts.scheme not in PORTS or not host:
            raise QueryRefused(f"<{iri[:200]}> is no http or https address of a server")
        if parts.username is not None:
            raise QueryRefused("an address with a user's name or password is not asked")
        origin = Origin(parts.scheme, host, port or PORTS[parts.scheme])
        wanted: set[tuple[str, int | None]] = {(host, origin.port), (host, 0)}
        if origin.port == PORTS[parts.scheme]:
            wanted.add((host, None))
        if not wanted & self.services:
            raise QueryRefused(
                f"this server does not ask {origin}; "
                f"whoever runs it may allow it with --allow-service {origin}"
            )
        return origin

    def addresses(self, origin: "Origin") -> list[str]:
        """
        The addresses of *origin*, each one that may be reached.

        Raises:
            PeerError: It has none.
            QueryRefused: One of them is not public.
        """
        try:
            found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise PeerError(f"{origin.host} has no address: {error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if not self.reachable(address):
                raise QueryRefused(
                    f"{origin.host} is {address}, which is no public address; "
                    "whoever runs this server may allow it with --allow-service-address"
                )
        return addresses

    def reachable(self, text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        if any(address in ip_network(network) for network in self.networks):
            return True
        return all(_is_public(meant) for meant in _meant(address))


NOBODY = Peers()


def _service(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text.removesuffix(':*')}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
        plain = parts.netloc == text.removesuffix(":*") and not set("@*") & set(parts.netloc)
    except ValueError:
        plain = False
    if not plain or not host or any(character.isspace() for character in text):
        raise PeersError(
            f"{text!r} is no host; give example.org, example.org:8890 or example.org:*"
        )
    return host, 0 if text.endswith(":*") else port


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not (isinstance(address, IPv6Address) and address.is_site_local)
    )


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """What is reached by *address*: IPv6 has several ways to name an IPv4 address."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _TRANSLATED:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    tunnelled = [address.sixtofour, *(address.teredo or ())]
    return [address, *(inner for inner in tunnelled if inner is not None)]


@dataclass(frozen=True, slots=True)
class Origin:
    """A server that may be asked."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer with status 200, *size* bytes in *body*; *iri* is where it came from."""

    iri: str
    content_type: str
    size: int
    body: IO[bytes] = field(repr=False)


def fetch(
    peers: Peers,
    iri: str,
    *,
    accept: str,
    data: bytes | None = None,
    content_type: str = "",
    most: int = MOST,
) -> Fetched:
    """
    What *iri* answers to GET or, with *data*, to POST; redirections are followed.

    Raises:
        QueryRefused: It, or where it leads, may not be asked.
        PeerError: It cannot be reached, or does not answer 200 in time with *most* bytes at most.
    """
    deadline = time.monotonic() + peers.timeout
    headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": AGENT}
    if data is not None:
        headers["Content-Type"] = content_type
    for _ in range(MOST_REDIRECTIONS + 1):
        origin = peers.origin(iri)
        connection = _Connection(origin, peers.addresses(origin), deadline)
        try:
            connection.request("GET" if data is None else "POST", _target(iri), data, headers)
            with connection.getresponse() as response:
                if response.status not in REDIRECTIONS:
                    return _fetched(iri, origin, response, most, deadline)
            if response.status == 303 and data is not None:
                raise PeerError(f"{origin} answers 303, which is no place for a query")
            iri = urljoin(iri, response.headers.get("Location", ""))
        except TimeoutError:
            raise PeerError(f"{origin} did not answer in {peers.timeout:g} s") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PeerError(f"{origin} cannot be asked: {error}") from error
        finally:
            connection.close()
    raise PeerError(f"{iri[:200]} was reached by more than {MOST_REDIRECTIONS} redirections")


def _target(iri: str) -> str:
    """What a request's first line says of *iri*."""
    parts = urlsplit(iri)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return quote(target, safe="/?:@!$&'()*+,;=%~[]")


def _fetched(
    iri: str, origin: Origin, response: http.client.HTTPResponse, most: int, deadline: float
) -> Fetched:
    if response.status != 200:
        raise PeerError(f"{origin} answers {response.status} {response.reason[:100]}".strip())
    if (coding := response.headers.get("Content-Encoding", "identity")) != "identity":
        raise PeerError(f"{origin} answers with the content coding {coding[:40]}")
    body = tempfile.SpooledTemporaryFile(max_size=INLINE)
    size = 0
    while chunk := response.read1(CHUNK):
        size += len(chunk)
        if size > most:
            body.close()
            raise PeerError(f"{origin} answers with more than {most // 1024 // 1024} MB")
        if time.monotonic() > deadline:
            body.close()
            raise TimeoutError
        body.write(chunk)
    if response.length:
        body.close()
        raise PeerError(f"{origin} broke off its answer")
    body.seek(0)
    return Fetched(iri, response.headers.get("Content-Type", ""), size, body)


class _Connection(http.client.HTTPConnection):
    """A connection to one of the addresses that were checked, whatever DNS says by now."""

    def __init__(self, origin: Origin, addresses: Sequence[str], deadline: float) -> None:
        super().__init__(origin.host, origin.port, timeout=deadline - time.monotonic())
        # What the Host header says. A default port is left out there, as browsers do.
        self.default_port = PORTS[origin.scheme]
        self._origin = origin
        self._addresses = addresses
        self._deadline = deadline

    def connect(self) -> None:
        failure: OSError = OSError("it has no address")
        for address in self._addresses:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                self.sock = socket.create_connection((address, self._origin.port), left)
                break
            except OSError as error:
                failure = error
        else:
            raise failure
        if self._origin.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._origin.host)
