"""Where webhooks may go: which URLs are taken, and which addresses of the network are nobody's own."""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx2

from resolvers.errors import Problems, UserErrorCode
from resolvers.validation import check_text

URL_LENGTH = 2048

Address = IPv4Address | IPv6Address

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Where the last 32 bits are an IPv4 address that a translator goes on to (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# What Python's table lacks in some of its releases: examples in documents, relays that nobody has any more, and what
# the IETF keeps for protocols. And an address of the public's that in Azure is the machine's own host.
_UNFIT = (
    IPv6Network("3fff::/20"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("168.63.129.16/32"),
)


@dataclass(frozen=True, slots=True)
class WebhookTargets:
    """What an installation allows. `private`: addresses of private networks, and no TLS from live environments."""

    private: bool = False

    def allows(self, address: Address) -> bool:
        """Whether an address may be connected to."""
        return self.private or is_public(address)

    def check(self, problems: Problems, url: str | None, *field: str, livemode: bool) -> None:
        """Notes what is wrong with an endpoint's URL, as far as can be told before its name is looked up."""
        before = len(problems.errors)
        check_text(problems, "The URL", url, URL_LENGTH, *field)
        if url is not None and len(problems.errors) == before:
            problem = self._problem(url, livemode=livemode)
            if problem:
                problems.add(UserErrorCode.INVALID, problem, *field)

    def _problem(self, text: str, *, livemode: bool) -> str | None:
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL:
            return "That is not a URL."
        if url.scheme not in {"http", "https"}:
            return "The URL must begin with https:// or, in an environment that isn't live, http://."
        if url.scheme == "http" and livemode and not self.private:
            return "In a live environment the URL must begin with https://."
        if url.userinfo:
            return "The URL must not hold credentials: deliveries are signed."
        host = url.raw_host.decode()
        literal = literal_address(host)
        if literal is None and not _HOST.fullmatch(host):
            return "The URL must name a host."
        if url.port is not None and not 1 <= url.port <= 65_535:
            return "The URL's port must be from 1 to 65535."
        is_local_name = f".{host.rstrip('.')}".endswith(".localhost")
        if not self.private and (is_local_name or (literal is not None and not is_public(literal))):
            return "The URL must name a host that everybody can reach: this one is of a private network."
        return None


PUBLIC_TARGETS = WebhookTargets()
"""Where webhooks may go unless the operator says otherwise."""


def literal_address(host: str) -> Address | None:
    """The address that a host is in any of the spellings that systems take for one; None for a name."""
    text = host.rstrip(".").partition("%")[0]
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        # Also the old ways: one number, octal and hexadecimal ones, fewer than four.
        return IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeError):
        return None


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the internet, and whatever IPv4 address is wrapped in it too."""
    if any(address in network for network in _UNFIT):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address.sixtofour is not None:
        return is_public(address.sixtofour)
    # A mapped, a compatible and a translated address are outside of it; Teredo's hold a server's and a client's.
    return address in _GLOBAL_UNICAST and address.is_global and address.teredo is None and address.scope_id is None
