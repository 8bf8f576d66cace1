"""Keys, passwords, tokens and links show up nowhere: not in repr, errors, tracebacks or pickles."""

import asyncio
import copy
import json
import pickle
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.pterodactyl import (
    AddressGuard,
    AddressRefused,
    Answer,
    Asked,
    Client,
    Declined,
    FieldError,
    Invalid,
    KeyRejected,
    Limited,
    Network,
    NodeFailed,
    NotThePanel,
    PanelBug,
    PanelDown,
    PanelError,
    Reason,
    WrongKeyKind,
)
from bot.secret import Secret
from tests.clock import MovedClock
from tests.pterodactyl.calls import call
from tests.pterodactyl.served import Said, serving

KEY = "ptlc_" + "Sw0rdf1shSw0rdf1sh" * 2
PASSWORD = "correct" + "-horse-" + "battery"


def everything_shown(error: BaseException) -> str:
    """What a log that prints the values of locals would hold, chained errors included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [
        frame
        for frame in shown.format()
        if "test_secrets.py" not in frame.partition("\n")[0]  # our own locals know the secrets
    ]
    context = error.__context__ or error.__cause__
    return "".join(frames) + (everything_shown(context) if context else "") + repr(error.__dict__)


FAULTS = {
    "page": Said.page(502),
    "redirect": Said(302, b"", {"Location": "https://elsewhere.example/login"}),
    "reset": Said(200, resets_after=0),
    "json": Said.of({"data": 7}),
    "echo": Said.error(400, "BadRequestHttpException", f"bad header Bearer {KEY} {PASSWORD[:0]}"),
    "401": Said.error(401, "AuthenticationException", f"unknown key {KEY}"),
    "429": Said.error(429, "ThrottleRequestsException", Retry_After="9999"),
    "500": Said.error(500, "QueryException"),
}


async def raised_by(make: Callable[[], Awaitable[object]]) -> PanelError | None:
    try:
        await make()
    except PanelError as error:
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_error_shows_key_or_password(fault: str) -> None:
    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = lambda _: FAULTS[fault]
        calls: list[Callable[[], Awaitable[object]]] = [
            client.background.account.get_account,
            lambda: client.account.update_email("a@b.c", PASSWORD),
            lambda: client.account.update_password(PASSWORD, PASSWORD, Secret(PASSWORD)),
            lambda: client.account.enable_2fa("123456", PASSWORD),
        ]
        for make in calls:
            error = await raised_by(make)
            assert error is not None or fault == "json"  # some take any JSON
            shown = everything_shown(error) if error else ""
            assert KEY not in shown
            assert PASSWORD not in shown
            assert KEY.encode() not in pickle.dumps(error)


async def test_cancelled_call_shows_no_key() -> None:
    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = lambda _: Said(200, hangs=True)
        task = asyncio.create_task(client.account.update_email("a@b.c", PASSWORD))
        await served.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as stopped:
            await task
    shown = everything_shown(stopped.value)
    assert KEY not in shown
    assert PASSWORD not in shown


async def test_refused_address_shows_no_key() -> None:
    clock = MovedClock()
    network = Network(AddressGuard(allow_http=True), clock=clock)
    client = Client("http://panel.example.com", KEY, network=network, clock=clock)
    client._http._base = "http://127.0.0.1:9/api/client"  # as if the name led there
    with pytest.raises(AddressRefused) as refused:
        await client.account.get_account()
    assert KEY not in everything_shown(refused.value)
    await network.close()


async def test_client_and_its_parts_show_no_key() -> None:
    async with Client("https://panel.example.com", KEY) as client:
        parts = [client, client.background, client.account, client.servers, client._http]
        parts += [client.servers.files, client.budget, client._http._call("GET", ("account",))]
        for part in parts:
            assert KEY not in repr(part)
            assert KEY not in f"{part}"
        for part in (client, client._http):
            with pytest.raises(TypeError):
                pickle.dumps(part)
            with pytest.raises(TypeError):
                copy.deepcopy(part)


SECRET_NAMES = {"password", "token", "secret", "secret_token", "tokens", "url", "image_url_data"}


def secrets_in(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in secrets_in(inner, key)]
    if isinstance(value, list):
        return [each for inner in value for each in secrets_in(inner, name)]
    return [value] if isinstance(value, str) and value and name in SECRET_NAMES else []


async def test_recorded_secrets_are_hidden_in_what_our_methods_give_back(
    recordings: Path,
) -> None:
    looked_at = 0
    async with serving() as served, Client(served.url, KEY) as client:
        for path in sorted((recordings / "panel").glob("*.json")):
            recorded = json.loads(path.read_text())
            response, question = recorded["response"], recorded["request"]
            found = secrets_in(response["body"]) if response["status"] == 200 else []
            if not found or question["path"].startswith("http"):
                continue
            served.answer = lambda _, body=response["body"]: Said.of(body)  # type: ignore[misc]
            made = call(client, question["method"], question["path"], question["body"])
            assert made is not None
            result = await made
            looked_at += 1
            for secret in found:
                assert secret not in repr(result), path.stem
                assert secret not in f"{result}", path.stem
    assert looked_at


async def test_values_of_variables_and_typed_commands_are_not_in_repr() -> None:
    variable = {
        "name": "Rcon",
        "description": "",
        "env_variable": "RCON",
        "default_value": "hunter2",
        "server_value": "hunter2",
        "is_editable": True,
        "rules": "",
    }
    startup = {
        "data": [{"attributes": variable}],
        "meta": {"startup_command": "./run hunter2", "raw_startup_command": "./run {{RCON}}"},
    }
    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = lambda _: Said.of(startup)
        found = await client.servers.startup.list_variables("1eab9400")
        assert "hunter2" not in repr(found)
        served.answer = lambda _: Said.of({"attributes": variable, "meta": startup["meta"]})
        updated = await client.servers.startup.update_variable("1eab9400", "RCON", "hunter2")
        assert "hunter2" not in repr(updated)


@pytest.mark.parametrize("key", ["ptla_" + "x" * 43, "papp_" + "x" * 43, "  ptla_abc\n"])
def test_application_key_is_told_before_anything_is_sent(key: str) -> None:
    with pytest.raises(WrongKeyKind) as refused:
        Client("https://panel.example.com", key)
    assert key.strip() not in everything_shown(refused.value)


@pytest.mark.parametrize(
    "key", ["", "   ", "ptlc_a b", "ptlc_a\nb", "ptlc_a\r\nX-Evil: 1", "ptlc_ü"]
)
def test_broken_key_is_told_before_anything_is_sent(key: str) -> None:
    with pytest.raises(KeyRejected) as refused:
        Client("https://panel.example.com", key)
    assert refused.value.answer.status == 0


async def test_blanks_around_a_key_are_cut_off_and_its_prefix_is_free() -> None:
    async with serving() as served, Client(served.url, f"\n {'pacc_' + 'x' * 43} \n") as client:
        served.answer = lambda _: Said(204)
        await client.servers.settings.reinstall_server("1eab9400")
        assert served.heard[0].headers["authorization"] == f"Bearer pacc_{'x' * 43}"


@pytest.mark.parametrize(
    "url",
    ["", "panel", "panel.example.com", "ftp://panel.example.com", "wss://panel.example.com",
     "https://", "https://user:pass@panel.example.com", "http://[::1", "javascript:alert(1)",
     "http://169.254.169.254/", "http://metadata.google.internal/"],
)  # fmt: skip
def test_unusable_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(AddressRefused):
        Client(url, KEY)


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://panel.example.com/", "https://panel.example.com"),
        (" https://Panel.Example.com/api/client/ ", "https://panel.example.com"),
        ("https://example.com/panel/", "https://example.com/panel"),
        ("https://panel.example.com:8443/?a=b#c", "https://panel.example.com:8443"),
    ],
)
async def test_address_is_brought_into_one_form(url: str, root: str) -> None:
    async with Client(url, KEY) as client:
        assert client.url == root


def test_errors_survive_a_pickle() -> None:
    answer = Answer(422, "ValidationException", "no", Asked("POST", ("servers", "x")))
    errors: list[PanelError] = [
        PanelDown("x", maybe_done=True, retry_after=3.0),
        NotThePanel("x"),
        AddressRefused("x", setting="s"),
        Invalid(answer, fields=(FieldError("a", "b", "c"),)),
        Declined(answer, reason=Reason.LOCKED),
        Limited(answer, budget="x"),
        NodeFailed(answer, node_status=500),
        PanelBug(answer),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert again.__dict__ == error.__dict__
        assert str(again) == str(error)
