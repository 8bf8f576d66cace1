"""Every recorded answer of a real panel decodes without a loss, or raises what the contract says.

Another folder of the same form can be handed in (`--recordings DIR`): calls are found by method and
route, never by a recording's name.
"""

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.pterodactyl import (
    Client,
    Conflict,
    ConflictState,
    Declined,
    Invalid,
    Limited,
    NodeFailed,
    NotAllowed,
    PanelDown,
    PanelError,
    Reason,
    Refused,
    Server,
    Upload,
)
from bot.pterodactyl.refusal import refusal
from tests.clock import MovedClock
from tests.pterodactyl.calls import MOMENT, OWN_RECORDINGS, as_panel, asked, call, path_of, query_of
from tests.pterodactyl.driving import drive
from tests.pterodactyl.served import Heard, Said, serving

pytestmark = pytest.mark.recording

Json = Any

IGNORED = {
    "object": "the kind is known from the route",
    "pagination": "list_backups reads all pages; others keep it (see LISTS_WITH_PAGES)",
}
LISTS_WITH_PAGES = {"", "account/activity", "servers/{server}/activity"}

KEY = "ptlc_aaaaaaaaaaaAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder = Path(metafunc.config.getoption("--recordings")) / "panel"
    answers: list[Any] = []
    refusals: list[Any] = []
    links: list[Any] = []
    for path in sorted(folder.glob("*.json")):
        recorded = json.loads(path.read_text())
        if recorded["request"]["path"].startswith("http"):
            links.append(pytest.param(recorded, id=path.stem))
            continue
        kind = refusals if recorded["response"]["status"] >= 400 else answers
        kind.append(pytest.param(recorded, id=path.stem))
    if "over_link" in metafunc.fixturenames:
        metafunc.parametrize("over_link", links)
    if "answered" in metafunc.fixturenames:
        metafunc.parametrize("answered", answers)
    if "ours" in metafunc.fixturenames:
        ours = [each for each in answers if not not_as_we_send(each.values[0]["request"])]
        metafunc.parametrize("ours", ours)
    if "refused" in metafunc.fixturenames:
        metafunc.parametrize("refused", refusals)


def said(recorded: Json) -> Said:
    """The recorded answer, for the wire."""
    response = recorded["response"]
    body = response["body"]
    raw = json.dumps(body).encode() if response.get("body_kind") == "json" else body.encode()
    if recorded["request"]["path"].partition("?")[0].endswith("/files/contents"):
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {
        name: value
        for name, value in response.get("headers", {}).items()
        if name.lower() not in {"content-length", "transfer-encoding", "connection"}
    }
    return Said(response["status"], raw, headers)


class Replay:
    """Gives the recorded answer to the recorded question, and what our call reads before it."""

    def __init__(self, recorded: Json) -> None:
        self.recorded = recorded
        self.question = recorded["request"]
        self.asked: list[Heard] = []

    def __call__(self, heard: Heard) -> Said:
        wanted = (self.question["method"], path_of(self.question["path"]))
        if (heard.method, tuple(heard.segments[3:])) == wanted:
            self.asked.append(heard)
            return said(self.recorded)
        if heard.method == "GET" and heard.segments[-2] == "backups":
            return Said.of({"attributes": BACKUP | {"is_locked": not locked_by(self.recorded)}})
        if heard.method == "GET" and heard.segments[-2] == "schedules":
            task = TASK | {"id": int(path_of(self.question["path"])[-1])}
            tasks = {"data": [{"attributes": task}]}
            return Said.of({"attributes": SCHEDULE | {"relationships": {"tasks": tasks}}})
        raise AssertionError(f"{heard.method} {heard.target} was not recorded")


NOW = "2026-11-23T09:00:00+00:00"
BACKUP = {
    "uuid": "1a94df07-84e0-464a-befe-56665cf0d4dd",
    "name": "",
    "is_successful": True,
    "ignored_files": [],
    "checksum": None,
    "bytes": 0,
    "created_at": NOW,
    "completed_at": NOW,
}
SCHEDULE = {
    "id": 13,
    "name": "",
    "cron": dict.fromkeys(("minute", "hour", "day_of_month", "month", "day_of_week"), "1"),
    "is_active": True,
    "is_processing": False,
    "only_when_online": False,
    "last_run_at": None,
    "next_run_at": None,
    "created_at": NOW,
    "updated_at": NOW,
}
TASK = {
    "sequence_id": 1,
    "action": "power",
    "payload": "stop",
    "time_offset": 0,
    "is_queued": False,
    "continue_on_failure": False,
    "created_at": NOW,
    "updated_at": NOW,
}


def locked_by(recorded: Json) -> bool:
    """What a recorded toggle led to; a refused one is taken for a wish to lock."""
    is_locked: bool = recorded["response"]["body"].get("attributes", {}).get("is_locked", True)
    return is_locked


def lost(recorded: Json, kept: Json, where: str = "") -> list[str]:
    """Where something recorded is missing or changed in what our method gave back."""
    if isinstance(recorded, dict) and isinstance(kept, dict):
        return [
            place
            for name, value in recorded.items()
            if name not in IGNORED or (name == "pagination" and name in kept)
            for place in (
                lost(value, kept[name], f"{where}.{name}")
                if name in kept
                else [f"{where}.{name} is missing"]
            )
        ]
    if isinstance(recorded, list) and isinstance(kept, list):
        if len(recorded) != len(kept):
            return [f"{where}: {len(recorded)} recorded, {len(kept)} kept"]
        pairs = enumerate(zip(recorded, kept, strict=True))
        return [place for at, (a, b) in pairs for place in lost(a, b, f"{where}[{at}]")]
    if isinstance(recorded, str) and isinstance(kept, str) and MOMENT.fullmatch(recorded):
        same = datetime.fromisoformat(recorded) == datetime.fromisoformat(kept)
        return [] if same else [f"{where}: {recorded} became {kept}"]
    if recorded in ({}, []) and kept in ({}, []):
        return []  # PHP writes an empty map as a list
    is_same = recorded == kept and isinstance(recorded, bool) == isinstance(kept, bool)
    return [] if is_same else [f"{where}: {recorded!r} became {kept!r}"]


async def replayed(recorded: Json) -> tuple[object, Replay] | None:
    """What our call gives back for a recorded exchange; None where the client has no such call."""
    question = recorded["request"]
    replay = Replay(recorded)
    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = replay
        body = question["body"]
        if question["path"].endswith("/lock"):
            body = {"is_locked": locked_by(recorded)}
        made = call(client, question["method"], question["path"], body)
        if made is None:
            return None
        return await made, replay


async def test_recorded_answer_decodes_without_losing_a_field(answered: Json) -> None:
    got = await replayed(answered)
    if got is None:
        assert answered["request"]["method"] in {"HEAD", "OPTIONS"}, "a call the client lacks"
        return
    result, _ = got
    response = answered["response"]
    body = response["body"]
    kept = as_panel(result)
    if isinstance(kept, bytes):
        assert kept == said(answered).body
    elif kept is None:
        assert body in ("", []), "an answer that our method throws away"
    else:
        assert lost(body, kept) == []


async def test_our_request_is_the_recorded_one(ours: Json) -> None:
    question = ours["request"]
    got = await replayed(ours)
    assert got is not None
    _, replay = got
    heard = replay.asked[0]
    assert heard.headers["accept"] == "application/json"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert "origin" not in heard.headers
    assert "cookie" not in heard.headers
    assert dict(heard.query) == query_of(question["path"])
    body = question["body"]
    if isinstance(body, str):
        assert heard.body == body.encode()
        assert heard.headers["content-type"] == "text/plain"
    elif body is None:
        assert heard.body == b""
        assert "content-type" not in heard.headers
    else:
        assert heard.headers["content-type"] == "application/json"
        assert heard.json == body


def not_as_we_send(question: Json) -> str | None:
    """Why a recorded request is none of ours; None if we send exactly it."""
    method, body, query = question["method"], question["body"], query_of(question["path"])
    route = asked(method, question["path"]).route
    kind = question.get("headers", {}).get("Content-Type")
    if method in {"HEAD", "OPTIONS"}:
        return "the client has no use for it"
    if isinstance(body, str):
        ours = route.endswith("files/write") and kind == "text/plain"
        return None if ours else "we write files as text/plain and send no forms"
    if route in LISTS_WITH_PAGES or route.endswith("/backups"):
        ordered = route == "" or "sort" in query
        if method == "GET" and not ("per_page" in query and "page" in query and ordered):
            return "we always send per_page, and page and sort where there are any"
        if method == "GET" and route == "" and not 1 <= int(query["per_page"]) <= 100:
            return "we stay within the panel's bounds"
        if method == "GET" and (query["page"] == "1" or route.endswith("/backups")):
            return "the first page goes without its number, and backups come 50 a page"
    elif not query.keys() <= {"include", "directory", "file"}:
        return "the panel reads no such parameter here, and we send none"
    if isinstance(body, dict):
        return _body_not_as_we_send(route, body)
    return None


ALWAYS_SENT = {
    "account/api-keys": ("allowed_ips",),
    "servers/{server}/schedules": ("is_active", "only_when_online", "month"),
    "servers/{server}/schedules/{schedule}": ("is_active", "only_when_online"),
    "servers/{server}/schedules/{schedule}/tasks": ("continue_on_failure", "payload"),
    "servers/{server}/schedules/{schedule}/tasks/{task}": ("continue_on_failure", "payload"),
    "servers/{server}/files/create-folder": ("root",),
    "servers/{server}/files/compress": ("root",),
    "servers/{server}/files/decompress": ("root",),
    "servers/{server}/files/pull": ("directory",),
}
"""Fields whose absence means something, or the same as the value we send."""

SENT_WHEN_ASKED = {"servers/{server}/backups", "servers/{server}/files/pull"}


def _body_not_as_we_send(route: str, body: dict[str, Json]) -> str | None:
    if any(name not in body for name in ALWAYS_SENT.get(route, ())):
        return "we always send that field"
    if route in SENT_WHEN_ASKED and not all(body.values()):
        return "we leave out what isn't asked for"
    if None in body.values() and not route.endswith(("{allocation}", "startup/variable")):
        return "we leave out what isn't given"
    if route.endswith("chmod") and any(isinstance(f.get("mode"), int) for f in body["files"]):
        return "the node wants text"
    if route.endswith("ssh-keys/remove") and str(body["fingerprint"]).startswith("SHA256:"):
        return "the panel wants it without SHA256:"
    if route.endswith("/users") and "username" in body:
        return "no panel reads it"
    return None


# Refusals: what the contract says of them, told again without looking at the client's tables.

BY_CODE = {
    "DaemonConnectionException": "NodeFailed",
    "ConnectionException": "NodeFailed",
    "RequestException": "NodeFailed",
    "FileNotFoundException": "NodeFailed",
    "FileNotEditableException": "NodeFailed",
    "FileExistsException": "NodeFailed",
    "AuthenticationException": "KeyRejected",
    "TwoFactorAuthRequiredException": "TwoFactorDemanded",
    "NotFoundHttpException": "NotFound",
    "ServerStateConflictException": "Conflict",
    "ValidationException": "Invalid",
    "ThrottleRequestsException": "Limited",
    "TooManyRequestsHttpException": "Limited",
}
BY_STATUS = {400: "Declined", 403: "NotAllowed", 405: "PanelBug", 413: "Declined", 500: "PanelBug"}
BY_TEXT = (
    ("You are attempting to use an application API key", "WrongKeyKind"),
    ("This IP address (", "IpNotAllowed"),
    ("Server must be online in order to send commands", "ServerOffline"),
    ("Service Unavailable", "PanelDown"),
)
STATE_BY_TEXT = {
    "suspended": ConflictState.SUSPENDED,
    "maintenance": ConflictState.MAINTENANCE,
    "installation": ConflictState.INSTALLING,
    "restoring": ConflictState.RESTORING,
    "transferred": ConflictState.TRANSFERRING,
}
RIGHT_BY_NAME = {
    "err_403_backups_bob": "backup.read",
    "err_403_backups_delete_bob": "backup.delete",
    "err_403_backups_download_bob": "backup.download",
    "err_403_backups_lock_bob": "backup.delete",
    "err_403_backups_restore_bob": "backup.restore",
    "err_403_databases_create_subuser": "database.create",
    "err_403_databases_subuser": "database.read",
    "err_403_files_archive_bob": "file.archive",
    "err_403_files_contents_subuser": "file.read-content",
    "err_403_files_delete_bob": "file.delete",
    "err_403_files_upload_bob": "file.create",
    "err_403_files_write_bob": "file.create",
    "err_403_network_bob": "allocation.read",
    "err_403_power_stop_subuser": "control.stop",
    "err_403_restart_subuser": "control.restart",
    "err_403_schedules_bob": "schedule.read",
    "err_403_schedules_create_bob": "schedule.create",
    "err_403_schedules_execute_bob": "schedule.update",
    "err_403_settings_docker_bob": "startup.docker-image",
    "err_403_settings_reinstall_bob": "settings.reinstall",
    "err_403_settings_rename_bob": "settings.rename",
    "err_403_startup_bob": "startup.read",
    "err_403_startup_update_bob": "startup.update",
    "err_403_users_bob": "user.read",
    "err_403_users_create_bob": "user.create",
}
REASON_BY_NAME = {
    "account_2fa_disable_no_password": Reason.WRONG_PASSWORD,
    "config_413_nginx_html": Reason.TOO_LARGE,
    "config_allocations_no_range": Reason.NO_ALLOCATION_FREE,
    "config_allocations_off": Reason.FEATURE_OFF,
    "config_allocations_range_full": Reason.NO_ALLOCATION_FREE,
    "config_databases_no_host": Reason.NO_DATABASE_HOST,
    "err_400_2fa_already": Reason.ALREADY_ON,
    "err_400_2fa_bad_code": Reason.WRONG_CODE,
    "err_400_2fa_bad_password": Reason.WRONG_PASSWORD,
    "err_400_2fa_disable_bad_password": Reason.WRONG_PASSWORD,
    "err_400_account_activity_sort": Reason.BAD_QUERY,
    "err_400_backups_delete_locked": Reason.LOCKED,
    "err_400_backups_limit": Reason.LIMIT_REACHED,
    "err_400_backups_restore_pending": Reason.BACKUP_UNFINISHED,
    "err_400_bad_json": Reason.MALFORMED,
    "err_400_databases_duplicate": Reason.DUPLICATE,
    "err_400_databases_limit": Reason.LIMIT_REACHED,
    "err_400_databases_limit_zero": Reason.LIMIT_REACHED,
    "err_400_databases_no_host": Reason.LIMIT_REACHED,  # so it was in truth
    "err_400_email_bad_password": Reason.WRONG_PASSWORD,
    "err_400_email_empty": Reason.WRONG_PASSWORD,
    "err_400_files_contents_too_large": Reason.TOO_LARGE,
    "standin_err_400_files_contents_too_large": Reason.TOO_LARGE,
    "err_400_filter_unknown": Reason.BAD_QUERY,
    "err_400_network_delete_no_limit": Reason.NO_ALLOCATION_LIMIT,
    "err_400_network_limit": Reason.LIMIT_REACHED,
    "err_400_network_limit_zero": Reason.LIMIT_REACHED,
    "err_400_password_wrong_current": Reason.WRONG_PASSWORD,
    "err_400_schedules_bad_cron": Reason.BAD_CRON,
    "err_400_schedules_bad_cron_word": Reason.BAD_CRON,
    "err_400_schedules_execute_no_tasks": Reason.NO_TASKS,
    "err_400_settings_docker_image_custom": Reason.CUSTOM_IMAGE,
    "err_400_startup_hidden_variable": Reason.UNKNOWN_VARIABLE,
    "err_400_tasks_limit": Reason.LIMIT_REACHED,
    "err_400_users_duplicate": Reason.DUPLICATE,
    "err_400_users_owner": Reason.IS_OWNER,
}


BY_STATUS_OF_A_PAGE = {413: "Declined", 429: "Limited", 500: "PanelBug"}


def expected_class(recorded: Json) -> str:
    response = recorded["response"]
    body, status = response["body"], response["status"]
    if not isinstance(body, dict):
        page = "PanelDown" if status > 500 else "NotThePanel"
        return BY_STATUS_OF_A_PAGE.get(status, page)
    first = body["errors"][0]
    if first["code"] in BY_CODE:
        return BY_CODE[first["code"]]
    for begins, name in BY_TEXT:
        if first["detail"].startswith(begins):
            return name
    return BY_STATUS[status]


def check(error: PanelError, recorded: Json) -> None:
    """Hold an error to the recording it was raised for."""
    name, response = recorded["name"], recorded["response"]
    status, is_get = response["status"], recorded["request"]["method"] == "GET"
    headers = {key.lower(): value for key, value in response.get("headers", {}).items()}
    assert type(error).__name__ == expected_class(recorded), error
    is_maintenance = status == 503 and isinstance(response["body"], dict)
    assert error.maybe_done == (not is_get and status >= 500 and not is_maintenance)
    if isinstance(error, PanelDown):
        wanted = headers.get("retry-after")
        assert error.retry_after == (float(wanted) if wanted else None)
        assert error.is_maintenance == (status == 503 and isinstance(response["body"], dict))
        return
    assert isinstance(error, Refused)
    assert error.answer.status == status
    match error:
        case Conflict():
            detail = response["body"]["errors"][0]["detail"]
            assert error.state == next(s for word, s in STATE_BY_TEXT.items() if word in detail)
        case Invalid():
            metas = [entry["meta"] for entry in response["body"]["errors"]]
            told = [(field.field, field.rule) for field in error.fields]
            assert told == [(meta["source_field"], meta["rule"]) for meta in metas]
        case Limited():
            assert error.retry_after == float(headers.get("retry-after", 60))
            is_small = int(headers.get("x-ratelimit-limit", 720)) < 100
            own = is_small or error.answer.code == "TooManyRequestsHttpException"
            assert (error.budget != "client") == own
        case NodeFailed():
            inner = re.search(r"\(code: (\d+)\)", error.answer.detail)
            if inner:
                assert error.node_status == int(inner[1])
            elif "Could not establish" in error.answer.detail:
                assert error.node_status is None
        case NotAllowed() if name in RIGHT_BY_NAME:
            assert error.right == RIGHT_BY_NAME[name]
        case NotAllowed() if error.answer.code == "HttpForbiddenException":
            assert (error.right, error.reason) == (None, Reason.GRANTS_TOO_MUCH)
        case Declined() if name in REASON_BY_NAME:
            assert error.reason == REASON_BY_NAME[name]


def test_recorded_refusal_is_read_as_the_contract_says(refused: Json) -> None:
    question = refused["request"]
    answer = said(refused)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    where = asked(question["method"], question["path"])
    if isinstance(question["body"], dict) and where.route.endswith("/power"):
        signal = str(question["body"].get("signal"))
        rights = {"stop": "control.stop", "restart": "control.restart"}
        where = type(where)(where.method, where.segments, rights.get(signal))

    error = refusal(where, answer.status, headers, answer.body)

    check(error, refused)


async def test_recorded_refusal_is_raised_by_our_call(refused: Json) -> None:
    clock = MovedClock()
    question = refused["request"]
    if question["path"].partition("?")[0].endswith("/files/write") and not question["body"]:
        return  # an empty file that the node won't write is uploaded (test_areas)
    async with serving() as served, Client(served.url, KEY, clock=clock) as client:
        served.answer = Replay(refused)
        made = call(client, question["method"], question["path"], question["body"])
        if made is None:
            assert refused["response"]["status"] in {404, 405}, "a call the client lacks"
            return

        async def caught() -> PanelError:
            try:
                await made
            except PanelError as error:
                return error
            raise AssertionError("nothing was raised")

        task = asyncio.create_task(caught())
        await drive(clock, task)

    check(task.result(), refused)


async def test_recorded_answer_of_a_node_is_received_or_is_the_nodes_refusal(
    over_link: Json,
) -> None:
    """What came over a signed link; the body is told by its length alone."""
    response = over_link["response"]
    is_upload = over_link["request"]["method"] == "POST"
    headers = {name.lower(): value for name, value in response["headers"].items()}
    size_bytes = int(headers.get("content-length", 0))
    body = response["body"] if isinstance(response["body"], dict) else {}
    if isinstance(response["body"], str) and response["status"] >= 400:
        body = json.loads(response["body"])
    raw = b"x" * size_bytes if response["status"] == 200 else json.dumps(body).encode()
    uses: list[Heard] = []

    def answer(heard: Heard) -> Said:
        if heard.path.startswith("/api/client"):
            return Said.of({"attributes": {"url": f"{served.url}/link?token={len(uses)}"}})
        uses.append(heard)
        return Said(response["status"], raw, {"Content-Type": headers.get("content-type", "")})

    async def used(client: Client) -> bytes:
        if is_upload:
            await client.servers.files.upload("1eab9400", Upload("a.txt", b"content"))
            return b""
        async with client.servers.files.open_download("1eab9400", "/a.txt") as download:
            return b"".join([piece async for piece in download])

    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = answer
        if response["status"] == 200:
            assert await used(client) == raw
            assert len(uses) == 1
        else:
            with pytest.raises(NodeFailed) as refused:
                await used(client)
            assert refused.value.node_status == response["status"]
            assert refused.value.is_missing == (response["status"] == 404)
            assert refused.value.answer.detail == body["error"]
            assert refused.value.maybe_done == (is_upload and response["status"] >= 500)
            # a spent link is not told from a missing file: one fresh link is tried
            assert len(uses) == (2 if response["status"] in {404, 500} else 1)
    assert all("authorization" not in use.headers for use in uses)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("state_suspended_view", ConflictState.SUSPENDED),
        ("state_installing_view", ConflictState.INSTALLING),
        ("state_install_failed_view", ConflictState.INSTALLING),
        ("state_restoring_view", ConflictState.RESTORING),
        ("state_transferring_view", ConflictState.TRANSFERRING),
        ("state_reinstall_failed_view", None),
        ("server", None),
    ],
)
async def test_view_tells_which_state_blocks_the_other_calls(
    name: str, state: ConflictState | None
) -> None:
    path = OWN_RECORDINGS / "panel" / f"{name}.json"
    got = await replayed(json.loads(path.read_text()))
    assert got is not None
    server = got[0]
    assert isinstance(server, Server)
    assert server.conflict == state
