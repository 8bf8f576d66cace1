"""The log: one form for all, and no secret in it, wherever it stood."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from bot import logs
from bot.secret import Secret

# made here in pieces, so that no scanner takes this file for a leak
PANEL_KEY = "ptlc_" + "a1B2c3D4" * 5 + "xyz"
APPLICATION_KEY = "ptla_" + "a1B2c3D4" * 5 + "xyz"
PELICAN_KEY = "pacc_" + "Z9y8X7" * 7
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9." + "eyJpc3MiOiJodHRw" * 6 + ".sig_" + "Ab-1" * 9
BOT_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4" + ".GwIrEc." + "Qr5-tUv_" * 4
WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/" + "wEbHoOk-" * 8
CALLBACK = "https://discord.com/api/v10/interactions/123456789012345678/" + "aW50ZXJh" * 9
S3 = "https://s3.example/b.tar.gz?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=" + "0f" * 32
SIGNED = "https://node.example:8080/download/file?token=" + "opaque" * 9

SECRETS = {
    "panel key": (PANEL_KEY, PANEL_KEY[5:]),
    "application key": (APPLICATION_KEY, APPLICATION_KEY[5:]),
    "key of Pelican": (PELICAN_KEY, PELICAN_KEY[5:]),
    "JWT": (JWT, JWT.split(".")[1]),
    "JWT cut off": (JWT[:70], JWT[37:70]),
    "bot token": (BOT_TOKEN, BOT_TOKEN[-20:]),
    "webhook": (WEBHOOK, "wEbHoOk"),
    "webhook through another host": (WEBHOOK.replace("discord.com", "127.0.0.1:8"), "wEbHoOk"),
    "interaction": (CALLBACK, "aW50ZXJh"),
    "authorization header": ("Authorization: Bearer " + "q" * 40, "qqqq"),
    "basic login": ("Authorization: Basic " + "dXNlcjpw" * 4, "dXNlcjpw"),
    "S3 link": (S3, "0f0f0f"),
    "signed link": (SIGNED, "opaque"),
    "password in an address": ("https://root:hunter2@panel.example/", "hunter2"),
    "password in a form": ("password=hunter2&x=1", "hunter2"),
}


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> Literal["console", "json"]:
    chosen: Literal["console", "json"] = request.param
    return chosen


@pytest.fixture
def written(form: Literal["console", "json"]) -> Iterator[io.StringIO]:
    """The log of a bot that was just set up; afterwards all is as before."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {
        name: logging.getLogger(name).level
        for name in ("discord", "discord.gateway", "aiosqlite", "sqlalchemy")
    }
    stream = io.StringIO()
    root.handlers.clear()
    logs.setup(level="info", form=form, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def fail_with(text: str) -> None:
    password_of_a_frame = text
    raise RuntimeError(f"could not use {password_of_a_frame}")


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_hidden_wherever_it_stands(written: io.StringIO, kind: str) -> None:
    text, tell_tale = SECRETS[kind]
    log = structlog.stdlib.get_logger("bot.test")

    log.info("about %s here", text)
    log.info("in a field", url=text, nested={"deep": [text]}, raw=text.encode())
    logging.getLogger("aiohttp.client").warning("asking %s", text)
    try:
        fail_with(text)
    except RuntimeError as error:
        log.exception("it broke")
        logging.getLogger("discord.client").exception("it broke")
        logs.log_uncaught(type(error), error, error.__traceback__)

    lines = written.getvalue()
    assert lines.count("it broke") == 2
    assert "ended by an error of our own" in lines
    assert tell_tale not in lines
    assert logs.HIDDEN in lines


def test_fields_named_like_secrets_are_hidden_whatever_they_hold(written: io.StringIO) -> None:
    structlog.stdlib.get_logger("bot.test").info(
        "called",
        token="plain-words",
        api_key="plain-words",
        password=b"plain-words",
        held=Secret("plain-words"),
        key_id="ab12cd34",
        server="monkey",
        keys=3,
    )

    line = written.getvalue()
    assert "plain-words" not in line
    for shown in ("ab12cd34", "monkey", "3"):
        assert shown in line


def test_ordinary_lines_are_left_as_they_are(written: io.StringIO) -> None:
    harmless = (
        "the bot restarted Survival (1eab9400) for guild 123456789012345678;"
        " reference 6e5a439a-fbc3-415e-a00a-c4eac45de0eb, https://panel.example/server/1eab9400"
        " tokens=3 basic authentication bot_permissions bearer of news v1.2.3-alpha"
    )
    structlog.stdlib.get_logger("bot.test").info(harmless)

    assert harmless in written.getvalue()


def test_a_traceback_shows_no_variables(written: io.StringIO) -> None:
    def deep(innocent_looking: str) -> None:
        raise LookupError(str(len(innocent_looking)))

    held = "only in a variable"
    try:
        deep(held)
    except LookupError:
        structlog.stdlib.get_logger("bot.test").exception("it broke")

    assert "LookupError" in written.getvalue()
    assert "only in a variable" not in written.getvalue()


@pytest.mark.parametrize("form", ["json"], indirect=True)
def test_json_lines_stay_json_with_what_an_operator_searches(written: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(reference="r1")
    structlog.stdlib.get_logger("bot.test").warning("lost", guild=5, url=SIGNED, quoted='a "b" \\')
    structlog.contextvars.clear_contextvars()
    logging.getLogger("discord.http").warning("slow %s", WEBHOOK)
    try:
        fail_with(f'"{PANEL_KEY}"\n')
    except RuntimeError:
        structlog.stdlib.get_logger("bot.test").exception("it broke")

    ours, theirs, broke = (json.loads(line) for line in written.getvalue().splitlines())
    assert (ours["event"], ours["level"], ours["logger"]) == ("lost", "warning", "bot.test")
    assert (ours["guild"], ours["reference"], ours["quoted"]) == (5, "r1", 'a "b" \\')
    assert ours["timestamp"].endswith("Z")
    assert (theirs["logger"], theirs["level"]) == ("discord.http", "warning")
    assert "RuntimeError" in broke["exception"]


def test_libraries_are_not_heard_on_statements_and_frames(written: io.StringIO) -> None:
    logs.setup(level="debug", stream=written)
    structlog.stdlib.get_logger("bot.test").debug("ours")
    logging.getLogger("discord.gateway").info("a frame")
    logging.getLogger("discord.http").debug("a body")
    logging.getLogger("aiosqlite").debug("a statement")

    lines = written.getvalue()
    assert "ours" in lines
    assert "a frame" not in lines
    assert "a body" not in lines
    assert "a statement" not in lines


def test_what_is_below_the_level_is_not_written(written: io.StringIO) -> None:
    structlog.stdlib.get_logger("bot.test").debug("too small")
    logging.getLogger("elsewhere").debug("too small")

    assert written.getvalue() == ""


def test_setting_up_twice_writes_each_line_once(written: io.StringIO) -> None:
    logs.setup(stream=written)
    structlog.stdlib.get_logger("bot.test").info("once")

    assert written.getvalue().count("once") == 1


def test_a_line_without_end_is_cut(written: io.StringIO) -> None:
    structlog.stdlib.get_logger("bot.test").info("long", body="x" * 1_000_000)

    assert len(written.getvalue()) < 2 * logs.LONGEST_LINE


def test_a_keyboard_interrupt_is_no_error(written: io.StringIO) -> None:
    logs.log_uncaught(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert written.getvalue() == ""
