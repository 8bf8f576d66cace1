"""What no honest node would send, and what a game can make it send: the channel stays readable."""

import pytest

from demo.panel import SimPanel
from demo.panel.socket import Socket
from tests.commands.test_mirror import heard, mirror, mirrored
from tests.wirecord import eventually
from tests.world import World

LINE = b'{"event":"console output","args":["%s"]}\n'


async def cram(panel: SimPanel, *frames: bytes) -> None:
    """Let the node send bytes to all who hear Survival."""
    node = panel.world.server("Survival").instance
    assert node is not None
    for socket in list(node.sockets):
        assert isinstance(socket, Socket)
        for frame in frames:
            await socket.cram(frame)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"caf\xe9 is open", "caf\ufffd is open"),
        (b"\xff\xfe\xfd", "\ufffd\ufffd\ufffd"),
        (b"half \xf0\x9f\x90", "half \ufffd"),
        (b"overlong \xc0\xaf slash", "overlong \ufffd\ufffd slash"),
        (b"surrogate \xed\xa0\xbd alone", "surrogate \ufffd\ufffd\ufffd alone"),
        (b"escaped \\ud83d alone", "escaped \ufffd alone"),
        (b"nul \\u0000 and bell \\u0007", "nul  and bell"),
    ],
)
async def test_broken_utf_8_is_shown_as_such_and_the_next_line_comes(
    roost: World, panel: SimPanel, sent: bytes, shown: str
) -> None:
    await mirror(roost)
    await heard(roost, panel, "before it")

    await cram(panel, LINE % sent)
    panel.world.server("Survival").line("after it")

    await eventually(lambda: "after it" in mirrored(roost.channel))
    assert shown in mirrored(roost.channel)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"event":null}',
        b'{"event":"console output"}',
        b'{"event":"console output","args":null}',
        b'{"event":"console output","args":[null]}',
        b'{"event":"console output","args":[{"a":1}]}',
        b'{"event":"console output","args":["' + b"[" * 5000 + b'"]}',
        b'{"event":"console output","args":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"event":"stats","args":["{\\"cpu_absolute\\":1e999,\\"uptime\\":-1}"]}',
        b'{"event":"stats","args":["{}"]}',
        b'{"event":"stats","args":["{\\"x\\":' + b"[" * 5000 + b"]" * 5000 + b'}"]}',
        b'{"event":"stats","args":[' + b"9" * 5000 + b"]}",
        b'{"event":"status","args":["\xff"]}',
        b'{"event":"backup completed","args":["' + b"9" * 5000 + b'"]}',
    ],
)
async def test_what_is_no_event_harms_no_line(roost: World, panel: SimPanel, frame: bytes) -> None:
    await mirror(roost)
    await heard(roost, panel, "before it")

    await cram(panel, frame)
    panel.world.server("Survival").line("after it")

    await eventually(lambda: "after it" in mirrored(roost.channel))
    assert "before it" in mirrored(roost.channel)


@pytest.mark.parametrize("colour", ["", "\x1b[31m"])
async def test_a_line_of_100_kb_is_one_cut_line(roost: World, panel: SimPanel, colour: str) -> None:
    await mirror(roost)
    await heard(roost, panel, "before it")
    node = panel.world.server("Survival").instance
    assert node is not None

    node.publish("console output", colour + "long " * 20_000 + "\u00e9")
    node.publish("console output", "after it")

    await eventually(lambda: "after it" in mirrored(roost.channel))
    shown = mirrored(roost.channel)
    (line,) = [one for one in shown.splitlines() if "long long" in one]
    assert len(line) <= 1000
    assert "…" in line
    messages = roost.channel.public()
    assert all(len(one["content"]) <= 2000 and not one["attachments"] for one in messages)


async def test_a_message_beyond_every_limit_ends_the_connection_and_not_the_mirror(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "before it")
    await eventually(lambda: "before it" in mirrored(roost.channel))

    await cram(panel, LINE % (b"x" * (2 << 20)))
    panel.world.server("Survival").line("after it")

    await eventually(lambda: "after it" in mirrored(roost.channel), 30)
    assert mirrored(roost.channel).count("before it") == 1
