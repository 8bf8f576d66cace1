"""What a console says that is nobody's business stays there; everything else comes through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.posts.lines import console_text
from bot.posts.redaction import HIDDEN, Redaction, may_hold_secrets, redacted

X = HIDDEN

LINES = [
    # Minecraft Java: Paper, Spigot, Forge, plugins
    (
        "[12:01:33 INFO]: Notch[/203.0.113.7:51234] logged in with entity id 312 at (0.5, 64.0, 1)",
        f"[12:01:33 INFO]: Notch[/{X}] logged in with entity id 312 at (0.5, 64.0, 1)",
    ),
    (
        "[12:01:33] [Server thread/INFO]: Mia[/[2001:db8:0:0:0:0:0:5]:51234] logged in",
        f"[12:01:33] [Server thread/INFO]: Mia[/[{X}]:51234] logged in",
    ),
    (
        "[12:01:33 INFO]: Disconnecting Tom (/198.51.100.23:40000): You are not whitelisted",
        f"[12:01:33 INFO]: Disconnecting Tom (/{X}): You are not whitelisted",
    ),
    (
        "[12:02:10 INFO]: Notch issued server command: /login hunter2",
        f"[12:02:10 INFO]: Notch issued server command: /login {X}",
    ),
    (
        "[12:02:10 INFO]: Mia issued server command: /register s3cret pass s3cret pass",
        f"[12:02:10 INFO]: Mia issued server command: /register {X}",
    ),
    (
        "[12:02:10 INFO]: Mia issued server command: /authme changepassword Tom geheim",
        f"[12:02:10 INFO]: Mia issued server command: /authme changepassword {X}",
    ),
    ("[12:02:10 INFO]: Tom issued: /L a", f"[12:02:10 INFO]: Tom issued: /L {X}"),
    (
        "[WARN]: [DiscordSRV] token: MTIzNDU2Nzg5MDEyMzQ1Njc4.GwIrEc.abcdefghijklmnopqrstuvwxyz0",
        f"[WARN]: [DiscordSRV] token: {X}",
    ),
    (
        "[12:03:00 INFO]: [LuckPerms] jdbc:mysql://root:toor@db.lan:3306/perms",
        f"[12:03:00 INFO]: [LuckPerms] jdbc:mysql://{X}@db.lan:3306/perms",
    ),
    (
        "[12:03:00 INFO]: \x1b[32m203.0.113.9\x1b[0m is banned",
        f"[12:03:00 INFO]: \x1b[32m{X}\x1b[0m is banned",
    ),
    (
        "[12:03:00 INFO]: rcon.password=changeme in server.properties",
        f"[12:03:00 INFO]: rcon.password={X} in server.properties",
    ),
    ("[12:03 INFO]: Mail of Tom is tom.b+mc@example.co.uk", f"[12:03 INFO]: Mail of Tom is {X}"),
    # Minecraft Bedrock
    (
        "[2024-05-01 12:00:00:123 INFO] Player connected: Mia, xuid: 2535412345678901, pfid: a1",
        "[2024-05-01 12:00:00:123 INFO] Player connected: Mia, xuid: 2535412345678901, pfid: a1",
    ),
    (
        "[2024-05-01 12:00:00:123 INFO] IPv6 supported, port: 19133: from fe80::1ff:fe23:4567:890a",
        f"[2024-05-01 12:00:00:123 INFO] IPv6 supported, port: 19133: from {X}",
    ),
    (
        "NO LOG FILE! - [2024-05-01 12:00:00 INFO] Connection of 192.0.2.44|19132",
        f"NO LOG FILE! - [2024-05-01 12:00:00 INFO] Connection of {X}|19132",
    ),
    # Source: Counter-Strike, Garry's Mod
    (
        'L 05/01/2024 - 12:00: "Mia<2><[U:1:12345678]><>" connected, address "203.0.113.7:27005"',
        f'L 05/01/2024 - 12:00: "Mia<2><[U:1:12345678]><>" connected, address "{X}"',
    ),
    (
        'L 05/01/2024 - 12:00:00: rcon from "203.0.113.1:53111": command "sv_password letmein"',
        f'L 05/01/2024 - 12:00:00: rcon from "{X}": command "sv_password {X}"',
    ),
    ('"rcon_password" = "topsecret" ( def. "" )', f'"rcon_password" = "{X}" ( def. "" )'),
    (
        "./srcds_run -game csgo +sv_setsteamaccount 0123456789ABCDEF0123456789ABCDEF +map de_dust2",
        f"./srcds_run -game csgo +sv_setsteamaccount {X} +map de_dust2",
    ),
    (
        "STEAM_0:1:12345678 was kicked by Console",
        "STEAM_0:1:12345678 was kicked by Console",
    ),
    # Rust
    (
        "203.0.113.7:51011/76561198000000001/Mia joined [windows/76561198000000001]",
        f"{X}/76561198000000001/Mia joined [windows/76561198000000001]",
    ),
    (
        './RustDedicated -batchmode +rcon.port 28016 +rcon.password "Hunter2" +server.level "Map"',
        f'./RustDedicated -batchmode +rcon.port 28016 +rcon.password "{X}" +server.level "Map"',
    ),
    (
        "[RCON][198.51.100.2:40112] say hello",
        f"[RCON][{X}] say hello",
    ),
    ("Server version 2511.235.1 with Oxide 2.0.6133", None),
    # Valheim and Factorio
    (
        "05/01/2024 12:00:00: Got connection SteamID 76561198000000001",
        "05/01/2024 12:00:00: Got connection SteamID 76561198000000001",
    ),
    (
        './valheim_server.x86_64 -name "Ours" -port 2456 -world "Home" -password "sesam" -public 1',
        f'./valheim_server.x86_64 -name "Ours" -port 2456 -world "Home" -password "{X}" -public 1',
    ),
    ("05/01/2024 12:00:00: Valheim version: l-0.217.46 (network version 27)", None),
    (
        "  12.345 Info Multiplayer.cpp:798: updateTick(42) received from ({203.0.113.7:34197})",
        f"  12.345 Info Multiplayer.cpp:798: updateTick(42) received from ({{{X}}})",
    ),
    (
        '   3.100 Info AuthServerConnector.cpp:101: "token": "8f1c2d3e4a5b6c7d8e9f"',
        f'   3.100 Info AuthServerConnector.cpp:101: "token": "{X}"',
    ),
    ("   0.001 2024-05-01 12:00:00; Factorio 1.1.104 (build 62406, linux64, headless)", None),
    # of everything
    ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {X}"),
    ("key ptlc_abcdefghijklmnop0123456789 is used", f"key {X} is used"),
    ("https://node.example.com/download?token=eyJhbGciOiJIUzI1NiJ9.eyJh.x", None),
    ("wrong password for Tom, 3 tries left", None),
    ("Starting Minecraft server on 0.0.0.0:25565", None),
    ("Listening on [::]:8080 and ::1", None),
    ("tps from last 1m, 5m, 15m: 20.0, 19.98, 20.0", None),
    ("[12:00:00 INFO]: UUID of player Notch is 069a79f4-44e9-4726-a5be-fca90e38aaf5", None),
    ("NullPointerException at net.minecraft.server.MinecraftServer.run(Server.java:1011)", None),
    ("loaded plugins/WorldEdit/schematics/castle/towers/north/eastern/upper/room1.schem", None),
    ("-----BEGIN RSA PRIVATE KEY-----", X),
    ("dumped MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9", f"dumped {X}"),
    ("time 12:34:56 and card aa:bb:cc:dd:ee:ff", None),
    ("[Mia] my mail is a@b, thanks @everyone", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "shown"), LINES)
def test_secrets_of_real_looking_lines_are_hidden_and_nothing_else(
    line: str, shown: str | None
) -> None:
    if line.startswith("https://node"):
        assert "eyJ" not in redacted(line)
        return
    assert redacted(line) == (line if shown is None else shown)


DISGUISED = [
    # (as the console says it, what must not come through)
    ("Steve[/203.0.\x1b[31m113.7:54321] logged in", "113.7"),
    ("Steve[/203.0\u200b.113.7:5] logged in", "113.7"),
    ("Steve[/203.0.\u200d113.7:5] logged in", "113.7"),
    ("Steve[/203.0.\ufe0f113.7:5] logged in", "113.7"),
    ("Steve[/203.0.113\u00ad.7] logged in", "0.113"),
    ("Steve[/203.0.\b113.7] logged in", "113.7"),
    ("Steve[/203.0.1\u036313.7] logged in", "13.7"),
    ("Steve \uff12\uff10\uff13.0.113.7 joined", "113.7"),
    ("Steve 203\uff0e0\uff0e113\uff0e7 joined", "113"),
    ("Steve 203\u30020\u3002113\u30027 joined", "113"),
    ("Steve \u0662\u0660\u0663.\u0660.\u0661\u0661\u0663.\u0667 joined", "\u0667"),
    ("203.000.113.007 joined", "113"),
    ("from203.0.113.7to and ip_203.0.113.7_x", "113.7"),
    ("host-203-0-113-7.example.net joined", "203-0"),
    ("7.113.0.203.in-addr.arpa asked", "113"),
    ("GET /?ip%3D203.0.113.7%26a", "113.7"),
    ("GET /?ip=203.0.%31%313.7", "7"),
    ("2001:db8:\x1b[1m:7 joined", "db8"),
    ("http://[2001:db8::7]:80/ asked", "db8"),
    ("ip_2001:db8::7", "db8"),
    ("Steve issued server command: /authme:login hunter2", "hunter2"),
    ("Steve issued server command: //login hunter2", "hunter2"),
    ("Steve issued server command: /log\x1b[31min hunter2", "hunter2"),
    ("Steve issued server command: /login\u00a0hunter2", "hunter2"),
    ("Steve issued server command: /REGISTER hunter2 hunter2", "hunter2"),
    ("POST password%3Dhunter2&x=1", "hunter2"),
    ("POST {\\\"token\\\":\\\"abc123def\\\"}", "abc123def"),
    ('{"password": "three words long"}', "words"),
    ("Your password is: hunter2", "hunter2"),
    ("Dein Passwort lautet hunter2", "hunter2"),
    ("mail steve%40example.com", "example"),
    ("mail st\u00e9ve@ex\u00e4mple.com", "mple"),
    ("mail steve@\x1b[0mexample.com", "example"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "secret"), DISGUISED)
def test_no_disguise_brings_a_secret_through(line: str, secret: str) -> None:
    assert secret not in redacted(console_text(line))


ACROSS = [
    (["token:", "abcdef1234567890"], "abcdef"),
    (["[12:00:00 INFO]: Your password is", "[12:00:00 INFO]: hunter2"], "hunter2"),
    (["rcon.password =", "hunter2"], "hunter2"),
    (["-----BEGIN EC PRIVATE KEY-----", "short==", "-----END EC PRIVATE KEY-----"], "short"),
]


@pytest.mark.parametrize(("lines", "secret"), ACROSS)
def test_a_secret_in_the_line_below_is_hidden_and_what_follows_is_shown(
    lines: list[str], secret: str
) -> None:
    redaction = Redaction()
    assert secret not in "".join(redaction.line(line) for line in lines)
    assert not redaction.is_open
    assert redaction.line("Done (4.2s)! For help, type help") == "Done (4.2s)! For help, type help"


def test_a_key_that_never_ends_hides_no_console() -> None:
    redaction = Redaction()
    redaction.line("-----BEGIN PRIVATE KEY-----")
    for _ in range(200):
        shown = redaction.line("a plain line of the game")
    assert shown == "a plain line of the game"


HARMLESS = [
    "password is incorrect, try again",
    "The token is invalid",
    "CPU at 50% of one core, 12%ab of it steals",
    "Backup world-25-11-24-1.tar.gz written",
    "Сервер запущен, مرحبا, 你好。",
    "[12:00:00 INFO]: Enter your password:",
    "https://example.com/login page not found",
]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_a_secret_is_shown_as_it_is(line: str) -> None:
    assert redacted(line) == line


@given(st.ip_addresses(v=4).map(str), st.sampled_from(["%s", "/%s:1", "(%s)", "\x1b[1m%s\x1b[0m"]))
def test_no_address_of_version_4_comes_through(address: str, form: str) -> None:
    local = address in ("127.0.0.1", "0.0.0.0", "255.255.255.255")  # kept on purpose
    assert (address in redacted(form % address)) is local


@given(st.ip_addresses(v=6).map(str), st.sampled_from(["%s", "/[%s]:25565", "from %s joined"]))
def test_no_address_of_version_6_comes_through(address: str, form: str) -> None:
    assert (address in redacted(form % address)) is (address in ("::", "::1"))


@given(st.text())
def test_anything_can_be_redacted_and_twice_is_the_same(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@pytest.mark.parametrize(
    "line",
    [
        "a" * 100_000,
        "1." * 50_000,
        ":" * 100_000,
        "a@" * 50_000,
        "password " * 10_000,
        "/l " * 30_000,
        "eyJ" + "-" * 100_000,
        "token=" * 15_000,
        "://" * 30_000,
        "-----BEGIN " * 9_000,
        "a.b" * 30_000,
        ("x" * 39 + "-") * 2_500,
    ],
)
@pytest.mark.timeout(20)
def test_no_line_hangs(line: str) -> None:
    redacted(line)


@given(st.text() | st.from_regex(r"[ -~]{0,80}"))
def test_what_is_not_worth_a_look_holds_nothing_to_hide(text: str) -> None:
    if not may_hold_secrets(text):
        assert redacted(f"{text} @").removesuffix(" @") == text
