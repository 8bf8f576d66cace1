"""A member's own panel key: it adds to the guild's grants, and never beats a denial."""

from datetime import UTC, datetime

import pytest

from bot.access.decision import Allow, Part, Reason, Refuse, Verdict, by_own_key, decide
from bot.access.facts import Action, Actor, Condition, Facts, LinkedKey, Target
from bot.access.rights import ADMIN, ANYONE, SEE
from bot.access.rules import Rule

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RESTART = "control.restart"
NOTHING: frozenset[str] = frozenset()


def rule(right: str = RESTART, *, denies: bool = False) -> Rule:
    return Rule("r", "member", 7, right, None, denies, made_by=1, made_at=NOW)


def facts(
    *rules: Rule,
    linked: frozenset[str] | None,
    right: str = RESTART,
    key_rights: frozenset[str] = frozenset({"*"}),
    manages_guild: bool = False,
    condition: Condition | None = None,
) -> Facts:
    return Facts(
        action=Action("a command", right, on_server=True),
        actor=Actor(7, "Mia", frozenset(), manages_guild=manages_guild),
        now=NOW,
        rules=rules,
        target=Target("s", "Survival", "Nova", key_rights),
        linked=LinkedKey("mia", linked) if linked is not None else None,
        condition=condition,
        looked_at_condition=condition is not None,
    )


@pytest.mark.parametrize(
    ("rules", "linked", "key_rights", "is_allowed", "is_own_key"),
    [
        # granted or not, what the own key has, what the connected key has → may it, by which key
        ((), None, {"*"}, False, False),
        ((), NOTHING, {"*"}, False, False),
        ((), {"control.start"}, {"*"}, False, False),
        ((), {RESTART}, {"*"}, True, True),
        ((), {"*"}, {"*"}, True, True),
        ((), {"control.*"}, NOTHING, True, True),
        ((rule(),), None, {"*"}, True, False),
        ((rule(),), {RESTART}, {"*"}, True, False),
        ((rule(),), {RESTART}, NOTHING, True, True),
        ((rule(),), NOTHING, NOTHING, False, False),
        ((rule(denies=True),), {"*"}, {"*"}, False, False),
        ((rule(), rule(denies=True)), {"*"}, {"*"}, False, False),
        ((rule("*", denies=True),), {RESTART}, {"*"}, False, False),
    ],
)
def test_the_grant_or_the_own_key_allows_and_a_denial_beats_both(
    rules: tuple[Rule, ...],
    linked: frozenset[str] | None,
    key_rights: frozenset[str],
    is_allowed: bool,
    is_own_key: bool,
) -> None:
    own = frozenset(linked) if linked is not None else None

    said = decide(facts(*rules, linked=own, key_rights=frozenset(key_rights)))

    assert isinstance(said, Allow) is is_allowed
    assert by_own_key(said) is is_own_key


def test_the_chain_says_that_no_rule_speaks_for_it_and_that_the_own_key_does() -> None:
    said = decide(facts(linked=frozenset({RESTART})))

    assert [(link.part, link.verdict, link.reason) for link in said.chain] == [
        (Part.GUILD, Verdict.SILENT, Reason.NO_GRANT),
        (Part.LINK, Verdict.ALLOWS, Reason.LINKED_KEY),
    ]


def test_who_manages_the_guild_may_use_the_own_key_for_what_the_connected_one_lacks() -> None:
    lacking = facts(linked=None, key_rights=NOTHING, manages_guild=True)
    helped = facts(linked=frozenset({RESTART}), key_rights=NOTHING, manages_guild=True)

    refused, allowed = decide(lacking), decide(helped)

    assert isinstance(refused, Refuse)
    assert refused.because.reason is Reason.KEY_LACKS
    assert isinstance(allowed, Allow)
    assert by_own_key(allowed)


def test_any_right_of_the_own_key_comes_with_the_sight_of_the_server() -> None:
    seen = decide(facts(linked=frozenset({"file.read"}), right=SEE))
    unseen = decide(facts(linked=NOTHING, right=SEE))

    assert isinstance(seen, Allow)
    assert isinstance(unseen, Refuse)


def test_an_own_key_makes_nobody_an_admin() -> None:
    said = decide(facts(linked=frozenset({"*"}), right=ADMIN))

    assert isinstance(said, Refuse)
    assert said.because.reason is Reason.NOT_ADMIN


def test_what_is_for_anyone_needs_no_key() -> None:
    said = decide(facts(linked=frozenset({"*"}), right=ANYONE))

    assert not by_own_key(said)


def test_the_servers_state_binds_the_own_key_too() -> None:
    said = decide(facts(linked=frozenset({"*"}), condition=Condition.SUSPENDED))

    assert isinstance(said, Refuse)
    assert said.because.reason is Reason.STATE_BLOCKS
