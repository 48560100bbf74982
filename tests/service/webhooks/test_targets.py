"""No webhook goes where only our own machines can: however the address is written, and whatever a name leads to."""

import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.webhooks.addresses import NameService
from gateway.webhooks.sending import Answer, Sender
from resolvers.errors import Problems
from resolvers.webhook_targets import Address, WebhookTargets, is_public
from tests.service.webhooks.receiver import receiving

ANYWHERE, PUBLIC = WebhookTargets(private=True), WebhookTargets()

PRIVATE = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0X7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "0177.1",
    "017700000001",
    "127.0.0.1.",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 (nothing is bound)
    "0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.257",
    "169.254.169.254",
    "2852039166",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.0.192",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[64:ff9b::192.0.0.192]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST.",
    "any.localhost",
)
"""Spellings that can be told for what they are without a look-up."""

ODD = (
    "[fe80::1%25eth0]",
    "[::1%25lo]",
    "①②⑦.⓪.⓪.①",
    "\uff11\uff12\uff17.0.0.1",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.example.com",
    "user@127.0.0.1",
    "user:password@127.0.0.1",
    "hooks.example.com@127.0.0.1",
    "127.0.0.1#@hooks.example.com",
    "127.0.0.1\\@hooks.example.com",
    "127.0.0.256",
    "0x7f.0.0.1.",
    "127.0.0.1..",
    "[127.0.0.1]",
    "[::1",
    "",
)
"""Spellings that some libraries read in one way and others in another."""

REFUSED = (*PRIVATE, *ODD)

_watched: list[object] = []
_is_watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _is_watching and event in {"socket.connect", "socket.getaddrinfo"}:
        _watched.append((event, arguments))


# A hook of the interpreter can't be taken back: it is put there once.
sys.addaudithook(_watch)


@contextmanager
def watched_sockets() -> Generator[list[object]]:
    """What this process connects to and looks up."""
    global _is_watching  # noqa: PLW0603 - the hook is the process's
    _watched.clear()
    _is_watching = True
    try:
        yield _watched
    finally:
        _is_watching = False


def _url(host: str, port: int = 9) -> str:
    before, hash_, after = host.partition("#")
    return f"http://{before}:{port}/{hash_}{after}"


@pytest.mark.parametrize("host", REFUSED)
async def test_a_private_address_is_refused_without_a_connection_however_it_is_written(host: str) -> None:
    sender = Sender(PUBLIC, NameService(), seconds=5)
    with watched_sockets() as seen:
        answer = await sender.send(_url(host), b"{}", {}, livemode=False)

    assert answer.status_code is None
    assert answer.failure in {"REFUSED_TARGET", "UNKNOWN_HOST"}
    assert [each for each in seen if isinstance(each, tuple) and each[0] == "socket.connect"] == []


@pytest.mark.parametrize("host", REFUSED)
def test_an_endpoint_with_a_private_address_is_refused(host: str) -> None:
    problems = Problems()

    PUBLIC.check(problems, _url(host), "url", livemode=False)

    assert [(error.code, error.field) for error in problems.errors] == [("INVALID", ("url",))]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a/b?c=d",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://my_host.example.com./",
        "https://[64:ff9b::93.184.216.34]/",
    ],
)
def test_an_endpoint_that_everybody_can_reach_is_taken(url: str) -> None:
    problems = Problems()

    PUBLIC.check(problems, url, "url", livemode=True)

    assert problems.errors == []


@pytest.mark.parametrize(
    ("targets", "livemode", "taken"), [(PUBLIC, True, False), (PUBLIC, False, True), (ANYWHERE, True, True)]
)
def test_from_a_live_environment_it_takes_tls_unless_the_setting_allows(
    targets: WebhookTargets, livemode: bool, taken: bool
) -> None:
    problems = Problems()

    targets.check(problems, "http://hooks.example.com", "url", livemode=livemode)

    assert (problems.errors == []) == taken


async def test_an_endpoint_without_tls_is_not_delivered_to_from_a_live_environment() -> None:
    sender = Sender(PUBLIC, NameService())
    with watched_sockets() as seen:
        answer = await sender.send("http://93.184.216.34/", b"{}", {}, livemode=True)

    assert (answer.failure, seen) == ("REFUSED_TARGET", [])


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["10.0.0.1", "93.184.216.34"],
        ["::ffff:10.0.0.1"],
        ["2606:2800:220:1:248:1893:25c8:1946", "fd00::1"],
        ["fe80::1%eth0"],
    ],
)
async def test_a_name_with_any_private_address_is_refused_without_a_connection(found: Sequence[str]) -> None:
    async def look_up(_: str) -> list[Address]:
        return [ip_address(address) for address in found]

    sender = Sender(PUBLIC, look_up)
    with watched_sockets() as seen:
        answer = await sender.send("http://hooks.example.com:9/", b"{}", {}, livemode=False)

    assert (answer.failure, seen) == ("REFUSED_TARGET", [])


async def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to() -> None:
    """A name that leads elsewhere the second time finds no second time."""
    looked_up: list[str] = []

    async def look_up(host: str) -> list[Address]:
        looked_up.append(host)
        return [ip_address("127.0.0.1" if len(looked_up) == 1 else "127.0.0.2")]

    async with receiving() as receiver:
        sender = Sender(ANYWHERE, look_up)
        url = f"http://hooks.example.com:{receiver.port}/here?a=b"
        with watched_sockets() as seen:
            answer = await sender.send(url, b"{}", {"x": "y"}, livemode=False)

    assert answer.confirms
    assert looked_up == ["hooks.example.com"]
    assert [each[1][1] for each in seen if isinstance(each, tuple)] == [("127.0.0.1", receiver.port)]
    [arrival] = receiver.arrivals
    assert (arrival.path, arrival.headers["host"]) == ("/here?a=b", f"hooks.example.com:{receiver.port}")


async def test_of_several_addresses_one_that_answers_is_found() -> None:
    async def look_up(_: str) -> list[Address]:
        return [ip_address(address) for address in ("127.0.0.3", "127.0.0.1")]

    async with receiving() as receiver:
        sender = Sender(ANYWHERE, look_up)
        answer = await sender.send(f"http://hooks.example.com:{receiver.port}/", b"{}", {}, livemode=False)

    assert answer.confirms
    assert len(receiver.arrivals) == 1


@pytest.mark.parametrize(("host", "failure"), [("hooks.example.com", None), ("other.example.com", "NO_CONNECTION")])
async def test_the_certificate_must_be_of_the_name_though_the_address_is_connected_to(
    tmp_path: Path, host: str, failure: str | None
) -> None:
    async def look_up(_: str) -> list[Address]:
        return [ip_address("127.0.0.1")]

    serving, trusting = _certified(tmp_path, "hooks.example.com")
    async with receiving(tls=serving) as receiver:
        sender = Sender(ANYWHERE, look_up, trust=trusting)
        answer = await sender.send(f"https://{host}:{receiver.port}/", b"{}", {}, livemode=True)

    assert answer.failure == failure
    assert len(receiver.arrivals) == (0 if failure else 1)


async def test_a_name_server_that_hangs_holds_up_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait for it, one thread does; and nobody waits for that thread."""
    answers, asked = Event(), list[str]()

    def look_up(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        if host == "hanging.example.com":
            answers.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    async with receiving() as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        sender = Sender(ANYWHERE, NameService(), seconds=0.5)

        async def send(host: str) -> Answer:
            return await sender.send(f"http://{host}:{receiver.port}/", b"{}", {}, livemode=False)

        hung = await asyncio.gather(*(send("hanging.example.com") for _ in range(100)))
        good = await send("good.example.com")
    daemons = [thread.daemon for thread in threading.enumerate() if thread.name == "webhook-names"]
    answers.set()

    assert {answer.failure for answer in hung} == {"TIMEOUT"}
    assert good.confirms
    assert asked.count("hanging.example.com") == 1
    assert daemons == [True]


async def test_a_receiver_that_demands_a_certificate_of_ours_is_told_as_a_failure(tmp_path: Path) -> None:
    """By TLS 1.3 it says so after the handshake, amid the answer."""

    async def look_up(_: str) -> list[Address]:
        return [ip_address("127.0.0.1")]

    serving, trusting = _certified(tmp_path, "hooks.example.com")
    serving.verify_mode = ssl.CERT_REQUIRED
    async with receiving(tls=serving) as receiver:
        sender = Sender(ANYWHERE, look_up, trust=trusting)
        answer = await sender.send(f"https://hooks.example.com:{receiver.port}/", b"{}", {}, livemode=True)

    assert (answer.status_code, answer.failure) == (None, "BROKEN_ANSWER")
    assert receiver.arrivals == []


async def test_a_name_without_an_address_is_told_as_such() -> None:
    async def look_up(_: str) -> list[Address]:
        raise socket.gaierror

    sender = Sender(PUBLIC, look_up)
    answer = await sender.send("https://hooks.example.com/", b"{}", {}, livemode=True)

    assert answer.failure == "UNKNOWN_HOST"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "2002:808:808::"]
)
def test_what_everybody_can_reach_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def _certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for a name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(public, private)
    return serving, ssl.create_default_context(cafile=str(public))
