"""The rules once more, in plain words: nothing that they refuse is ever let through.

What is restated here shares no code with the decision. Facts are drawn from small worlds, so that
rules, roles, policies and states meet often.
"""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from bot.access.consent import Consent
from bot.access.console_rules import ConsoleRule
from bot.access.decision import (
    Allow,
    Ask,
    Part,
    Reason,
    Refuse,
    Verdict,
    beyond,
    decide,
    may_by_themselves,
)
from bot.access.facts import (
    Action,
    Actor,
    CommandPermission,
    Condition,
    Facts,
    LinkedKey,
    RecipeFacts,
    Target,
)
from bot.access.rules import Rule
from bot.fleet.games import Game
from bot.store.policies import How, PolicyAction, PolicyRule, Terms
from bot.ui.explain import why

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EVERYONE, MODS, HELPERS, ADMINS, MIA = 1, 2, 3, 4, 50
HERE, ELSEWHERE, GROUP = "here", "elsewhere", "group"
SEE = "websocket.connect"
ACTIONS = [
    ("power start", "control.start"),
    ("power restart", "control.restart"),
    ("power stop", "control.stop"),
    ("power kill", "control.stop"),
    ("console run", "control.console"),
    ("backup restore", "backup.restore"),
    ("do", "recipe.online"),
    ("do", "recipe"),
    ("server info", SEE),
    ("config", "admin"),
    ("help", "-"),
    ("bulk power", "sees one"),
    ("forgotten", None),
]
ON_SERVER = {name for name, right in ACTIONS if right and ("." in right or right == "recipe")}
TWO_PERSON = {"kill": "power kill", "restore": "backup restore"}
POLICIES = {"start": "power start", "restart": "power restart", "stop": "power stop"}
LINES = ["op mia", "say hi", "list", "stop"]


def near(right: str | None) -> list[str]:
    """Patterns that matter for a right, and one that doesn't."""
    if right is None or "." not in right:
        return ["*", "control.start"]
    return [right, f"{right.split('.')[0]}.*", "*", "file.read"]


def some(chance: Random, *choices: list[str]) -> frozenset[str]:
    every = [one for part in choices for one in part]
    return frozenset(chance.sample(every, chance.randrange(3)))


def a_rule(chance: Random, right: str | None) -> Rule:
    return Rule(
        id="r",
        kind="role",
        subject_id=MODS,
        right=chance.choice(near(right)),
        scope_id=chance.choice([None, HERE, ELSEWHERE, GROUP]),
        denies=chance.random() < 0.3,
        made_by=9,
        made_at=NOW,
        expires_at=chance.choice([None, NOW - timedelta(1), NOW, NOW + timedelta(1)]),
    )


def a_console_rule(chance: Random) -> ConsoleRule:
    return ConsoleRule(
        id="c",
        scope_id=None,
        role_id=chance.choice([None, MODS, HELPERS]),
        denies=chance.random() < 0.5,
        commands=tuple(chance.sample(["op", "say", "list", "stop", "*"], chance.choice([1, 2]))),
        made_by=9,
        made_at=NOW,
    )


def a_policy(chance: Random) -> PolicyRule:
    actions: list[PolicyAction] = ["start", "restart", "stop"]
    hows: list[How] = ["at once", "vote", "approval"]
    terms = Terms(role_id=chance.choice([None, MODS, HELPERS]), how=chance.choice(hows))
    return PolicyRule(
        id="p",
        guild_id=1,
        scope_kind="all",
        scope_id="",
        action=chance.choice(actions),
        terms=terms,
        version=1,
        changed_by=9,
        changed_at=NOW,
    )


def a_target(chance: Random, right: str | None) -> Target | None:
    if chance.random() < 0.1:
        return None
    needed = "control.console" if right and right.startswith("recipe.") else right
    held = some(chance, near(needed), near(right))
    keys = held if chance.random() < 0.4 else frozenset({"*"})
    groups = frozenset({GROUP}) if chance.random() < 0.5 else frozenset[str]()
    return Target(HERE, "Survival", "Nova", keys, groups)


def a_world(chance: Random) -> Facts:
    name, right = chance.choice(ACTIONS)
    recipe = None
    if right == "recipe.online":
        recipe = RecipeFacts(chance.random() < 0.8, chance.random() < 0.4)
    condition = chance.choice(list(Condition)) if chance.random() < 0.2 else None
    roles = [one for one in (EVERYONE, MODS, HELPERS, ADMINS) if chance.random() < 0.5]
    settings = [None, CommandPermission(True, "default"), CommandPermission(False, "everyone")]
    held = some(chance, near(right), near("control.console"))
    return Facts(
        action=Action(name, right, on_server=name in ON_SERVER),
        actor=Actor(
            MIA,
            "Mia",
            frozenset(roles),
            is_bot=chance.random() < 0.05,
            owns_guild=chance.random() < 0.1,
            manages_guild=chance.random() < 0.1,
        ),
        now=NOW,
        admin_role_id=chance.choice([None, ADMINS]),
        rules=tuple(a_rule(chance, right) for _ in range(chance.randrange(4))),
        target=a_target(chance, right),
        sees_any=chance.random() < 0.5,
        command_permission=chance.choices(settings, [5, 3, 1])[0],
        policy=a_policy(chance) if chance.random() < 0.5 else None,
        asks=chance.random() < 0.4,
        two_person=frozenset(one for one in TWO_PERSON if chance.random() < 0.5),
        linked=LinkedKey("mia", held) if chance.random() < 0.4 else None,
        condition=condition,
        looked_at_condition=condition is not None or chance.random() < 0.5,
        console_rules=tuple(a_console_rule(chance) for _ in range(chance.randrange(4))),
        recipe=recipe,
        line=chance.choice([None, None, *LINES]),
        game=Game.MINECRAFT_JAVA,
    )


def worlds(seed: int) -> list[Facts]:
    """Many at once: drawing each value by itself would take longer than deciding."""
    chance = Random(seed)
    return [a_world(chance) for _ in range(200)]


SEEDS = st.integers(0, 2**32)


# the rules, once more


def names(pattern: str, right: str) -> bool:
    """`*` is every right, `control.*` all that begin so, anything else itself."""
    if pattern == "*":
        return True
    if pattern.endswith("*"):
        return right.split(".", maxsplit=1)[0] == pattern.split(".", maxsplit=1)[0]
    return pattern == right


def holds_everything(facts: Facts) -> bool:
    return facts.actor.owns_guild or facts.actor.manages_guild


def in_force(facts: Facts) -> list[Rule]:
    """The rules that hold now and here."""
    assert facts.target is not None
    here = {None, facts.target.id} | set(facts.target.group_ids)
    return [
        rule
        for rule in facts.rules
        if rule.scope_id in here and (rule.expires_at is None or rule.expires_at > facts.now)
    ]


def is_denied(facts: Facts, right: str) -> bool:
    return any(rule.denies and names(rule.right, right) for rule in in_force(facts))


def is_granted(facts: Facts, right: str) -> bool:
    """By a rule, or by holding everything; who has any right on a server sees it."""
    if holds_everything(facts):
        return True
    return any(
        not rule.denies and (names(rule.right, right) or right == SEE) for rule in in_force(facts)
    )


def own_key_has(facts: Facts, right: str) -> bool:
    """A recipe is the guild's, so no key of a member's own opens it."""
    if facts.linked is None or right.startswith("recipe."):
        return False
    if right == SEE:
        return len(facts.linked.rights) > 0
    return any(names(held, right) for held in facts.linked.rights)


def is_let_ask(facts: Facts, right: str) -> bool:
    """What the guild lets those ask for who weren't given it."""
    if right == SEE:
        return facts.asks
    if facts.recipe is not None:
        return facts.recipe.may_ask
    policy = facts.policy
    if policy is None or POLICIES.get(policy.action) != facts.action.name:
        return False
    return policy.terms.role_id is None or policy.terms.role_id in facts.actor.role_ids


def line_is_refused(facts: Facts) -> bool:
    """Forbidden for them; or there are lists of what is allowed, and it is on none of theirs."""
    if facts.line is None or holds_everything(facts):
        return False
    word = facts.line.split()[0]
    for_me = [
        rule
        for rule in facts.console_rules
        if rule.role_id is None or rule.role_id in facts.actor.role_ids
    ]
    if any(rule.denies and {word, "*"} & set(rule.commands) for rule in for_me):
        return True
    has_lists = any(not rule.denies for rule in facts.console_rules)
    is_listed = any(not rule.denies and {word, "*"} & set(rule.commands) for rule in for_me)
    return has_lists and facts.recipe is None and not is_listed


def key_lacks(facts: Facts, right: str) -> bool:
    """Neither the connected key nor, where it is used, the member's own may do it."""
    assert facts.target is not None
    if right == SEE or own_key_has(facts, right):
        return False
    needed = "control.console" if right.startswith("recipe.") else right
    return not any(names(held, needed) for held in facts.target.key_rights)


def must_refuse(facts: Facts) -> bool:
    right, actor, target = facts.action.right, facts.actor, facts.target
    if right is None or actor.is_bot or right == "recipe":
        return True
    if facts.recipe is not None and not facts.recipe.is_here:
        return True
    said = facts.command_permission
    if said is not None and not said.allowed and not actor.owns_guild:
        return True
    if target is not None and right != SEE and facts.condition is not None:
        return True
    if target is not None and line_is_refused(facts):
        return True
    if right == "-":
        return False
    if right == "admin":
        has_role = facts.admin_role_id is not None and facts.admin_role_id in actor.role_ids
        return not (holds_everything(facts) or has_role)
    if right == "sees one":
        return not (holds_everything(facts) or facts.sees_any)
    if target is None:
        return True
    if not holds_everything(facts) and is_denied(facts, right):
        return True
    opened = is_granted(facts, right) or own_key_has(facts, right) or is_let_ask(facts, right)
    return not opened or key_lacks(facts, right)


def asked_first(facts: Facts) -> Consent | None:
    """Who has to agree to what isn't refused."""
    right = facts.action.right
    if right is None or facts.target is None or "." not in right:
        return None
    if is_granted(facts, right) or own_key_has(facts, right):
        takes_two = any(TWO_PERSON[one] == facts.action.name for one in facts.two_person)
        return Consent.SECOND_PERSON if takes_two else None
    if right == SEE:
        return None
    if facts.recipe is not None:
        return Consent.APPROVAL
    how = facts.policy.terms.how if facts.policy else "at once"
    return {"vote": Consent.VOTE, "approval": Consent.APPROVAL}.get(how)


@settings(max_examples=100)
@given(SEEDS)
def test_the_decision_is_what_the_plain_words_say(seed: int) -> None:
    for facts in worlds(seed):
        decision = decide(facts)

        assert isinstance(decision, Refuse) == must_refuse(facts), facts
        if not isinstance(decision, Refuse):
            consent = asked_first(facts)
            assert isinstance(decision, Ask) == (consent is not None), facts
            assert getattr(decision, "consent", None) is consent, facts


@settings(max_examples=30)
@given(SEEDS)
def test_who_may_by_themselves_was_given_it(seed: int) -> None:
    for facts in worlds(seed):
        right = facts.action.right
        if may_by_themselves(decide(facts)) and right and "." in right:
            assert is_granted(facts, right) or own_key_has(facts, right), facts


@settings(max_examples=15)
@given(SEEDS)
def test_an_explanation_ends_as_the_gate_decides_and_names_all_that_stands_in_the_way(
    seed: int,
) -> None:
    for facts in worlds(seed):
        decision, behind = decide(facts), beyond(facts)

        said = why(facts.action, decision, None, None, beyond=behind)

        refusing = [link for link in decision.chain if link.verdict is Verdict.REFUSES]
        if isinstance(decision, Refuse):
            assert refusing == [decision.because]
            assert "can't use" in said
            assert said.count("⛔") == 1 + sum(one.verdict is Verdict.REFUSES for one in behind)
        else:
            assert not refusing
            assert not behind
            assert ("once others agree" in said) == isinstance(decision, Ask)
            assert "can't use" not in said


@settings(max_examples=50)
@given(SEEDS)
def test_the_one_change_that_is_named_turns_the_decision(seed: int) -> None:
    for facts in worlds(seed):
        decision = decide(facts)
        if not isinstance(decision, Refuse):
            continue
        if any(link.verdict is Verdict.REFUSES for link in beyond(facts)):
            continue  # more than one thing stands in the way, and that is said
        turned = _turned(facts, decision)
        if turned is not None:
            assert isinstance(decide(turned), Allow | Ask), facts


def _turned(facts: Facts, decision: Refuse) -> Facts | None:
    """The facts after the change that an explanation names; None where it names none."""
    because, right, target = decision.because, facts.action.right or "", facts.target
    match because.part, because.reason:
        case Part.DISCORD, _:
            return structs.replace(facts, command_permission=CommandPermission(True, "member"))
        case _, Reason.DENIAL:
            kept = tuple(one for one in facts.rules if one is not because.rule)
            return structs.replace(facts, rules=kept)
        case _, Reason.NO_GRANT:
            given_rule = Rule("g", "member", MIA, right, None, False, 9, NOW)
            return structs.replace(facts, rules=(*facts.rules, given_rule))
        case _, Reason.NOT_ADMIN:
            boss = structs.replace(facts.actor, manages_guild=True)
            return structs.replace(facts, actor=boss)
        case Part.CONSOLE, _:
            return structs.replace(facts, console_rules=())
        case Part.KEY, _ if target is not None:
            open_key = structs.replace(target, key_rights=frozenset({"*"}))
            return structs.replace(facts, target=open_key)
        case Part.STATE, _:
            return structs.replace(facts, condition=None)
    return None
