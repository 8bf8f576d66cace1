"""The traps that the contract lists, each method's way round them, and paging."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pterodactyl import (
    AddressGuard,
    Client,
    Declined,
    Network,
    NodeFailed,
    NotFound,
    PanelBug,
    Reason,
    Upload,
)
from tests.clock import MovedClock
from tests.pterodactyl.calls import OWN_RECORDINGS
from tests.pterodactyl.driving import drive
from tests.pterodactyl.served import Heard, Said, Served, serving
from tests.pterodactyl.test_faults import KEY
from tests.pterodactyl.test_recordings import BACKUP, SCHEDULE, TASK

SERVER = "1eab9400-0d8c-4e6d-8e1e-9631c54bb1ce"
UNKNOWN_ROUTE = Said.error(404, "NotFoundHttpException", "The route x could not be found.")
WRONG_VERB = Said.error(405, "MethodNotAllowedHttpException", "not supported for route")


class Panel:
    def __init__(self, served: Served, clock: MovedClock) -> None:
        self.served = served
        self.clock = clock
        self.network = Network(AddressGuard.open(), clock=clock)
        self.client = Client(served.url, KEY, network=self.network, clock=clock)

    @property
    def asked(self) -> list[str]:
        return [f"{h.method} {'/'.join(h.segments[5:])}" for h in self.served.heard]

    def body(self, at: int = -1) -> Any:
        return self.served.heard[at].json


@pytest.fixture
async def panel() -> AsyncIterator[Panel]:
    async with serving() as served:
        made = Panel(served, MovedClock())
        yield made
        await made.network.close()


# backups


async def test_locking_a_locked_backup_toggles_nothing(panel: Panel) -> None:
    panel.served.answer = lambda _: Said.of({"attributes": BACKUP | {"is_locked": True}})
    backup = await panel.client.servers.backups.set_locked(SERVER, "b", True)
    assert backup.is_locked
    assert panel.asked == ["GET backups/b"]


async def test_lock_toggled_by_somebody_else_at_the_same_moment_is_set_right(
    panel: Panel,
) -> None:
    states = iter([False, False, True])  # read; toggled back by our own call; toggled again
    panel.served.answer = lambda _: Said.of({"attributes": BACKUP | {"is_locked": next(states)}})
    backup = await panel.client.servers.backups.set_locked(SERVER, "b", True)
    assert backup.is_locked
    assert panel.asked == ["GET backups/b", "POST backups/b/lock", "POST backups/b/lock"]


async def test_restore_deletes_no_files_unless_told(panel: Panel) -> None:
    await panel.client.servers.backups.restore_backup(SERVER, "b")
    assert panel.body() == {"truncate": False}
    await panel.client.servers.backups.restore_backup(SERVER, "b", True)
    assert panel.body() == {"truncate": True}


async def test_ignored_patterns_go_as_lines(panel: Panel) -> None:
    panel.served.answer = lambda _: Said.of({"attributes": BACKUP | {"is_locked": False}})
    await panel.client.servers.backups.create_backup(SERVER, ignored=["logs/*", "*.jar"])
    assert panel.body() == {"ignored": "logs/*\n*.jar"}


async def test_unfinished_backup_is_not_downloaded(panel: Panel, tmp_path: Path) -> None:
    running = BACKUP | {"is_locked": False, "is_successful": False, "completed_at": None}
    panel.served.answer = lambda _: Said.of({"attributes": running})
    with pytest.raises(Declined) as refused:
        await panel.client.servers.backups.download_to(SERVER, "b", tmp_path / "b.tar.gz")
    assert refused.value.reason is Reason.BACKUP_UNFINISHED
    assert list(tmp_path.iterdir()) == []


# settings and account


async def test_rename_without_description_leaves_it_alone(panel: Panel) -> None:
    await panel.client.servers.settings.rename_server(SERVER, "New")
    assert panel.body() == {"name": "New"}
    await panel.client.servers.settings.rename_server(SERVER, "New", "")
    assert panel.body() == {"name": "New", "description": ""}


async def test_description_alone_goes_with_the_present_name_where_the_panel_wants_it(
    panel: Panel,
) -> None:
    view = json.loads((OWN_RECORDINGS / "panel" / "server.json").read_text())["response"]["body"]

    def answer(heard: Heard) -> Said:
        if heard.method == "GET":
            return Said.of(view)
        return UNKNOWN_ROUTE if heard.path.endswith("description") else Said(204)

    panel.served.answer = answer
    await panel.client.servers.settings.set_description(SERVER, "text")
    assert panel.body() == {"name": view["attributes"]["name"], "description": "text"}


async def test_older_panel_switches_two_factor_off_by_its_own_verb(panel: Panel) -> None:
    panel.served.answer = lambda heard: (
        UNKNOWN_ROUTE if heard.path.endswith("disable") else Said(204)
    )
    await panel.client.account.disable_2fa("password")
    assert [heard.method for heard in panel.served.heard] == ["POST", "DELETE"]
    assert panel.body() == {"password": "password"}


async def test_pelican_has_no_two_factor_here(panel: Panel) -> None:
    panel.served.answer = lambda _: UNKNOWN_ROUTE
    with pytest.raises(NotFound) as refused:
        await panel.client.account.disable_2fa("password")
    assert refused.value.route_unknown


async def test_ssh_key_is_removed_pelicans_way_where_that_is_the_way(panel: Panel) -> None:
    panel.served.answer = lambda heard: WRONG_VERB if heard.method == "POST" else Said(204)
    await panel.client.account.remove_ssh_key("SHA256:ab/c+d")
    assert panel.body(0) == {"fingerprint": "ab/c+d"}
    assert panel.served.heard[1].path == "/api/client/account/ssh-keys/ab%2Fc%2Bd"


# startup, users, databases


@pytest.mark.parametrize(
    ("value", "sent"), [(25, "25"), (True, "1"), (False, "0"), ("x", "x"), ("", ""), (None, None)]
)
async def test_variables_go_as_text(panel: Panel, value: Any, sent: Any) -> None:
    panel.served.answer = lambda _: Said.of({})
    with pytest.raises(PanelBug):
        await panel.client.servers.startup.update_variable(SERVER, "MAX_PLAYERS", value)
    assert panel.body() == {"key": "MAX_PLAYERS", "value": sent}


async def test_images_of_an_egg_without_any_come_as_an_empty_map(panel: Panel) -> None:
    meta = {"startup_command": "a", "raw_startup_command": "b", "docker_images": []}
    panel.served.answer = lambda _: Said.of({"data": [], "meta": meta})
    startup = await panel.client.servers.startup.list_variables(SERVER)
    assert startup.docker_images == {}
    assert len(startup) == 0


async def test_user_name_of_the_seed_is_taken_and_not_sent(panel: Panel) -> None:
    panel.served.answer = lambda _: Said.of({})
    with pytest.raises(PanelBug):
        await panel.client.servers.users.create_user(SERVER, "a@b.c", ["control.start"], "alice")
    assert panel.body() == {"email": "a@b.c", "permissions": ["control.start"]}


async def test_databases_take_pelicans_numbers_for_ids(panel: Panel) -> None:
    database = {
        "id": 7,
        "host": {"address": "db", "port": 3306},
        "name": "s1_a",
        "username": "u1_b",
        "connections_from": "%",
        "max_connections": None,
        "relationships": {"password": {"attributes": {"password": "p@ss/w:rd"}}},
    }
    panel.served.answer = lambda _: Said.of({"data": [{"attributes": database}]})
    (found,) = await panel.client.servers.databases.list_databases(SERVER, include_passwords=True)
    assert found.id == 7
    assert panel.served.heard[0].query == [("include", "password")]
    assert found.connection_url is not None
    assert found.connection_url.reveal() == "mysql://u1_b:p%40ss%2Fw%3Ard@db:3306/s1_a"
    panel.served.answer = lambda _: Said(204)
    await panel.client.servers.databases.delete_database(SERVER, found.id)
    assert panel.asked[-1] == "DELETE databases/7"


# schedules


async def test_changing_a_schedule_keeps_what_is_not_given(panel: Panel) -> None:
    panel.served.answer = lambda _: Said.of({"attributes": SCHEDULE | {"only_when_online": True}})
    await panel.client.servers.schedules.update_schedule(SERVER, 13, hour="5")
    assert panel.body() == {
        "name": "",
        "minute": "1",
        "hour": "5",
        "day_of_month": "1",
        "month": "1",
        "day_of_week": "1",
        "is_active": True,
        "only_when_online": True,
    }


async def test_changing_a_task_keeps_what_is_not_given(panel: Panel) -> None:
    task = TASK | {"id": 26, "continue_on_failure": True, "time_offset": 30}
    schedule = SCHEDULE | {"relationships": {"tasks": {"data": [{"attributes": task}]}}}
    panel.served.answer = lambda heard: Said.of(
        {"attributes": schedule if heard.method == "GET" else task}
    )
    await panel.client.servers.schedules.update_task(SERVER, 13, 26, payload="start")
    assert panel.body() == {
        "action": "power",
        "payload": "start",
        "time_offset": 30,
        "continue_on_failure": True,
    }
    with pytest.raises(NotFound):
        await panel.client.servers.schedules.update_task(SERVER, 13, 99, payload="start")


async def test_tasks_come_in_the_order_in_which_they_run(panel: Panel) -> None:
    tasks = [{"attributes": TASK | {"id": n, "sequence_id": n}} for n in (3, 1, 2)]
    schedule = SCHEDULE | {"relationships": {"tasks": {"data": tasks}}}
    panel.served.answer = lambda _: Said.of({"attributes": schedule})
    found = await panel.client.servers.schedules.get_schedule(SERVER, 13)
    assert [task.id for task in found.tasks] == [1, 2, 3]


# files


async def test_file_is_never_parsed(panel: Panel) -> None:
    text = Said(200, b'{"errors": [}', {"Content-Type": "text/plain; charset=UTF-8"})
    panel.served.answer = lambda _: text
    contents = await panel.client.servers.files.get_file_contents(SERVER, "a.json")
    assert contents == b'{"errors": [}'
    assert contents.text == '{"errors": [}'
    panel.served.answer = lambda _: Said(200, b"\xff\xfe\0", {"Content-Type": "text/plain"})
    contents = await panel.client.servers.files.get_file_contents(SERVER, "a.bin")
    assert (contents, contents.text) == (b"\xff\xfe\0", None)
    panel.served.answer = lambda _: Said(200, b"", {"Content-Type": "text/plain"})
    assert await panel.client.servers.files.get_file_contents(SERVER, "empty") == b""


async def test_empty_file_that_the_node_will_not_write_is_uploaded(panel: Panel) -> None:
    uploads: list[Heard] = []

    def answer(heard: Heard) -> Said:
        if heard.path.endswith("files/write"):
            detail = "An error occurred on the remote host: Missing Content-Length"
            return Said.error(400, "DaemonConnectionException", detail)
        if heard.path.endswith("files/upload"):
            url = f"{panel.served.url}/upload/file?token=abc"
            return Said.of({"object": "signed_url", "attributes": {"url": url}})
        uploads.append(heard)
        return Said(200)

    panel.served.answer = answer
    await panel.client.servers.files.write_file(SERVER, "/config/empty.txt", "")
    (upload,) = uploads
    assert dict(upload.query)["directory"] == "/config"
    assert b'filename="empty.txt"' in upload.body
    assert "authorization" not in upload.headers


async def test_other_refusals_of_a_write_are_not_uploaded(panel: Panel) -> None:
    detail = "An error occurred on the remote host: Cannot write file"
    panel.served.answer = lambda _: Said.error(400, "DaemonConnectionException", detail)
    with pytest.raises(NodeFailed):
        await panel.client.servers.files.write_file(SERVER, "/dir", "text")
    assert len(panel.served.heard) == 1


async def test_download_link_gets_the_second_encoding_it_needs(panel: Panel) -> None:
    link = {"attributes": {"url": "https://node/download"}}
    panel.served.answer = lambda _: Said.of(link)
    for name, sent in (("/a%20b", "/a%2520b"), ("/100%", "/100%"), ("/a b#ü", "/a b#ü")):
        await panel.client.servers.files.download_file(SERVER, name)
        assert panel.served.heard[-1].query == [("file", sent)]


async def test_modes_go_as_octal_text(panel: Panel) -> None:
    await panel.client.servers.files.chmod_files(SERVER, {"a": 0o755, "b": "644"}, "/x")
    assert panel.body() == {
        "root": "/x",
        "files": [{"file": "a", "mode": "755"}, {"file": "b", "mode": "644"}],
    }


async def test_one_name_is_not_taken_for_its_letters(panel: Panel) -> None:
    await panel.client.servers.files.delete_files(SERVER, "world")
    assert panel.body() == {"root": "/", "files": ["world"]}


async def test_deleting_several_files_may_be_done_in_part(panel: Panel) -> None:
    detail = "An error occurred on the remote host: no."
    panel.served.answer = lambda _: Said.error(400, "DaemonConnectionException", detail)
    with pytest.raises(NodeFailed) as several:
        await panel.client.servers.files.delete_files(SERVER, ["a", "b"])
    with pytest.raises(NodeFailed) as one:
        await panel.client.servers.files.delete_files(SERVER, ["a"])
    assert (several.value.maybe_done, one.value.maybe_done) == (True, False)


async def test_archives_of_one_folder_are_made_a_second_apart(panel: Panel) -> None:
    made = json.loads((OWN_RECORDINGS / "panel" / "files_compress.json").read_text())
    times: dict[str, list[float]] = {}

    def answer(heard: Heard) -> Said:
        root = str(heard.json["root"])  # type: ignore[index]
        times.setdefault(root.strip("/"), []).append(panel.clock.monotonic())
        return Said.of(made["response"]["body"])

    panel.served.answer = answer
    files = panel.client.servers.files

    async def all_of_them() -> None:
        await asyncio.gather(
            files.compress_files(SERVER, ["a"], "/x"),
            files.compress_files(SERVER[:8], ["b"], "x/"),
            panel.client.background.servers.files.compress_files(SERVER, ["c"], "/x"),
            files.compress_files(SERVER, ["a"], "/y"),
        )

    await drive(panel.clock, asyncio.create_task(all_of_them()))
    first, second, third = times["x"]
    assert second - first > 1.0
    assert third - second > 1.0
    assert times["y"] == [first]


async def test_download_to_leaves_a_whole_file_or_none(panel: Panel, tmp_path: Path) -> None:
    target = tmp_path / "world.zip"
    target.write_bytes(b"old")
    node = Said(200, b"new content", {"Content-Type": "application/octet-stream"})

    def answer(heard: Heard) -> Said:
        if heard.path.startswith("/api/client"):
            return Said.of({"attributes": {"url": f"{panel.served.url}/download/file?token=t"}})
        return node

    panel.served.answer = answer
    download_to = panel.client.servers.files.download_to
    node.announced, node.resets_after = 100, 200
    with pytest.raises(NodeFailed):
        await download_to(SERVER, "world.zip", target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["world.zip"]
    node.announced = node.resets_after = None
    assert await download_to(SERVER, "world.zip", target) == 11
    assert target.read_bytes() == b"new content"


async def test_upload_takes_one_file_or_several(panel: Panel) -> None:
    url = f"{panel.served.url}/upload/file?token=t"
    panel.served.answer = lambda heard: (
        Said.of({"attributes": {"url": url}}) if heard.method == "GET" else Said(200)
    )
    await panel.client.servers.files.upload(SERVER, Upload("a.txt", b"a"), "/x")
    await panel.client.servers.files.upload(SERVER, [Upload("a", b"a"), Upload("b", b"b")])
    assert panel.served.heard[-1].body.count(b'name="files"') == 2


# paths


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    backup=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_no_id_and_no_path_can_name_another_route(backup: str, name: str) -> None:
    """Blanks, %, #, ?, /, .. and any letter arrive as what they are, or are refused unsent."""

    async def run() -> None:
        async with serving() as served, Client(served.url, KEY) as client:
            link = {"attributes": {"url": "https://node/"}}
            served.answer = lambda heard: Said.of(link) if heard.method == "GET" else Said(204)
            if backup in {".", ".."}:
                with pytest.raises(ValueError):
                    await client.servers.backups.delete_backup(SERVER, backup)
                assert served.heard == []
                return
            await client.servers.backups.delete_backup(SERVER, backup)
            target = served.heard[0].target
            assert target.isascii()
            raw = urlsplit(target)
            assert (raw.query, raw.fragment) == ("", "")
            parts = raw.path.split("/")
            assert parts[:6] == ["", "api", "client", "servers", SERVER, "backups"]
            assert [unquote(part) for part in parts[6:]] == [backup]

            await client.servers.files.write_file(SERVER, name, "text")
            raw = urlsplit(served.heard[1].target)
            assert raw.path == f"/api/client/servers/{SERVER}/files/write"
            assert parse_qsl(raw.query, keep_blank_values=True) == [("file", name)]

            await client.servers.files.delete_files(SERVER, [name], name)
            assert served.heard[2].json == {"root": name, "files": [name]}

    asyncio.run(run())


@pytest.mark.parametrize("server_id", ["", ".", ".."])
async def test_empty_and_dotted_ids_are_refused_unsent(panel: Panel, server_id: str) -> None:
    with pytest.raises(ValueError):
        await panel.client.servers.get_server(server_id)
    assert panel.served.heard == []


# paging


class Book:
    """A list of servers in pages, as the panel turns them."""

    def __init__(self, view: Any, count: int) -> None:
        self.rows = [
            {"attributes": view["attributes"] | {"uuid": f"{n:08d}", "name": f"s{n}"}}
            for n in range(count)
        ]
        self.asked: list[dict[str, str]] = []
        self.lies_about_pages: int | None = None

    def answer(self, heard: Heard) -> Said:
        query = dict(heard.query)
        self.asked.append(query)
        size, page = int(query["per_page"]), int(query.get("page", 1))
        assert 1 <= size <= 100
        rows = self.rows[(page - 1) * size : page * size]
        pagination = {
            "total": len(self.rows),
            "count": len(rows),
            "per_page": size,
            "current_page": page,
            "total_pages": self.lies_about_pages or max(1, -(-len(self.rows) // size)),
            "links": {},
        }
        return Said.of({"object": "list", "data": rows, "meta": {"pagination": pagination}})


@settings(max_examples=15, deadline=None)
@given(count=st.integers(0, 110), per_page=st.integers(-5, 300))
def test_every_page_is_read_once_with_filters_and_includes(count: int, per_page: int) -> None:
    path = OWN_RECORDINGS / "panel" / "server.json"
    view = json.loads(path.read_text())["response"]["body"]
    book = Book(view, count)
    filters: dict[str, str | int] = {
        "filter[name]": "a,b c&d",
        "type": "admin-all",
        "per_page": per_page,
    }

    async def run() -> list[str]:
        async with serving() as served, Client(served.url, KEY) as client:
            served.answer = book.answer
            found = await client.servers.list_servers(["egg", "subusers"], filters, max_pages=200)
            return [server.name for server in found]

    assert asyncio.run(run()) == [f"s{n}" for n in range(count)]
    size = max(1, min(per_page, 100))
    assert [int(query.get("page", 1)) for query in book.asked] == list(
        range(1, max(1, -(-count // size)) + 1)
    )
    for query in book.asked:
        assert query["filter[name]"] == "a,b c&d"
        assert query["type"] == "admin-all"
        assert query["include"] == "egg,subusers"


async def test_list_that_never_ends_is_refused_not_cut(panel: Panel) -> None:
    view = json.loads((OWN_RECORDINGS / "panel" / "server.json").read_text())["response"]["body"]
    book = Book(view, 500)
    book.lies_about_pages = 10**9
    panel.served.answer = book.answer
    with pytest.raises(PanelBug) as refused:
        await panel.client.servers.list_servers(params={"per_page": 10}, max_pages=5)
    assert refused.value.reason is Reason.TOO_LARGE
    assert len(book.asked) == 5
    # where the rows end, the list does, whatever the panel counts
    assert len(await panel.client.servers.list_servers()) == 500


async def test_pages_of_servers_come_one_by_one(panel: Panel) -> None:
    view = json.loads((OWN_RECORDINGS / "panel" / "server.json").read_text())["response"]["body"]
    book = Book(view, 25)
    panel.served.answer = book.answer
    sizes = []
    async for page in panel.client.servers.iter_servers(params={"per_page": 10}):
        sizes.append(len(page))
        assert len(book.asked) == len(sizes)
        assert page.pagination.total == 25
    assert sizes == [10, 10, 5]


# tolerance


async def test_pelicans_answers_are_taken(panel: Panel) -> None:
    """contract: pelican.md, objects: what is missing, new or of another type there."""
    view = json.loads((OWN_RECORDINGS / "panel" / "server.json").read_text())["response"]["body"]
    attributes = view["attributes"]
    del attributes["description"]
    attributes["relationships"] = {"allocations": {"object": "list", "data": []}}
    attributes["sftp_details"]["alias"] = None
    attributes["limits"]["oom_killer"] = True
    view["meta"]["user_permissions"] = ["database.view-password"]
    panel.served.answer = lambda _: Said.of(view)
    server = await panel.client.servers.get_server(SERVER)
    assert not server.description
    assert server.allocations == ()
    assert server.may("database.view_password")
    assert not server.may("file.read")

    account = {
        "uuid": "u-1",
        "username": "alice",
        "email": "a@b.c",
        "language": "en",
        "image": "https://x/y",
        "admin": False,
        "root_admin": False,
        "2fa_enabled": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-01-01T00:00:00+00:00",
    }
    panel.served.answer = lambda _: Said.of({"attributes": account})
    assert (await panel.client.account.get_account()).account_id == "u-1"

    keys = ["control.start", "mount.read"]
    panel.served.answer = lambda _: Said.of({"attributes": {"permissions": keys}})
    catalogue = await panel.client.servers.list_permissions()
    assert catalogue.keys == frozenset(keys)
    assert catalogue.describe("control.start") is None

    entry = {
        "id": "x",
        "event": "server:power.start",
        "is_api": True,
        "ip": None,
        "description": None,
        "properties": [],
        "has_additional_metadata": False,
        "timestamp": "2026-01-01T01:00:00+02:00",
    }
    pagination = dict.fromkeys(("total", "count", "per_page", "current_page", "total_pages"), 1)
    body = {"data": [{"attributes": entry}], "meta": {"pagination": pagination | {"links": []}}}
    panel.served.answer = lambda _: Said.of(body)
    (activity,) = await panel.client.servers.list_activity(SERVER)
    assert activity.properties == ()
    assert activity.happened_at.utcoffset() is not None


@pytest.mark.parametrize(
    ("code", "status", "maybe_done", "is_missing"),
    [
        ("ConnectionException", 500, True, False),
        ("RequestException", 500, True, False),
        ("FileNotFoundException", 500, False, True),
        ("FileExistsException", 500, False, False),
    ],
)
async def test_pelicans_trouble_with_the_node_is_the_nodes(
    panel: Panel, code: str, status: int, maybe_done: bool, is_missing: bool
) -> None:
    panel.served.answer = lambda _: Said.error(status, code)
    with pytest.raises(NodeFailed) as refused:
        await panel.client.servers.files.copy_file(SERVER, "/a")
    assert refused.value.maybe_done == maybe_done
    assert refused.value.is_missing == is_missing
