"""Which other servers may be asked, and that nothing leads to one that may not."""

import ipaddress

import pytest
from another_server import address, allowing, answer, peer, redirection

from scholargraph.graph.peers import Peers, PeersError, fetch
from scholargraph.graph.sparql import PeerError, QueryRefused


@pytest.mark.parametrize(
    ("allowed", "asked", "may"),
    [
        ("Example.ORG", "http://example.org/sparql", True),
        ("example.org", "https://EXAMPLE.org:443/sparql", True),
        ("example.org", "http://example.org:8080/", False),
        ("example.org:8080", "http://example.org:8080/", True),
        ("example.org:8080", "http://example.org/", False),
        ("example.org:443", "https://example.org/", True),
        ("example.org:*", "http://example.org:1234/", True),
        ("example.org", "http://sub.example.org/", False),
        ("example.org", "http://example.org.evil.example/", False),
        ("example.org", "http://example.org@evil.example/", False),
        ("example.org", "http://user:secret@example.org/", False),
        ("example.org", "http://evil.example/?http://example.org/", False),
        ("example.org", "http://evil.example\\@example.org/", False),
        ("bücher.example", "http://xn--bcher-kva.example/", True),
        ("[2001:db8::1]:80", "http://[2001:db8::1]/", True),
        ("example.org", "http://example.org:99999/", False),
        ("example.org", "http:///sparql", False),
        ("example.org", "file://example.org/etc/passwd", False),
    ],
)
def test_a_host_is_allowed_by_its_whole_name(allowed, asked, may):
    peers = Peers.allowing([allowed])
    try:
        peers.origin(asked)
        found = True
    except QueryRefused:
        found = False

    assert found == may


@pytest.mark.parametrize(
    ("services", "networks"),
    [
        (["http://example.org/"], []),
        (["example.org/path"], []),
        (["user@example.org"], []),
        (["example.org:port"], []),
        (["example.org:99999"], []),
        ([""], []),
        (["exam ple.org"], []),
        (["*"], []),
        ([], ["127.0.0.1/33"]),
        ([], ["localhost"]),
    ],
)
def test_an_allowance_that_is_none_is_refused(services, networks):
    with pytest.raises(PeersError):
        Peers.allowing(services, networks)


NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "100::1",
]


@pytest.mark.parametrize("inside", NOT_PUBLIC)
def test_addresses_that_are_not_public_are_never_reached(inside):
    host = f"[{inside}]" if ":" in inside else inside
    peers = Peers.allowing([host.replace("%lo", "")])

    assert not peers.reachable(inside)
    if "%" not in inside:
        with pytest.raises(QueryRefused):
            fetch(peers, f"http://{host}/", accept="*/*")


@pytest.mark.parametrize(
    "public", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_public_addresses_are_reached(public):
    assert Peers().reachable(public)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_a_name_that_leads_to_this_machine_is_refused(host):
    with peer() as server:
        peers = Peers.allowing([f"{host}:{server.server_port}"])
        text = f"SELECT * {{ SERVICE <{address(server, host=host)}> {{ ?s ?p ?o }} }}"

        with pytest.raises(QueryRefused, match="no public address"):
            answer(text, peers)

    assert server.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    peers = Peers.allowing(["localhost"], ["127.0.0.0/8"])  # ::1 is not among them
    origin = peers.origin("http://localhost/")

    try:
        found = set(peers.addresses(origin))
    except QueryRefused:
        found = set()

    assert all(ipaddress.ip_address(text) in ipaddress.ip_network("127.0.0.0/8") for text in found)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_to_an_allowed_server_is_followed(status):
    with peer() as target, peer(redirection(address(target, "/other"), status)) as server:
        found = answer(
            f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}", allowing(server, target)
        )

    assert found == [{"s": "x:from-afar"}]
    assert [(method, path) for method, path, _ in target.asked] == [("POST", "/other")]


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("http://10.0.0.1/", QueryRefused),
        ("http://169.254.169.254/latest/meta-data/", QueryRefused),
        ("http://[::1]/", QueryRefused),
        ("file:///etc/passwd", QueryRefused),
        ("//evil.example/", QueryRefused),
        ("/round/and/round", PeerError),
    ],
)
def test_a_redirection_elsewhere_is_refused(to, error):
    with peer(redirection(to)) as server:
        with pytest.raises(error):
            answer(f"SELECT * {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}", allowing(server))


def test_a_redirection_of_an_allowed_name_into_a_private_network_is_refused():
    with peer() as inside, peer(redirection(address(inside, host="localhost"))) as server:
        peers = Peers.allowing(
            [f"127.0.0.1:{server.server_port}", f"localhost:{inside.server_port}"], ["127.0.0.1/32"]
        )
        # "localhost" is allowed by name; here its address is as private as any other
        peers = Peers(peers.services, ("127.0.0.2/32",), 5.0)

        with pytest.raises(QueryRefused):
            answer(f"SELECT * {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}", peers)

    assert inside.asked == []
