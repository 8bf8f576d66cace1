"""How many decisions a second the gate makes in a guild with many grants."""

from datetime import UTC, datetime
from typing import Final

from benchmarks.measure import Row, rounds, shown
from bot.access.decision import Allow, decide
from bot.access.facts import Action, Actor, Facts, Target
from bot.access.rules import Rule, Rulebook

GRANTS: Final = 500
DECISIONS: Final = 2000
GUILD: Final = 1
SERVERS: Final = 25
ROLES: Final = 20
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
RIGHTS: Final = ("control.start", "control.stop", "backup.read", "file.read", "control.console")
ACTION: Final = Action("power restart", "control.restart", on_server=True)


async def measure() -> list[Row]:
    """The row of the decision."""
    book = _book()
    actor = Actor(10_000, "Mia", frozenset(range(100, 105)))
    targets = [Target(f"s{n}", f"Server {n}", "Nova", frozenset("*")) for n in range(SERVERS)]

    async def run() -> None:
        for number in range(DECISIONS):
            rules = book.about(actor.id, actor.role_ids | {GUILD})
            facts = Facts(ACTION, actor, NOW, rules=rules, target=targets[number % SERVERS])
            if not isinstance(decide(facts), Allow):
                raise TypeError("the last rule grants it")

    taken = await rounds({"decide": run})
    seconds = taken.median("decide") / DECISIONS
    return [
        Row(
            "decide_per_s",
            1 / seconds,
            "/s",
            f"with {GRANTS} grants, {len(book.about(actor.id, actor.role_ids))} of them the"
            " member's: ≥ 20,000",
            {"one decision": shown(seconds)},
        )
    ]


def _book() -> Rulebook:
    """Grants to many roles and servers; what the member asks for is the last that is found."""
    rules = [
        Rule(
            id=f"{number}",
            kind="role",
            subject_id=100 + number % ROLES,
            right=RIGHTS[number % len(RIGHTS)],
            scope_id=f"s{number % SERVERS}",
            denies=False,
            made_by=1,
            made_at=NOW,
        )
        for number in range(GRANTS - 1)
    ]
    last = Rule("last", "role", 104, "control.*", None, denies=False, made_by=1, made_at=NOW)
    return Rulebook([*rules, last])
