"""Which addresses may be dialled at all: a pure judgement of URLs and what they lead to.

A guild's admin types the panel's URL and the panel names the nodes, so neither may lead the bot
into the network it runs in. What the *operator* lists is let through; the services that hand out a
machine's cloud credentials are refused whatever is listed.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Self

from yarl import URL

from bot.pterodactyl.errors import AddressRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SCHEMES: Final = frozenset({"https", "http", "wss", "ws"})
PLAIN_SCHEMES: Final = frozenset({"http", "ws"})

ALLOW_HTTP: Final = "[network] allow_http = true"

METADATA_ADDRESSES: Final = frozenset(
    ip_address(address)
    for address in (
        "169.254.169.254",  # AWS, Azure, Google, DigitalOcean, Hetzner, OpenStack
        "169.254.170.2",  # AWS, credentials of a container's task
        "169.254.170.23",  # AWS, credentials of a pod
        "fd00:ec2::23",
        "169.254.169.253",  # AWS, the resolver beside it
        "169.254.169.123",
        "fd00:ec2::254",
        "fd20:ce::254",  # Google
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure, wire server: a public address reached from inside only
    )
)
METADATA_HOSTS: Final = frozenset(
    {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
)

# Listed here rather than asked of `ipaddress`: what `is_global` answers differs between Python's
# patch releases, and it lets multicast and several of the embedding prefixes through.
_SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified"),
        ("10.0.0.0/8", "a private"),
        ("100.64.0.0/10", "a provider's internal"),
        ("127.0.0.0/8", "a loopback"),
        ("169.254.0.0/16", "a link-local"),
        ("172.16.0.0/12", "a private"),
        ("192.0.0.0/24", "a reserved"),
        ("192.0.2.0/24", "a documentation"),
        ("192.88.99.0/24", "a reserved"),
        ("192.168.0.0/16", "a private"),
        ("198.18.0.0/15", "a benchmarking"),
        ("198.51.100.0/24", "a documentation"),
        ("203.0.113.0/24", "a documentation"),
        ("224.0.0.0/4", "a multicast"),
        ("240.0.0.0/4", "a reserved"),
        ("::/128", "an unspecified"),
        ("::1/128", "a loopback"),
        ("fc00::/7", "a private"),
        ("fe80::/10", "a link-local"),
        ("fec0::/10", "a private"),
        ("ff00::/8", "a multicast"),
        ("2001:db8::/32", "a documentation"),
        ("3fff::/20", "a documentation"),
        ("2001::/23", "a reserved"),
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_TRANSLATED: Final = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_LOW_32: Final = 0xFFFF_FFFF

_NUMBER: Final = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_NAME: Final = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+")


class AddressGuard:
    """Judges each URL before it is asked and each address before it is dialled.

    Args:
        allow: What the operator lets through besides the public internet: ranges
            ("192.168.0.0/16"), single addresses ("10.0.0.5") and host names ("panel.lan", whatever
            it resolves to). Nothing listed opens a cloud's metadata service.
        allow_http: Whether keys and tokens may travel unencrypted (`http://` and `ws://`).

    Raises:
        ValueError: An entry is none of the three; the message names it.
    """

    __slots__ = ("_allow_http", "_hosts", "_is_open", "_ranges")

    def __init__(self, allow: Sequence[str] = (), allow_http: bool = False) -> None:
        self._ranges: list[Network] = []
        self._hosts: set[str] = set()
        self._allow_http = allow_http
        self._is_open = False
        for entry in allow:
            self._let_through(entry)

    @classmethod
    def open(cls) -> Self:
        """A guard for a programmer's own URL: all but the metadata services, `http` too."""
        guard = cls(allow_http=True)
        guard._is_open = True
        return guard

    def check_url(self, url: URL) -> None:
        """Refuse a URL that must not even be resolved.

        Raises:
            AddressRefused: Another scheme than http(s) and ws(s), an unencrypted one without the
                operator's leave, a name or password in it, no host or port, a number that only
                passes for a host name, or a literal address that `check_dial` refuses.
        """
        host = url.raw_host
        if url.scheme not in SCHEMES:
            raise AddressRefused("only http:// and https:// addresses can be used", host=host or "")
        if url.raw_user is not None or url.raw_password is not None:
            raise AddressRefused("the address contains a name or password (…@)", host=host or "")
        if not host or not url.port:
            raise AddressRefused("the address has no host name or no usable port")
        if url.scheme in PLAIN_SCHEMES and not self._allow_http:
            raise AddressRefused(
                f"{url.scheme}:// would send keys unencrypted; to allow it: {ALLOW_HTTP}",
                host=host,
                setting=ALLOW_HTTP,
            )
        host = _normal(host)
        if host in METADATA_HOSTS:
            raise AddressRefused("a cloud's metadata service is never dialled", host=host)
        if (literal := _literal(host)) is not None:
            self._judge(host, literal)
        elif _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise AddressRefused("neither a host name nor a plainly written IP address", host=host)

    def check_dial(self, host: str, address: str) -> None:
        """Refuse `address`, which `host` was resolved to, right before it is dialled.

        Raises:
            AddressRefused: Not a public address and not let through by the operator, also when it
                is wrapped in an IPv6 address (mapped, NAT64, 6to4, Teredo).
        """
        host = _normal(host)
        if host in METADATA_HOSTS:
            raise AddressRefused("a cloud's metadata service is never dialled", host=host)
        literal = _literal(address)
        if literal is None:
            raise AddressRefused("the name did not lead to an IP address", host=host)
        self._judge(host, literal)

    def lists(self, host: str) -> bool:
        """Whether the operator's own list names this host or address."""
        name = _normal(host)
        literal = _literal(name)
        return name in self._hosts if literal is None else self._is_listed(literal)

    def _let_through(self, entry: str) -> None:
        wanted = entry.strip()
        with suppress(ValueError):
            self._ranges.append(ip_network(wanted, strict=False))
            return
        name = _normal(wanted)
        looks_numeric = _NUMBER.fullmatch(name.rpartition(".")[2])
        if looks_numeric or not _NAME.fullmatch(name):
            raise ValueError(f"{entry!r} is no IP range, IP address or host name")
        self._hosts.add(name)

    def _judge(self, host: str, address: Address) -> None:
        meant = tuple(_unwrapped(address))
        if any(each in METADATA_ADDRESSES for each in (address, *meant)):
            raise AddressRefused(
                "a cloud's metadata service is never dialled", host=host, address=str(address)
            )
        if self._is_open or host in self._hosts or self._is_listed(address):
            return
        for each in meant:
            kind = _special(each)
            if kind is not None and not self._is_listed(each):
                setting = f'[network] allow = ["{each}"]'
                raise AddressRefused(
                    f"{host} leads to {kind} address ({each}); to allow it: {setting}",
                    host=host,
                    address=str(address),
                    setting=setting,
                )

    def _is_listed(self, address: Address) -> bool:
        return any(address.version == each.version and address in each for each in self._ranges)


def _normal(host: str) -> str:
    return host.rstrip(".").lower()


def _literal(host: str) -> Address | None:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return IPv6Address(int(address))
    return address


def _unwrapped(address: Address) -> Iterator[Address]:
    """The addresses that a packet to `address` may end at."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        yield address
        return
    number = int(address)
    if address in _LOCAL_NAT64:  # its operator chooses where in the last 80 bits the v4 part is
        yield IPv4Address(number & _LOW_32)
        yield IPv4Address(((number >> 48) & 0xFFFF_0000) | ((number >> 40) & 0xFFFF))
    elif any(address in each for each in (_MAPPED, _TRANSLATED, _COMPATIBLE, _NAT64)):
        yield IPv4Address(number & _LOW_32)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address((number >> 80) & _LOW_32)
    elif address in _TEREDO:
        yield IPv4Address((number >> 64) & _LOW_32)  # the server
        yield IPv4Address(~number & _LOW_32)  # the client, written inverted
    else:
        yield address


def _special(address: Address) -> str | None:
    for network, kind in _SPECIAL:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return "a reserved"
    return None
