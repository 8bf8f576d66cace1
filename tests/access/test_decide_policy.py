"""What a community may ask for, and what takes two: a denial and the panel's key always win."""

from datetime import UTC, datetime

import pytest

from bot.access.consent import TWO_PERSON_CLASSES, Agreed, Consent
from bot.access.decision import (
    Allow,
    Ask,
    Decision,
    Part,
    Reason,
    Refuse,
    Verdict,
    by_policy,
    decide,
    is_agreed,
    may_by_themselves,
)
from bot.access.facts import Action, Actor, Facts, LinkedKey, Target
from bot.access.rights import SEE
from bot.access.rules import Rule, Rulebook
from bot.store.policies import How, PolicyAction, PolicyRule, Terms
from bot.store.rules import ScopeKind

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PLAYERS = 50
EVERYTHING = frozenset({"*"})


def rule(right: str, *, denies: bool = False) -> Rule:
    return Rule("r", "member", 7, right, None, denies, made_by=1, made_at=NOW)


def policy(
    how: How = "vote",
    action: PolicyAction = "restart",
    *,
    role_id: int | None = None,
    kind: ScopeKind = "all",
    scope_id: str = "",
) -> PolicyRule:
    return PolicyRule(
        id=f"{kind} {scope_id} {action}",
        guild_id=1,
        scope_kind=kind,
        scope_id=scope_id,
        action=action,
        terms=Terms(how=how, role_id=role_id),
        version=1,
        changed_by=1,
        changed_at=NOW,
    )


def asked(
    name: str,
    right: str,
    *rules: Rule,
    held: PolicyRule | None = None,
    role_ids: frozenset[int] = frozenset(),
    key_rights: frozenset[str] = EVERYTHING,
    linked: frozenset[str] | None = None,
    two_person: frozenset[str] = frozenset(),
    manages_guild: bool = False,
) -> Decision:
    return decide(
        Facts(
            action=Action(name, right, on_server=True),
            actor=Actor(7, "Mia", role_ids, manages_guild=manages_guild),
            now=NOW,
            rules=rules,
            target=Target("s", "Survival", "Nova", key_rights),
            policy=held,
            asks=held is not None,
            two_person=two_person,
            linked=LinkedKey("mia", linked) if linked is not None else None,
        )
    )


def restart(*rules: Rule, **more: object) -> Decision:
    return asked("power restart", "control.restart", *rules, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "consent"), [("vote", Consent.VOTE), ("approval", Consent.APPROVAL)]
)
def test_without_a_grant_the_policy_lets_a_member_ask(how: How, consent: Consent) -> None:
    said = restart(held=policy(how))

    assert isinstance(said, Ask)
    assert said.consent is consent
    assert [link.part for link in said.chain] == [Part.GUILD, Part.POLICY, Part.KEY]
    assert said.chain[0].verdict is Verdict.SILENT
    assert not may_by_themselves(said)


def test_what_is_granted_at_once_is_allowed_but_rests_on_the_policy() -> None:
    held = policy("at once")

    said = restart(held=held)

    assert isinstance(said, Allow)
    assert by_policy(said) is held
    assert not is_agreed(said, None)
    assert is_agreed(said, Agreed())
    assert not may_by_themselves(said)


@pytest.mark.parametrize("right", ["control.restart", "control.*", "*"])
def test_a_denial_beats_every_policy(right: str) -> None:
    said = restart(rule(right, denies=True), held=policy("at once"))

    assert isinstance(said, Refuse)
    assert said.because.reason is Reason.DENIAL


def test_what_the_panel_key_lacks_no_vote_can_give() -> None:
    said = restart(held=policy(), key_rights=frozenset({"control.start"}))

    assert isinstance(said, Refuse)
    assert said.because.reason is Reason.KEY_LACKS


def test_a_policy_for_a_role_speaks_of_nobody_else() -> None:
    held = policy(role_id=PLAYERS)

    assert isinstance(restart(held=held), Refuse)
    assert isinstance(restart(held=held, role_ids=frozenset({PLAYERS})), Ask)


def test_who_is_granted_the_right_asks_nobody() -> None:
    said = restart(rule("control.restart"), held=policy())

    assert isinstance(said, Allow)
    assert by_policy(said) is None
    assert is_agreed(said, None)
    assert may_by_themselves(said)


def test_a_policy_to_stop_gives_no_kill() -> None:
    assert isinstance(asked("power kill", "control.stop", held=policy("at once", "stop")), Refuse)
    assert isinstance(asked("bulk power", "control.stop", held=policy("at once", "stop")), Refuse)
    assert isinstance(asked("power stop", "control.stop", held=policy("at once", "stop")), Allow)


def test_who_may_ask_for_something_sees_the_server() -> None:
    said = asked("server info", SEE, held=policy())

    assert isinstance(said, Allow)
    assert isinstance(asked("server info", SEE, rule(SEE, denies=True), held=policy()), Refuse)
    assert isinstance(asked("console tail", "control.console", held=policy()), Refuse)
    assert not may_by_themselves(said)


@pytest.mark.parametrize(
    ("name", "right", "its_class"),
    [
        ("power kill", "control.stop", "kill"),
        ("backup restore", "backup.restore", "restore"),
        ("backup delete", "backup.delete", "delete"),
        ("settings reinstall", "settings.reinstall", "reinstall"),
        ("files delete", "file.delete", "delete"),
        ("database delete", "database.delete", "delete"),
        ("files edit", "file.create", "write"),
    ],
)
def test_the_two_person_rule_asks_also_the_owner_and_own_keys(
    name: str, right: str, its_class: str
) -> None:
    on, others = frozenset({its_class}), frozenset(TWO_PERSON_CLASSES) - {its_class}

    for said in (
        asked(name, right, rule(right), two_person=on),
        asked(name, right, manages_guild=True, two_person=on),
        asked(name, right, linked=frozenset({right}), two_person=on),
    ):
        assert isinstance(said, Ask)
        assert said.consent is Consent.SECOND_PERSON
        assert may_by_themselves(said)
        assert not is_agreed(said, Agreed(consent=Consent.VOTE))
    assert isinstance(asked(name, right, rule(right), two_person=others), Allow)
    assert isinstance(asked(name, right, two_person=on), Refuse)


def test_the_nearest_policy_holds_alone() -> None:
    every, group = policy("at once"), policy("vote", kind="group", scope_id="g")
    own, other = policy("approval", kind="server", scope_id="s"), policy(action="start")
    book = Rulebook(policies=[every, other, group, own])

    assert book.policy("restart", "s", frozenset({"g"})) is own
    assert book.policy("restart", "t", frozenset({"g"})) is group
    assert book.policy("restart", "t", frozenset()) is every
    assert book.policy("stop", "s", frozenset({"g"})) is None
