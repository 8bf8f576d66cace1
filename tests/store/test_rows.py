"""What the store's functions promise, one subject after the other."""

import asyncio
from datetime import timedelta

import pytest

from bot.store import (
    bindings,
    commands,
    confirmations,
    guilds,
    links,
    panels,
    posted,
    rules,
    servers,
)
from bot.store.confirmations import NotUsable
from bot.store.engine import Database
from bot.store.errors import LimitReached, NameTaken
from tests.clock import START
from tests.store.rows import seen_server, some_panel

GUILD = 1
OTHER_UUID = "2bad0000-0000-4000-8000-000000000002"


def a_rule(**said: object) -> rules.NewRule:
    given = {
        "subject_kind": "role",
        "subject_id": 9,
        "right": "control.restart",
        "scope_kind": "all",
        "scope_id": "",
        "effect": "allow",
        "made_by": 7,
        **said,
    }
    return rules.NewRule(**given)  # type: ignore[arg-type]  # whatever the test says


# guilds


async def test_a_guild_that_comes_back_within_its_grace_keeps_everything(
    database: Database,
) -> None:
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=GUILD, now=START)
        await guilds.set_admin_role(session, guild_id=GUILD, role_id=3)
        await guilds.guild_left(session, guild_id=GUILD, now=START + timedelta(days=1))
        back = await guilds.guild_joined(session, guild_id=GUILD, now=START + timedelta(days=2))

    assert back == guilds.GuildRow(guild_id=GUILD, joined_at=START, left_at=None, admin_role_id=3)


async def test_only_a_guild_left_for_longer_than_its_grace_is_due(database: Database) -> None:
    grace = timedelta(days=30)
    async with database.write() as session:
        for guild_id in (1, 2, 3):
            await guilds.guild_joined(session, guild_id=guild_id, now=START)
        await guilds.guild_left(session, guild_id=1, now=START)
        await guilds.guild_left(session, guild_id=2, now=START + timedelta(days=1))
        # said again, as after a restart: the days go on from the first time
        await guilds.guild_left(session, guild_id=1, now=START + timedelta(days=29))

        due = await guilds.guilds_out_of_grace(session, now=START + grace, grace=grace)

    assert due == [1]


# panels


async def test_a_panels_name_is_taken_in_its_guild_whatever_its_case(database: Database) -> None:
    async with database.write() as session:
        await some_panel(session, guild_id=1, name="Home")
        await some_panel(session, guild_id=2, name="Home")
        other = await some_panel(session, guild_id=1, name="Work")

        with pytest.raises(NameTaken):
            await some_panel(session, guild_id=1, name="HOME")
        with pytest.raises(NameTaken):
            await panels.rename_panel(session, guild_id=1, panel_id=other.id, name="home")

        same = await panels.rename_panel(session, guild_id=1, panel_id=other.id, name="WORK")
        assert same is not None
        assert same.name == "WORK"
        assert await panels.rename_panel(session, guild_id=1, panel_id="none", name="x") is None


async def test_of_many_panels_added_at_once_only_the_allowed_number_is_there(
    database: Database,
) -> None:
    async def add(number: int) -> None:
        async with database.write() as session:
            await some_panel(session, guild_id=GUILD, name=f"Panel {number}")

    outcomes = await asyncio.gather(*(add(n) for n in range(20)), return_exceptions=True)

    assert sum(outcome is None for outcome in outcomes) == 10
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 10


async def test_a_checked_panel_shows_its_trouble_until_a_new_key_is_set(
    database: Database,
) -> None:
    later = START + timedelta(hours=1)
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        troubled = await panels.panel_checked(
            session, guild_id=GUILD, panel_id=panel.id, trouble="key refused", now=later
        )
        assert troubled is not None
        assert (troubled.trouble, troubled.checked_at) == ("key refused", later)

        mended = await panels.replace_key(
            session,
            guild_id=GUILD,
            panel_id=panel.id,
            key_sealed=b"other",
            account_id="13",
            account_name="max",
            is_root_admin=True,
            now=later,
        )
        assert mended == await panels.get_panel(session, guild_id=GUILD, panel_id=panel.id)
        assert mended is not None
        assert (mended.trouble, mended.key_sealed, mended.is_root_admin) == (None, b"other", True)


async def test_a_removed_panel_takes_servers_bindings_and_their_rules_along(
    database: Database,
) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        (server,) = await servers.save_seen(
            session, guild_id=GUILD, panel_id=panel.id, seen=[seen_server()], now=START
        )
        await bindings.bind_channel(session, guild_id=GUILD, channel_id=5, server_id=server.id)
        for rule in (a_rule(scope_kind="server", scope_id=server.id), a_rule()):
            await rules.set_rule(session, guild_id=GUILD, new=rule, at_most=9, now=START)

        assert await panels.remove_panel(session, guild_id=GUILD, panel_id=panel.id)

        assert await servers.list_servers(session, guild_id=GUILD, with_gone=True) == []
        assert await bindings.list_bindings(session, guild_id=GUILD) == []
        left = await rules.list_rules(session, guild_id=GUILD)
        assert [rule.scope_kind for rule in left] == ["all"]
        assert not await panels.remove_panel(session, guild_id=GUILD, panel_id=panel.id)


# servers


async def test_a_server_keeps_its_id_while_it_is_renamed_goes_and_comes_back(
    database: Database,
) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)

        async def see(hours: int, *seen: servers.SeenServer) -> list[servers.ServerRow]:
            return await servers.save_seen(
                session,
                guild_id=GUILD,
                panel_id=panel.id,
                seen=seen,
                now=START + timedelta(hours=hours),
            )

        (first,) = await see(0, seen_server())
        (renamed,) = await see(1, seen_server(name="Hardcore"))
        assert await see(2) == []
        gone = await servers.get_server(session, guild_id=GUILD, server_id=first.id)
        (back,) = await see(3, seen_server(name="Hardcore"))

    assert renamed.name == "Hardcore"
    assert gone is not None
    assert gone.gone_at == START + timedelta(hours=2)
    assert back.gone_at is None
    assert first.id == renamed.id == gone.id == back.id
    assert first.rights == ("control.start", "websocket.connect")


async def test_servers_of_another_panel_are_not_gone_with_those_of_this_one(
    database: Database,
) -> None:
    async with database.write() as session:
        home = await some_panel(session, guild_id=GUILD)
        work = await some_panel(session, guild_id=GUILD, name="Work")
        for panel in (home, work):
            await servers.save_seen(
                session, guild_id=GUILD, panel_id=panel.id, seen=[seen_server()], now=START
            )

        later = START + timedelta(hours=1)
        await servers.save_seen(session, guild_id=GUILD, panel_id=home.id, seen=[], now=later)

        left = await servers.list_servers(session, guild_id=GUILD)
        assert [server.panel_id for server in left] == [work.id]
        assert len(await servers.list_servers(session, guild_id=GUILD, with_gone=True)) == 2


async def test_servers_seen_on_a_panel_removed_meanwhile_are_not_kept(database: Database) -> None:
    async with database.write() as session:
        assert not await servers.save_seen(
            session, guild_id=GUILD, panel_id="removed", seen=[seen_server()], now=START
        )


async def test_one_server_is_read_again_alone_unless_it_is_gone(database: Database) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        before = await servers.save_seen(
            session,
            guild_id=GUILD,
            panel_id=panel.id,
            seen=[seen_server(), seen_server(uuid="other")],
            now=START,
        )
        named = next(one for one in before if one.uuid != "other")
        later = START + timedelta(minutes=5)
        renamed = seen_server(name="Survival SMP")

        async def save_one() -> servers.ServerRow | None:
            return await servers.save_one(
                session, guild_id=GUILD, server_id=named.id, seen=renamed, now=later
            )

        again = await save_one()
        listed = await servers.list_servers(session, guild_id=GUILD)
        await servers.save_seen(
            session, guild_id=GUILD, panel_id=panel.id, seen=[], now=later + timedelta(minutes=5)
        )

        assert again is not None
        assert (again.id, again.name, again.seen_at) == (named.id, "Survival SMP", later)
        assert {one.name for one in listed if one.id != named.id} == {seen_server().name}
        assert await save_one() is None


async def test_a_thousand_servers_are_saved_in_a_few_statements(database: Database) -> None:
    seen = [seen_server(uuid=f"{n:08x}-0000-4000-8000-000000000000") for n in range(1000)]
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        before = database.statements
        found = await servers.save_seen(
            session, guild_id=GUILD, panel_id=panel.id, seen=seen, now=START
        )

    assert len(found) == 1000
    assert database.statements - before == 4


# bindings


async def test_a_channel_stands_for_the_server_it_was_bound_to_last(database: Database) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        both = await servers.save_seen(
            session,
            guild_id=GUILD,
            panel_id=panel.id,
            seen=[seen_server(), seen_server(uuid=OTHER_UUID)],
            now=START,
        )
        for server in both:
            await bindings.bind_channel(session, guild_id=GUILD, channel_id=5, server_id=server.id)

        (bound,) = await bindings.list_bindings(session, guild_id=GUILD)
        assert bound.server_id == both[-1].id
        assert await bindings.unbind_channel(session, guild_id=GUILD, channel_id=5)
        assert not await bindings.unbind_channel(session, guild_id=GUILD, channel_id=5)


# rules


async def test_a_rule_made_again_is_renewed_and_not_doubled(database: Database) -> None:
    until = START + timedelta(hours=1)
    async with database.write() as session:
        first = await rules.set_rule(
            session, guild_id=GUILD, new=a_rule(expires_at=until), at_most=9, now=START
        )
        again = await rules.set_rule(
            session, guild_id=GUILD, new=a_rule(made_by=8, reason="stays"), at_most=9, now=until
        )
        denial = await rules.set_rule(
            session, guild_id=GUILD, new=a_rule(effect="deny"), at_most=9, now=until
        )

        assert again.id == first.id
        assert (again.made_by, again.made_at, again.expires_at) == (8, until, None)
        assert again.reason == "stays"
        assert await rules.list_rules(session, guild_id=GUILD) == [
            *sorted([again, denial], key=lambda rule: (rule.made_at, rule.id))
        ]


async def test_rules_end_at_the_operators_limit_but_can_be_renewed_there(
    database: Database,
) -> None:
    async with database.write() as session:
        await rules.set_rule(session, guild_id=GUILD, new=a_rule(), at_most=1, now=START)
        await rules.set_rule(session, guild_id=GUILD, new=a_rule(), at_most=1, now=START)

    async def one_more() -> None:
        async with database.write() as session:
            new = a_rule(right="control.stop")
            await rules.set_rule(session, guild_id=GUILD, new=new, at_most=1, now=START)

    with pytest.raises(LimitReached):
        await one_more()
    async with database.read() as session:
        assert len(await rules.list_rules(session, guild_id=GUILD)) == 1


async def test_of_two_who_revoke_a_rule_one_is_told_it_was_gone(database: Database) -> None:
    async with database.write() as session:
        made = await rules.set_rule(session, guild_id=GUILD, new=a_rule(), at_most=9, now=START)

    async def revoke() -> rules.RuleRow | None:
        async with database.write() as session:
            return await rules.revoke_rule(session, guild_id=GUILD, rule_id=made.id)

    told = await asyncio.gather(revoke(), revoke())
    assert sorted(told, key=lambda row: row is None) == [made, None]


async def test_revoking_by_subject_is_as_narrow_as_asked(database: Database) -> None:
    async with database.write() as session:
        for new in (
            a_rule(),
            a_rule(right="control.stop"),
            a_rule(scope_kind="server", scope_id="s"),
            a_rule(subject_id=10),
        ):
            await rules.set_rule(session, guild_id=GUILD, new=new, at_most=9, now=START)

        async def revoke(**narrow: str) -> int:
            return len(
                await rules.revoke_rules(
                    session,
                    guild_id=GUILD,
                    subject_kind="role",
                    subject_id=9,
                    **narrow,  # type: ignore[arg-type]  # words of the Literal
                )
            )

        assert await revoke(right="control.restart", scope_kind="server", scope_id="s") == 1
        assert await revoke(right="control.restart") == 1
        assert await revoke() == 1
        assert [rule.subject_id for rule in await rules.list_rules(session, guild_id=GUILD)] == [10]


async def test_rules_that_ran_out_are_dropped_and_told(database: Database) -> None:
    async with database.write() as session:
        soon = a_rule(expires_at=START + timedelta(hours=1))
        late = a_rule(right="control.stop", expires_at=START + timedelta(hours=2))
        for new in (soon, late, a_rule(right="control.start")):
            await rules.set_rule(session, guild_id=GUILD, new=new, at_most=9, now=START)

        dropped = await rules.drop_expired_rules(
            session, guild_id=GUILD, now=START + timedelta(hours=1)
        )

        assert [rule.right for rule in dropped] == ["control.restart"]
        assert len(await rules.list_rules(session, guild_id=GUILD)) == 2


# confirmations


async def ask(database: Database, member_id: int = 7) -> confirmations.ConfirmationRow:
    async with database.write() as session:
        return await confirmations.ask(
            session,
            guild_id=GUILD,
            member_id=member_id,
            verb="power kill",
            subject_id="s",
            payload={"why": "stuck", "times": [1, 2]},
            expires_at=START + timedelta(seconds=60),
            now=START,
        )


async def use(
    database: Database, question: str, *, member_id: int = 7, after_s: int = 1
) -> confirmations.ConfirmationRow | NotUsable:
    async with database.write() as session:
        return await confirmations.use(
            session,
            guild_id=GUILD,
            confirmation_id=question,
            member_id=member_id,
            now=START + timedelta(seconds=after_s),
        )


async def test_of_many_clicks_at_once_a_single_one_counts(database: Database) -> None:
    question = await ask(database)

    told = await asyncio.gather(*(use(database, question.id) for _ in range(20)))

    counted = [yes for yes in told if isinstance(yes, confirmations.ConfirmationRow)]
    assert len(counted) == 1
    assert counted[0].payload == {"why": "stuck", "times": [1, 2]}
    assert told.count(NotUsable.USED) == 19


async def test_a_yes_that_does_not_count_says_why(database: Database) -> None:
    question = await ask(database)

    assert await use(database, question.id, member_id=8) is NotUsable.NOT_YOURS
    assert await use(database, question.id, after_s=60) is NotUsable.EXPIRED
    assert await use(database, "nothing") is NotUsable.UNKNOWN
    assert isinstance(await use(database, question.id, after_s=59), confirmations.ConfirmationRow)


async def test_only_its_member_takes_a_question_back_and_only_before_its_use(
    database: Database,
) -> None:
    question, used = await ask(database), await ask(database)
    await use(database, used.id)
    async with database.write() as session:

        async def withdraw(which: str, member_id: int) -> bool:
            return await confirmations.withdraw(
                session, guild_id=GUILD, confirmation_id=which, member_id=member_id
            )

        assert not await withdraw(question.id, 8)
        assert not await withdraw(used.id, 7)
        assert await withdraw(question.id, 7)


async def test_questions_that_ran_out_are_not_kept(database: Database) -> None:
    question = await ask(database)
    async with database.write() as session:
        for before, gone in ((question.expires_at, 0), (START + timedelta(days=1), 1)):
            assert gone == await confirmations.drop_expired_confirmations(
                session, guild_id=GUILD, before=before
            )


# posted and commands


async def test_a_message_is_found_by_itself_and_by_what_it_is_about(database: Database) -> None:
    async with database.write() as session:
        for message_id, kind, subject in ((1, "card", "s"), (2, "card", "t"), (3, "power", "s")):
            await posted.remember_message(
                session,
                guild_id=GUILD,
                channel_id=5,
                message_id=message_id,
                kind=kind,
                subject_id=subject,
                now=START + timedelta(seconds=message_id),
            )

        async def ids(**what: str) -> list[int]:
            rows = await posted.list_messages(
                session, guild_id=GUILD, kind="card", subject_id=what.get("subject_id")
            )
            return [row.message_id for row in rows]

        assert await ids() == [1, 2]
        assert await ids(subject_id="t") == [2]
        assert await posted.forget_message(session, guild_id=GUILD, message_id=3)
        assert not await posted.forget_message(session, guild_id=GUILD, message_id=3)


async def test_what_was_registered_is_known_after_a_restart(database: Database) -> None:
    async with database.write() as session:
        for tree_hash, ids in (("a", {"power": 1}), ("b", {"power": 1, "why": 2**60})):
            await commands.save_sync(
                session,
                guild_id=commands.EVERYWHERE,
                tree_hash=tree_hash,
                ids=ids,
                now=START,
            )

        kept = await commands.get_sync(session, guild_id=commands.EVERYWHERE)
        assert kept is not None
        assert (kept.tree_hash, kept.ids) == ("b", {"power": 1, "why": 2**60})
        assert await commands.get_sync(session, guild_id=GUILD) is None


# links


def a_link(panel_id: str, link_id: str = "l1", *, member_id: int = 5) -> links.NewLink:
    return links.NewLink(
        id=link_id,
        member_id=member_id,
        panel_id=panel_id,
        key_sealed=b"sealed",
        account_id="2",
        account_name="bob",
    )


async def test_a_member_has_one_key_a_panel_and_the_last_one_counts(database: Database) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        for link_id in ("l1", "l2"):
            new = a_link(panel.id, link_id)
            await links.set_link(session, guild_id=GUILD, new=new, at_most=1, now=START)

        (kept,) = await links.list_links(session, guild_id=GUILD)

    assert (kept.id, kept.account_name, kept.linked_at) == ("l2", "bob", START)


async def test_a_guild_keeps_no_more_keys_than_it_may(database: Database) -> None:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        new = a_link(panel.id)
        await links.set_link(session, guild_id=GUILD, new=new, at_most=1, now=START)

        more = a_link(panel.id, "l2", member_id=6)
        with pytest.raises(LimitReached):
            await links.set_link(session, guild_id=GUILD, new=more, at_most=1, now=START)


async def test_a_members_keys_go_with_the_member_and_with_the_panel(database: Database) -> None:
    async with database.write() as session:
        home = await some_panel(session, guild_id=GUILD, name="Home")
        work = await some_panel(session, guild_id=GUILD, name="Work")
        made = [
            a_link(home.id, "l1"),
            a_link(work.id, "l2"),
            a_link(home.id, "l3", member_id=6),
            a_link(work.id, "l4", member_id=6),
        ]
        for new in made:
            await links.set_link(session, guild_id=GUILD, new=new, at_most=9, now=START)

        assert await links.drop_member(session, guild_id=GUILD, member_id=5) == 2
        await panels.remove_panel(session, guild_id=GUILD, panel_id=home.id)

        assert [one.id for one in await links.list_links(session, guild_id=GUILD)] == ["l4"]
