"""What must have happened before a recorded question can be asked again."""

import fnmatch
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp

from demo.panel import SimPanel
from demo.panel.records import Backup, Database, Schedule, Task, User
from demo.panel.routes.account import totp
from demo.panel.server import Server
from demo.panel.worlds import make_read_only
from tests.clock import MovedClock

HELLO = "hello world\nline two\n"
ARCHIVE = "archive-2026-11-23T092604Z.tar.gz"
CAROL = "914329f3-bad6-4289-81c6-0f6bce83b509"


@dataclass
class Stage:
    """A panel with the world of the recordings, and what a question needs replaced."""

    panel: SimPanel
    clock: MovedClock
    session: aiohttp.ClientSession
    body: object = None  # instead of the recorded one
    url: str | None = None  # instead of the recorded address
    headers: dict[str, str] = field(default_factory=dict)
    before: list[tuple[str, str, object]] = field(default_factory=list)

    def server(self, name: str) -> Server:
        return self.panel.world.server(name)

    def user(self, name: str) -> User:
        return self.panel.world.user(name)

    async def ask(
        self, method: str, path: str, body: object = None, *, key: str = "alice"
    ) -> tuple[int, dict[str, object]]:
        """A call of the API below /api/client; its status and JSON."""
        async with self.session.request(
            method,
            f"{self.panel.url}/api/client{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {self.panel.key(key)}",
                "Accept": "application/json",
            },
        ) as response:
            is_json = response.status != 204
            return response.status, await response.json() if is_json else {}


SetUp = Callable[[Stage], Awaitable[None] | None]
_SET_UPS: list[tuple[str, SetUp]] = []


def stage(*names: str) -> Callable[[SetUp], SetUp]:
    """Use a function to prepare the questions with these names (`*` is anything)."""

    def take(function: SetUp) -> SetUp:
        _SET_UPS.extend((name, function) for name in names)
        return function

    return take


async def prepare(stage: Stage, name: str) -> None:
    """Do everything that the question `name` needs before."""
    done: list[SetUp] = []
    for pattern, function in _SET_UPS:
        if fnmatch.fnmatchcase(name, pattern) and function not in done:
            done.append(function)
            waiting = function(stage)
            if waiting is not None:
                await waiting


# servers


@stage("command_*", "resources_running*", "resources_cached")
def _survival_runs(stage: Stage) -> None:
    stage.server("Survival").set_state("running")


@stage("resources_cached")
async def _asked_while_offline(stage: Stage) -> None:
    stage.server("Survival").set_state("offline")
    await stage.ask("GET", "/servers/1eab9400/resources")


@stage("server_null_description", "server_after_reinstall", "settings_rename_no*")
def _no_description(stage: Stage) -> None:
    stage.server("Creative").description = ""


@stage("server_while_reinstalling", "err_409_reinstalling")
def _reinstalling(stage: Stage) -> None:
    stage.server("Creative").set_state("installing")


@stage("standin_server_installing")
def _stand_in_installing(stage: Stage) -> None:
    stage.server("Stand-in").set_state("installing")


@stage("state_reinstall_failed_*")
def _reinstall_failed(stage: Stage) -> None:
    stage.server("Install failed").set_state("reinstall_failed")


@stage("err_429_power", "ok_other_user_ok")
async def _budget_spent(stage: Stage) -> None:
    for _ in range(720):
        stage.panel.budgets.take("client", stage.user("bob").id, 720, 60)


@stage("down_garbage_*", "down_hang_*", "down_html*", "down_json*")
def _node_answers_badly(stage: Stage) -> None:
    stage.panel.world.node("node3-dead").is_dead = False


for _kind in ("garbage", "hang", "html200", "html502", "json403", "json404", "json500"):

    @stage(f"down_{_kind}_*")
    def _node_fault(stage: Stage, kind: str = _kind) -> None:
        stage.panel.fault(kind, on="node")


# account


@stage("err_400_2fa_already")
def _has_2fa(stage: Stage) -> None:
    stage.user("alice").is_2fa_enabled = True


@stage("account_2fa_enable", "err_400_2fa_bad_*")
async def _set_up_2fa(stage: Stage) -> None:
    await stage.ask("GET", "/account/two-factor")


@stage("account_2fa_enable")
def _right_code(stage: Stage) -> None:
    secret = stage.user("alice").totp_secret or ""
    code = totp(secret, stage.clock.now().timestamp())
    stage.body = {"code": code, "password": "AlicePass1!"}


@stage("account_password_back")
def _other_password(stage: Stage) -> None:
    stage.user("alice").password = "AlicePass2!"


@stage("account_email_back")
def _other_email(stage: Stage) -> None:
    stage.user("alice").email = "alice2@example.com"


@stage("apikeys_delete", "apikeys_use_new_*")
async def _new_key(stage: Stage) -> None:
    _, made = await stage.ask("POST", "/account/api-keys", {"description": "new"})
    attributes, meta = made["attributes"], made["meta"]
    assert isinstance(attributes, dict)
    assert isinstance(meta, dict)
    stage.url = f"/api/client/account/api-keys/{attributes['identifier']}"
    secret = str(meta["secret_token"])
    stage.headers = {"raw": secret, "full": str(attributes["identifier"]) + secret}


@stage("apikeys_use_new_full", "apikeys_use_new_raw")
def _use_new_key(stage: Stage) -> None:
    stage.url = None


@stage("err_404_apikeys_delete_foreign")
def _foreign_key(stage: Stage) -> None:
    identifier = stage.panel.key("bob")[:16]
    stage.url = f"/api/client/account/api-keys/{identifier}"


@stage("apikeys_list*")
async def _keys_were_used(stage: Stage) -> None:
    await stage.ask("GET", "", key="alice_iplocked")


@stage("sshkeys_list")
async def _ssh_key(stage: Stage) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP+4H8fKOO0mV1dkeQ79D+HlTJ7H/P1VWQBCrymjgSzH a"
    await stage.ask("POST", "/account/ssh-keys", {"name": "one", "public_key": key})


@stage("account_activity*")
async def _account_events(stage: Stage) -> None:
    for _ in range(120):
        stage.panel.world.log(
            "user:account.email-changed",
            at=stage.clock.now(),
            actor=stage.user("alice"),
            subject=stage.user("alice"),
            properties={"old": "a@example.com", "new": "b@example.com"},
        )


@stage("account_activity_filter")
def _few_events(stage: Stage) -> None:
    del stage.panel.world.activities[4:]


@stage("activity*")
async def _server_events(stage: Stage) -> None:
    for number in range(155):
        event = "server:power.start" if number % 8 == 0 else "server:file.read"
        stage.panel.world.log(
            event,
            at=stage.clock.now() + timedelta(seconds=number),
            actor=stage.user("bob" if number == 4 else "alice"),
            server=stage.server("Survival"),
            properties={} if number % 8 == 0 else {"file": "a"},
        )


# files


@stage("files_*", "standin_files_*", "*err_*_files_*", "wings_download_file", "*wings_*")
def _files(stage: Stage) -> None:
    now = stage.clock.now()
    for name in ("Survival", "Stand-in"):
        files = stage.server(name).files
        files.put("/rec/hello.txt", HELLO, now)
        files.put("/rec/data.json", '{"a": 1}', now)
        files.put("/rec/form.txt", "a=1&b=2", now)
        files.put("/rec/grüße & co #1.txt", "äöü 漢字 😀\n", now)
        files.put("/rec/plain.txt", "plain bytes 123", now)
        files.put("/rec/big.txt", bytes(5 * 1024 * 1024), now)
        files.put("/rec/x/y/z.txt", "deep", now)
        files.make_folder("/rec", "a/b/c", now)
        packed = files.compress("/rec", ["hello.txt"], now)
        files.rename("/rec", packed.name, ARCHIVE, now)


@stage("*files_list_decompressed")
def _unpacked(stage: Stage) -> None:
    files = stage.server("Survival").files
    files.make_folder("/rec", "un", stage.clock.now())
    files.put("/rec/un/hello.txt", HELLO, stage.clock.now())


@stage("standin_files_decompress")
def _archive_of_stand_in(stage: Stage) -> None:
    files = stage.server("Stand-in").files
    files.rename("/rec", ARCHIVE, "un/archive-2026-11-23T092608Z.tar.gz", stage.clock.now())


@stage("files_decompress")
def _archive_of_survival(stage: Stage) -> None:
    files = stage.server("Survival").files
    files.rename("/rec", ARCHIVE, f"un/{ARCHIVE}", stage.clock.now())


@stage("throttle_429_files_pull*", "err_422_files_pull*")
def _pulls(stage: Stage) -> None:
    """The real numbers are those of the last call; here only that the small budget is meant."""


@stage("throttle_429_files_pull__6")
def _pulls_spent(stage: Stage) -> None:
    for _ in range(10):
        name = "POST servers/{server}/files/pull"
        stage.panel.budgets.take(name, stage.user("alice").id, 10, 300)


async def _link(stage: Stage, path: str, server: str, key: str = "alice") -> str:
    _, body = await stage.ask("GET", f"/servers/{server}/{path}", key=key)
    attributes = body["attributes"]
    assert isinstance(attributes, dict)
    return str(attributes["url"])


@stage("wings_download_file", "err_404_wings_download_file_again")
async def _file_link(stage: Stage) -> None:
    stage.url = await _link(stage, "files/download?file=/rec/hello.txt", "1eab9400")


@stage("standin_wings_download_file", "standin_err_404_wings_download_file_again")
async def _stand_in_file_link(stage: Stage) -> None:
    stage.url = await _link(stage, "files/download?file=/rec/hello.txt", "02dd0174")


@stage("standin_err_404_wings_download_missing")
async def _missing_file_link(stage: Stage) -> None:
    stage.url = await _link(stage, "files/download?file=/rec/none.txt", "02dd0174")


@stage("standin_err_500_wings_download_bad_token")
async def _bad_link(stage: Stage) -> None:
    stage.url = (await _link(stage, "files/download?file=/rec/hello.txt", "02dd0174"))[:-3] + "abc"


@stage("*wings_download_file_again")
async def _spent_link(stage: Stage) -> None:
    async with stage.session.get(str(stage.url)) as response:
        await response.read()


@stage("err_4*_wings_upload_*")
async def _upload_link(stage: Stage) -> None:
    stage.url = await _link(stage, "files/upload", "1eab9400")


@stage("standin_err_4*_wings_upload_*")
async def _stand_in_upload_link(stage: Stage) -> None:
    stage.url = await _link(stage, "files/upload", "02dd0174")


@stage("*wings_upload_token_reuse")
async def _spent_upload(stage: Stage) -> None:
    form = aiohttp.FormData()
    form.add_field("files", b"one", filename="up1.txt")
    async with stage.session.post(str(stage.url), data=form) as response:
        assert response.status == 200


# backups


def _backup(stage: Stage, uuid: str, name: str, *, is_successful: bool = True) -> Backup:
    server = stage.server("Survival")
    archive = server.files.archive([])
    made = Backup(
        uuid=uuid,
        name=name,
        ignored_files=["logs/*", "*.jar"] if name == "first" else [],
        is_locked=False,
        created_at=stage.clock.now(),
        is_successful=is_successful,
        checksum="sha1:" + "0" * 40 if is_successful else None,
        size_bytes=len(archive) if is_successful else 0,
        completed_at=stage.clock.now(),
        archive=archive,
    )
    server.backups.append(made)
    return made


FIRST = "1a94df07-84e0-464a-befe-56665cf0d4dd"


@stage("backups_[!c]*", "err_*_backups_*", "schedules_backup_name", "wings_download_backup")
def _first_backup(stage: Stage) -> None:
    _backup(stage, FIRST, "first")


@stage("backups_list_empty", "err_404_backups_delete_again", "err_504_*", "err_429_backups*")
def _no_backup(stage: Stage) -> None:
    stage.server("Survival").backups.clear()


@stage("backups_*_pending", "err_400_backups_restore_pending")
def _pending(stage: Stage) -> None:
    backup = stage.server("Survival").backups[0]
    backup.completed_at, backup.is_successful = None, False
    backup.checksum, backup.size_bytes = None, 0


@stage("backups_list_failed")
def _failed(stage: Stage) -> None:
    stage.server("Survival").backups.clear()
    _backup(stage, FIRST, "first", is_successful=False)


@stage("backups_list", "backups_list_page", "err_400_backups_limit", "schedules_backup_name")
def _three_backups(stage: Stage) -> None:
    _backup(stage, "acb88135-d8d8-4453-b762-2bbc4a3ecd8d", "Backup at 2026-11-23 09:26:29")
    _backup(stage, "74e48f1d-e894-45fa-a9cb-76821a2003e7", "locked one")


@stage("schedules_backup_name")
def _two_backups(stage: Stage) -> None:
    del stage.server("Survival").backups[0]


@stage("backups_unlock", "err_400_backups_delete_locked")
def _locked(stage: Stage) -> None:
    stage.server("Survival").backups[0].is_locked = True


@stage("err_429_backups_throttle")
async def _two_just_made(stage: Stage) -> None:
    for name in ("one", "two"):
        await stage.ask("POST", "/servers/1eab9400/backups", {"name": name})


@stage("wings_download_backup")
async def _backup_link(stage: Stage) -> None:
    stage.url = await _link(stage, f"backups/{FIRST}/download", "1eab9400")


# databases


def _database(stage: Stage, database_id: str, name: str) -> None:
    number = stage.panel.world.number("database")
    stage.server("Survival").databases.append(
        Database(database_id, number, name, "u1_rNIRHme73P", "%", "x" * 24, is_new=False)
    )


@stage("databases_[!c]*", "err_4*_databases_*")
def _one_database(stage: Stage) -> None:
    _database(stage, "MYD0eoeN", "s1_players")


@stage("databases_list_empty", "databases_list_limit_zero", "err_404_databases_delete_again")
def _no_database(stage: Stage) -> None:
    stage.server("Survival").databases.clear()


@stage("err_400_databases_limit")
def _two_databases(stage: Stage) -> None:
    _database(stage, "AbCdEfGh", "s1_other")


@stage("err_400_databases_no_host")
def _in_truth_a_limit(stage: Stage) -> None:
    stage.server("Dead").database_limit = 0


@stage("config_databases_no_host")
def _no_host(stage: Stage) -> None:
    stage.panel.has_database_host = False


@stage("config_databases_off")
def _databases_off(stage: Stage) -> None:
    stage.panel.gives_databases = False


# network


@stage("network_*", "err_4*_network_*", "config_allocations_*")
def _allocations(stage: Stage) -> None:
    survival = stage.server("Survival")
    survival.allocations = [survival.primary]
    stage.server("Dead").allocation_limit = 2


@stage(
    "network_notes*", "network_primary*", "network_delete", "network_list_new*", "err_422_network*"
)
def _second_allocation(stage: Stage) -> None:
    survival = stage.server("Survival")
    made = stage.panel.world.add_allocation(survival.node, 25704, allocation_id=247)
    made.server_id = survival.id
    survival.allocations.append(made)


@stage("network_list_new_primary")
def _new_primary(stage: Stage) -> None:
    survival = stage.server("Survival")
    survival.primary = survival.allocations[1]


@stage("err_400_network_limit")
def _full(stage: Stage) -> None:
    stage.server("Survival").allocation_limit = 1


@stage("config_allocations_off")
def _allocations_off(stage: Stage) -> None:
    stage.panel.gives_allocations = False


@stage("config_allocations_no_range", "config_allocations_range_full")
def _no_range(stage: Stage) -> None:
    stage.panel.port_range = None


# users


@stage("users_update*", "err_4*_users_duplicate", "users_delete_carol", "err_422_users_update")
def _carol_is_subuser(stage: Stage) -> None:
    world = stage.panel.world
    carol = world.add_user("carolomc", email="carol@example.com", user_uuid=CAROL)
    world.add_subuser(stage.server("Survival"), carol, ("control.console",))


@stage("users_create_by_subuser", "err_403_users_grant_more_than_own")
def _bob_may_invite(stage: Stage) -> None:
    rights = ("user.create", "user.read", "user.update", "control.console")
    stage.panel.world.add_subuser(stage.server("Creative"), stage.user("bob"), rights)


@stage("users_delete")
def _bob_in_creative(stage: Stage) -> None:
    stage.panel.world.add_subuser(stage.server("Creative"), stage.user("bob"), ())


@stage("err_404_users_*")
def _nobody_else(stage: Stage) -> None:
    """Nothing: these people are no subusers."""


# schedules


def _schedule(stage: Stage, number: int, *, is_active: bool = True) -> Schedule:
    now = stage.clock.now()
    made = Schedule(
        id=number,
        name="Nightly",
        minute="0",
        hour="4",
        day_of_month="*",
        month="*",
        day_of_week="*",
        is_active=is_active,
        only_when_online=False,
        created_at=now,
        updated_at=now,
        next_run_at=now + timedelta(days=1),
    )
    stage.server("Survival").schedules.append(made)
    return made


def _task(stage: Stage, schedule: Schedule, number: int, **more: object) -> Task:
    made = Task(
        id=number,
        sequence_id=len(schedule.tasks) + 1,
        action="command",
        payload="list",
        time_offset=0,
        created_at=stage.clock.now(),
        updated_at=stage.clock.now(),
    )
    for name, value in more.items():
        setattr(made, name, value)
    schedule.tasks.append(made)
    return made


@stage("schedules_[!c]*", "err_4*_schedules_*", "tasks_*", "err_4*_tasks_*")
def _schedules(stage: Stage) -> None:
    for number in (13, 16, 17, 18):
        _schedule(stage, number)


@stage("schedules_list_empty", "err_404_schedules_delete_again")
def _no_schedule(stage: Stage) -> None:
    stage.server("Survival").schedules.clear()


@stage("tasks_update", "tasks_delete", "schedules_list", "schedules_view_tasks")
def _tasks(stage: Stage) -> None:
    schedule = stage.server("Survival").schedules[0]
    _task(stage, schedule, 26)
    _task(stage, schedule, 27)


@stage("schedules_list")
def _schedule_without_tasks(stage: Stage) -> None:
    del stage.server("Survival").schedules[1:]
    _schedule(stage, 14, is_active=False)


@stage("err_400_tasks_limit")
def _ten_tasks(stage: Stage) -> None:
    for number in range(100, 110):
        _task(stage, stage.server("Survival").schedules[0], number)


@stage(
    "schedules_execute*",
    "schedules_view_just*",
    "schedules_view_after_*",
    "err_403_schedules_exec*",
)
def _tasks_to_run(stage: Stage) -> None:
    for schedule in stage.server("Survival").schedules[1:]:
        _task(stage, schedule, schedule.id * 10)


@stage("schedules_execute", "schedules_execute_again", "schedules_view_*execute*")
def _runs(stage: Stage) -> None:
    stage.server("Survival").set_state("running")


@stage("schedules_execute_only_when_online_offline")
def _only_online(stage: Stage) -> None:
    stage.server("Survival").schedules[2].only_when_online = True


@stage("schedules_view_just_executed", "schedules_execute_again")
async def _just_executed(stage: Stage) -> None:
    stage.panel.queue_seconds = 5
    await stage.ask("POST", "/servers/1eab9400/schedules/18/execute")


@stage("schedules_view_after_execute")
async def _executed(stage: Stage) -> None:
    await stage.ask("POST", "/servers/1eab9400/schedules/18/execute")
    await stage.clock.advance(1)


@stage("schedules_view_after_failed_execute")
async def _executed_offline(stage: Stage) -> None:
    stage.server("Survival").set_state("offline")
    status, _ = await stage.ask("POST", "/servers/1eab9400/schedules/16/execute")
    assert status == 502


# start-up, settings


@stage("startup_with_readonly")
def _read_only(stage: Stage) -> None:
    make_read_only(stage.panel.world, "Survival", "BUILD_NUMBER")


@stage("err_400_settings_docker_image_custom")
def _custom_image(stage: Stage) -> None:
    stage.server("Creative").docker_image = "registry.example.com/own:1"


# the panel set up differently


@stage("config_2fa_required_account", "config_2fa_required_power", "config_2fa_required_servers")
def _everybody_needs_2fa(stage: Stage) -> None:
    stage.panel.demands_2fa = "all"


@stage("config_2fa_required_admins_*")
def _admins_need_2fa(stage: Stage) -> None:
    stage.panel.demands_2fa = "admins"


@stage("config_413_nginx_html")
def _small_bodies(stage: Stage) -> None:
    stage.panel.body_limit_bytes = 1000


@stage("config_500_database_down")
def _database_down(stage: Stage) -> None:
    stage.panel.fault("500")


@stage("config_503_panel_maintenance")
def _maintenance(stage: Stage) -> None:
    stage.panel.is_down = True
