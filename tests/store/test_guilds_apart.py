"""Guilds never meet: every table and function of the store is walked, so a new one can't forget."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import JSON, BigInteger, Boolean, DateTime, Integer, LargeBinary

import bot.store
from bot.store import (
    alerts,
    audit,
    boards,
    console_rules,
    guilds,
    jobs,
    links,
    mirrors,
    panels,
    policies,
    recipes,
    rules,
    servers,
    subscriptions,
)
from bot.store.engine import Database
from bot.store.tables import Moment, metadata
from tests.clock import START
from tests.store.rows import seen_server, some_panel

OURS, THEIRS = 111, 222_000_000_000_000_222  # long, so that no hash has it by chance
LATER = START + timedelta(days=1)

NOT_OF_ONE_GUILD = {
    "guilds.list_guilds",  # who starts or examines the bot
    "guilds.guilds_out_of_grace",  # who looks after left guilds
    "jobs.bring_forward",  # the engine, for the guilds it names
    "jobs.claim_jobs",
    "jobs.next_due",
    "jobs.void_claims",  # whoever takes the file over
}
TABLES_OF_NO_GUILD = {"vault_check"}

NEW_PANEL = panels.NewPanel(
    id="new",
    name="New",
    url="https://panel.example",
    key_sealed=b"sealed",
    account_id="12",
    account_name="mia",
    is_root_admin=False,
    added_by=7,
)
NEW_RULE = rules.NewRule(
    subject_kind="role",
    subject_id=9,
    right="control.*",
    scope_kind="all",
    scope_id="",
    effect="allow",
    made_by=7,
)
NEW_CONSOLE_RULE = console_rules.NewConsoleRule(
    scope_kind="all", scope_id="", role_id=None, effect="deny", commands=("op",), made_by=7
)
NEW_RECIPE = recipes.NewRecipe(
    name="mine", template="list", scope_kind="all", scope_id="", made_by=7
)
NEW_LINK = links.NewLink(
    id="new",
    member_id=5,
    panel_id="theirs",
    key_sealed=b"sealed",
    account_id="12",
    account_name="mia",
)
NEW_ALERT = alerts.NewAlert(
    server_id="theirs",
    event=alerts.AlertEvent.CRASH,
    channel_id=5,
    role_id=None,
    threshold=None,
    made_by=7,
)
NEW_MIRROR = mirrors.NewMirror(
    id="new",
    server_id="theirs",
    channel_id=5,
    webhook_id=5,
    token_sealed=b"sealed",
    options=mirrors.MirrorOptions(),
    made_by=7,
)
NEW_JOB = jobs.NewJob(kind="power", state={}, run_at=START, key="x")
WROTE = jobs.Checkpoint(phase="new", state={}, steps={}, taken=(5,))
NEW_BOARD = boards.NewBoard(
    channel_id=5,
    title="Status",
    style=boards.Style.LINES,
    chart="",
    servers=(boards.BoardServer("mine", "Mine"),),
    made_by=7,
)
NEW_ENTRY = audit.NewEntry(kind="change", reference="r", actor_id=7, action="a")

# how each function would reach for the other guild's rows, whose ids are all "theirs" or 5
REACHING: dict[str, dict[str, object]] = {
    "alarms.open_alarm": {"event": "x", "subject_id": "x", "facts": {}, "now": START},
    "alarms.list_open_alarms": {},
    "alarms.get_alarm": {"alarm_id": "theirs"},
    "alarms.last_alarm": {"event": "x", "subject_id": "x"},
    "alarms.change_alarm": {"alarm_id": "theirs", "facts": {}},
    "alarms.close_alarm": {"alarm_id": "theirs", "facts": {}, "now": START},
    "alarms.reopen_alarm": {"alarm_id": "theirs", "facts": {}},
    "alarms.acknowledge_alarm": {
        "alarm_id": "theirs",
        "member_id": 5,
        "member_name": "Mia",
        "now": START,
    },
    "alarms.forget_acknowledger": {"member_id": 5},
    "alarms.drop_closed_alarms": {"before": LATER + timedelta(days=1)},
    "alerts.set_alert": {"new": NEW_ALERT, "at_most": 5, "now": START},
    "alerts.list_alerts": {},
    "alerts.remove_alert": {"alert_id": "theirs"},
    "audit.append": {"entry": NEW_ENTRY, "now": START},
    "audit.search": {},
    "audit.unfinished": {},
    "audit.head": {},
    "audit.verify": {},
    "audit.erase_member": {"member_id": 5},
    "backup_watches.list_backup_watches": {},
    "backup_watches.note_backups": {
        "server_id": "theirs",
        "ended": ["b"],
        "last_good_at": None,
        "now": START,
    },
    "backup_watches.forget_backups": {"server_id": "theirs"},
    "ballots.cast_ballot": {"job_id": "theirs", "member_id": 5, "is_for": True, "now": START},
    "ballots.list_ballots": {"job_id": "theirs"},
    "ballots.drop_ballots": {"job_id": "theirs", "member_ids": [5]},
    "ballots.drop_member_ballots": {"member_id": 5},
    "bindings.bind_channel": {"channel_id": 5, "server_id": "theirs"},
    "bindings.unbind_channel": {"channel_id": 5},
    "bindings.list_bindings": {},
    "boards.add_board": {"new": NEW_BOARD, "at_most": 5, "now": START},
    "boards.list_boards": {},
    "boards.board_posted": {"board_id": "theirs", "message_id": 6},
    "boards.pause_board": {"board_id": "theirs", "why": boards.Pause.MESSAGE_GONE},
    "boards.change_board": {
        "board_id": "theirs",
        "servers": (),
        "style": boards.Style.CARDS,
        "chart": "",
    },
    "boards.remove_board": {"board_id": "theirs"},
    "commands.get_sync": {},
    "commands.save_sync": {"tree_hash": "h", "ids": {"power": 1}, "now": START},
    "confirmations.ask": {
        "member_id": 5,
        "verb": "kill",
        "subject_id": "theirs",
        "payload": {},
        "expires_at": LATER,
        "now": START,
    },
    "confirmations.use": {"confirmation_id": "theirs", "member_id": 5, "now": START},
    "confirmations.get_confirmation": {"confirmation_id": "theirs"},
    "confirmations.withdraw": {"confirmation_id": "theirs", "member_id": 5},
    "confirmations.drop_expired_confirmations": {"before": LATER + timedelta(days=1)},
    "confirmations.drop_member_confirmations": {"member_id": 5},
    "console_rules.add_console_rule": {"new": NEW_CONSOLE_RULE, "at_most": 5, "now": START},
    "console_rules.change_console_rule": {
        "rule_id": "theirs",
        "role_id": None,
        "commands": ("list",),
        "made_by": 7,
        "now": START,
    },
    "console_rules.list_console_rules": {},
    "console_rules.drop_console_rules": {"rule_ids": ("theirs",)},
    "guilds.guild_joined": {"now": START},
    "guilds.guild_left": {"now": START},
    "guilds.get_guild": {},
    "guilds.set_admin_role": {"role_id": 3},
    "guilds.save_settings": {"settings": guilds.GuildSettings(language="de")},
    "guilds.erase_guild": {},
    "history.save_stretches": {
        "step_seconds": 5,
        "began_at": LATER,
        "samples": {"theirs": b"ours"},
    },
    "history.list_stretches": {"step_seconds": 5, "since": START},
    "history.drop_stretches": {"step_seconds": 5, "before": LATER + timedelta(days=1)},
    "jobs.add_job": {"new": NEW_JOB, "now": START},
    "jobs.get_job": {"job_id": "theirs"},
    "jobs.live_job": {"key": "x"},
    "jobs.list_live_jobs": {},
    "jobs.count_live_jobs": {},
    "jobs.signal_job": {"job_id": "theirs", "name": "now", "payload": None, "now": START},
    "jobs.list_signals": {"job_id": "theirs"},
    "jobs.checkpoint_job": {"job_id": "theirs", "fence": 5, "wrote": WROTE},
    "jobs.rest_job": {
        "job_id": "theirs",
        "fence": 5,
        "wrote": WROTE,
        "until": LATER,
        "now": START,
    },
    "jobs.end_job": {
        "job_id": "theirs",
        "fence": 5,
        "wrote": WROTE,
        "outcome": "done",
        "now": START,
    },
    "jobs.let_go_jobs": {},
    "jobs.drop_ended_jobs": {"before": LATER + timedelta(days=1)},
    "links.set_link": {"new": NEW_LINK, "at_most": 5, "now": START},
    "links.list_links": {},
    "links.drop_member": {"member_id": 5},
    "mirrors.add_mirror": {"new": NEW_MIRROR, "at_most": 5, "now": START},
    "mirrors.list_mirrors": {},
    "mirrors.save_mirror_options": {"mirror_id": "theirs", "options": mirrors.MirrorOptions()},
    "mirrors.replace_webhook": {
        "mirror_id": "theirs",
        "webhook_id": 6,
        "token_sealed": b"mine",
    },
    "mirrors.remove_mirror": {"mirror_id": "theirs"},
    "panels.add_panel": {"new": NEW_PANEL, "at_most": 5, "now": START},
    "panels.list_panels": {},
    "panels.get_panel": {"panel_id": "theirs"},
    "panels.rename_panel": {"panel_id": "theirs", "name": "Mine"},
    "panels.replace_key": {
        "panel_id": "theirs",
        "key_sealed": b"mine",
        "account_id": "1",
        "account_name": "eve",
        "is_root_admin": True,
        "now": START,
    },
    "panels.panel_checked": {"panel_id": "theirs", "trouble": "gone", "now": START},
    "panels.remove_panel": {"panel_id": "theirs"},
    "policies.list_policies": {},
    "policies.set_policy": {
        "scope_kind": "all",
        "scope_id": "",
        "action": "restart",
        "terms": policies.Terms(),
        "version": 0,
        "by": 5,
        "now": START,
    },
    "policies.drop_policies": {"policy_ids": ("theirs",)},
    "policies.note_use": {"server_id": "theirs", "action": "start", "member_id": 5, "now": LATER},
    "policies.uses": {
        "server_id": "theirs",
        "action": "x",
        "member_id": 5,
        "day_began": START,
        "now": LATER,
    },
    "policies.drop_old_uses": {"before": LATER + timedelta(days=1)},
    "policies.drop_member_uses": {"member_id": 5},
    "posted.remember_message": {
        "channel_id": 5,
        "message_id": 5,
        "kind": "card",
        "subject_id": "theirs",
        "now": START,
    },
    "posted.list_messages": {"kind": "x"},
    "posted.turn_message": {"message_id": 5, "kind": "x"},
    "posted.forget_message": {"message_id": 5},
    "recipes.add_recipe": {"new": NEW_RECIPE, "at_most": 5, "now": START},
    "recipes.change_recipe": {
        "name": "x",
        "template": "list",
        "by_approval": True,
        "shows_answer": True,
        "is_public": True,
        "made_by": 7,
        "now": START,
    },
    "recipes.list_recipes": {},
    "recipes.drop_recipe": {"name": "x"},
    "rules.set_rule": {"new": NEW_RULE, "at_most": 5, "now": START},
    "rules.list_rules": {},
    "rules.revoke_rule": {"rule_id": "theirs"},
    "rules.revoke_rules": {"subject_kind": "x", "subject_id": 5},
    "rules.revoke_right": {"right": "x"},
    "rules.drop_expired_rules": {"now": LATER + timedelta(days=1)},
    "servers.save_seen": {"panel_id": "theirs", "seen": [seen_server()], "now": LATER},
    "servers.list_servers": {},
    "servers.get_server": {"server_id": "theirs"},
    "servers.save_one": {"server_id": "theirs", "seen": seen_server(), "now": LATER},
    "subscriptions.subscribe": {
        "member_id": 5,
        "server_id": "theirs",
        "event": subscriptions.NewsEvent.UP,
        "channel_id": 5,
        "at_most": 5,
        "now": START,
    },
    "subscriptions.unsubscribe": {
        "member_id": 5,
        "server_id": "theirs",
        "event": subscriptions.NewsEvent.UP,
    },
    "subscriptions.list_subscriptions": {},
    "subscriptions.drop_subscribers": {"member_ids": [5]},
}


def functions() -> dict[str, Callable[..., Awaitable[object]]]:
    """Every public function of the store that asks the database."""
    found: dict[str, Callable[..., Awaitable[object]]] = {}
    for module in pkgutil.iter_modules(bot.store.__path__):
        loaded = importlib.import_module(f"bot.store.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.iscoroutinefunction):
            takes = inspect.signature(function).parameters
            public = not name.startswith("_") and function.__module__ == loaded.__name__
            if public and next(iter(takes), None) == "session":
                found[f"{module.name}.{name}"] = function
    return found


async def fill_theirs(session: AsyncSession) -> None:
    """A row of the other guild in every table."""
    for table in metadata.sorted_tables:
        if table.name in TABLES_OF_NO_GUILD:
            continue
        row: dict[str, object] = {}
        for column in table.c:
            match column.type:
                case Moment() | DateTime():
                    row[column.name] = LATER
                case JSON():
                    row[column.name] = {} if column.name != "rights" else []
                case Boolean():
                    row[column.name] = False
                case BigInteger() | Integer():
                    row[column.name] = 5
                case LargeBinary():
                    row[column.name] = b"theirs"
                case _:
                    row[column.name] = "x"
        row |= {"guild_id": THEIRS}
        row |= {name: "theirs" for name in ("id", "panel_id", "server_id", "job_id") if name in row}
        row |= {name: None for name in ("used_at", "gone_at", "left_at", "outcome") if name in row}
        await session.execute(insert(table).values(**row))


async def all_of_theirs(session: AsyncSession) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [
            tuple(row)
            for row in (
                await session.execute(select(table).where(table.c.guild_id == THEIRS))
            ).all()
        ]
        for table in metadata.sorted_tables
        if table.name not in TABLES_OF_NO_GUILD
    }


def test_every_table_of_guild_data_carries_the_guild() -> None:
    for table in metadata.sorted_tables:
        assert ("guild_id" in table.c) != (table.name in TABLES_OF_NO_GUILD), table.name


def test_every_reference_between_rows_carries_the_guild() -> None:
    for table in metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            assert "guild_id" in constraint.column_keys, f"{table.name}: {constraint.name}"


def test_every_function_takes_the_guild_by_name() -> None:
    for name, function in functions().items():
        if name in NOT_OF_ONE_GUILD:
            continue
        given = inspect.signature(function).parameters.get("guild_id")
        assert given is not None, name
        assert given.kind is inspect.Parameter.KEYWORD_ONLY, name
        assert given.default is inspect.Parameter.empty, name
    assert functions().keys() == REACHING.keys() | NOT_OF_ONE_GUILD


@pytest.mark.parametrize("name", sorted(REACHING))
async def test_no_function_reads_or_touches_another_guilds_rows(
    database: Database, name: str
) -> None:
    async with database.write() as session:
        await fill_theirs(session)
        await guilds.guild_joined(session, guild_id=OURS, now=START)
        before = await all_of_theirs(session)

    sent: list[str] = []

    def listen(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    async with database.write() as session:
        answer = await functions()[name](session, guild_id=OURS, **REACHING[name])
    event.remove(Engine, "before_cursor_execute", listen)

    async with database.read() as session:
        assert await all_of_theirs(session) == before
    assert "theirs" not in repr(answer).replace("subject_id='theirs'", "")
    assert str(THEIRS) not in repr(answer)
    for statement in sent:
        if not statement.startswith("BEGIN"):
            assert "guild_id" in statement.partition("WHERE")[2] or "INSERT" in statement, statement


async def test_the_database_itself_refuses_a_server_on_another_guilds_panel(
    database: Database,
) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=THEIRS)
        (found,) = await servers.save_seen(
            session, guild_id=THEIRS, panel_id=panel.id, seen=[seen_server()], now=START
        )
        binding = metadata.tables["channel_binding"]
        with pytest.raises(IntegrityError):
            await session.execute(
                insert(binding).values(guild_id=OURS, channel_id=1, server_id=found.id)
            )


async def test_erasing_a_guild_leaves_nothing_of_it_and_all_of_the_others(
    database: Database,
) -> None:
    async with database.write() as session:
        await fill_theirs(session)
        await guilds.guild_joined(session, guild_id=OURS, now=START)
        await some_panel(session, guild_id=OURS)
        tables = await all_of_theirs(session)
        assert all(tables.values()), "a table without a row proves nothing"

        erased = await guilds.erase_guild(session, guild_id=THEIRS)

        assert not any((await all_of_theirs(session)).values())
        assert erased >= len(tables) - 2  # what cascades isn't counted twice
        assert len(await panels.list_panels(session, guild_id=OURS)) == 1
        assert await guilds.get_guild(session, guild_id=OURS) is not None
