"""Which addresses are let through: tables over the pure judgement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.pterodactyl.address import METADATA_ADDRESSES, AddressGuard
from bot.pterodactyl.errors import AddressRefused

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a01:4f8::1"]
REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.1.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    # a private v4 address in the clothes of v6
    "::ffff:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "::127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::192.168.0.1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:c0a8:1:0:0:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::",  # Teredo: a private server
    "2001:0:5db8:d822::80ff:fffe",  # Teredo: the client 127.0.0.1, inverted
]
METADATA = [
    *map(str, METADATA_ADDRESSES),
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2001:0:101:101::5601:5601",  # Teredo, inverted
]
EVERYTHING = ["0.0.0.0/0", "::/0"]


def refusal(guard: AddressGuard, host: str, address: str) -> AddressRefused | None:
    try:
        guard.check_dial(host, address)
    except AddressRefused as refused:
        return refused
    return None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_dialled(address: str) -> None:
    assert refusal(AddressGuard(), "panel.example", address) is None


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused_also_when_wrapped(address: str) -> None:
    refused = refusal(AddressGuard(), "panel.example", address)

    assert refused is not None
    assert refused.setting.startswith('[network] allow = ["')
    assert refused.setting in str(refused)
    assert not isinstance(refused, OSError)  # or aiohttp would go on to the next address


@pytest.mark.parametrize("address", REFUSED)
def test_the_line_named_in_a_refusal_lets_the_address_through(address: str) -> None:
    refused = refusal(AddressGuard(), "panel.example", address)
    assert refused is not None
    allow: list[str] = []
    for _ in range(2):  # Teredo names two addresses, one after the other
        allow.append(refused.setting.split('"')[1])
        refused = refusal(AddressGuard(allow), "panel.example", address)
        if refused is None:
            break

    assert refused is None


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize(
    "guard",
    [AddressGuard(), AddressGuard([*EVERYTHING, "panel.lan"]), AddressGuard.open()],
    ids=["default", "all allowed", "open"],
)
def test_cloud_metadata_is_refused_whatever_is_allowed(guard: AddressGuard, address: str) -> None:
    refused = refusal(guard, "panel.lan", address)

    assert refused is not None
    assert refused.setting == ""


@pytest.mark.parametrize("host", ["metadata.google.internal", "Metadata.Google.Internal."])
def test_cloud_metadata_is_refused_by_name(host: str) -> None:
    guard = AddressGuard(EVERYTHING, allow_http=True)

    assert refusal(guard, host, "93.184.216.34") is not None
    with pytest.raises(AddressRefused):
        guard.check_url(URL(f"http://{host}/"))


def test_the_operator_lets_ranges_addresses_and_names_through() -> None:
    guard = AddressGuard(["192.168.0.0/16", "10.0.0.5", "fd00::/8", "Panel.LAN", "10.9.9.9/24"])

    assert refusal(guard, "a.example", "192.168.7.7") is None
    assert refusal(guard, "a.example", "::ffff:192.168.7.7") is None
    assert refusal(guard, "a.example", "10.0.0.5") is None
    assert refusal(guard, "a.example", "10.9.9.1") is None
    assert refusal(guard, "a.example", "fd00::1") is None
    assert refusal(guard, "panel.lan.", "172.16.0.1") is None
    assert refusal(guard, "a.example", "10.0.0.6") is not None
    assert refusal(guard, "evil.panel.lan", "172.16.0.1") is not None


@pytest.mark.parametrize("entry", ["", "http://panel", "10.0.0.0/99", "10.0.0", "a b", "[::1", "*"])
def test_an_entry_that_means_nothing_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no IP range"):
        AddressGuard([entry])


@pytest.mark.parametrize(
    "url",
    [
        "http://panel.example",
        "ws://panel.example/x",
        "ftp://panel.example",
        "file:///etc/passwd",
        "https://user@panel.example",
        "https://user:password@panel.example",
        "https://:password@panel.example",
        "https://panel.example:0",
        "/api",
        "https://127.0.0.1",
        "https://[::1]:8080",
        "https://[::ffff:127.0.0.1]",
        "https://2130706433",
        "https://127.1",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://017700000001",
        "https://0177.0.0.1",
        "https://127.0.0.1.",
        "https://①②⑦.⓪.⓪.①",
        "https://metadata.google.internal/computeMetadata/v1/",
    ],
)
def test_urls_that_are_not_even_resolved(url: str) -> None:
    with pytest.raises(AddressRefused):
        AddressGuard().check_url(URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://panel.example",
        "https://panel.example:8443/sub/",
        "wss://node.example:8080/api/servers/x/ws",
        "https://93.184.216.34",
        "https://[2606:4700:4700::1111]",
        "https://1-2-3-4.example.com",
        "https://10.example",
    ],
)
def test_urls_of_the_public_internet_are_asked(url: str) -> None:
    AddressGuard().check_url(URL(url))


def test_an_unencrypted_address_names_the_setting_that_allows_it() -> None:
    with pytest.raises(AddressRefused) as refused:
        AddressGuard().check_url(URL("http://panel.example"))

    assert refused.value.setting == "[network] allow_http = true"
    AddressGuard(allow_http=True).check_url(URL("http://panel.example"))
    AddressGuard(allow_http=True).check_url(URL("ws://node.example"))


def test_a_programmers_own_url_may_be_anywhere() -> None:
    guard = AddressGuard.open()

    guard.check_url(URL("http://127.0.0.1:8000"))
    assert refusal(guard, "localhost", "127.0.0.1") is None


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_no_wrapping_of_a_private_address_gets_through(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]  # hypothesis gives IPv4Address
    high, low = number >> 16, number & 0xFFFF
    for wrapped in (
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{high:x}:{low:x}",
        f"64:ff9b:1:{high:x}:{low >> 8:x}:{(low & 0xFF) << 8:x}::",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:101:101::{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
    ):
        assert refusal(AddressGuard(), "panel.example", wrapped) is not None
