"""The one decision: may this member do this, here, now, and why. Pure: no I/O, no clock."""

from enum import Enum
from typing import Final

from msgspec import Struct, structs

from bot.access.consent import POLICY_ACTIONS, Agreed, Consent, class_of
from bot.access.console_rules import Because, ConsoleRule, Judgement, Sender, limiting, may_send
from bot.access.facts import Actor, CommandPermission, Facts, Target
from bot.access.rights import (
    ADMIN,
    ANYONE,
    RECIPE,
    SEE,
    SEES_ONE,
    any_covers,
    covers,
    on_panel,
    recipe_of,
)
from bot.access.rules import Rule
from bot.store.policies import PolicyRule


class Part(Enum):
    """The links of a chain, in the order in which they are looked at."""

    DECLARED = "declared"
    DISCORD = "discord"
    GUILD = "guild"
    LINK = "link"
    CONSOLE = "console"
    POLICY = "policy"
    KEY = "key"
    STATE = "state"


class Verdict(Enum):
    """What a link says."""

    ALLOWS = "allows"
    ASKS = "asks"
    """It may be done once others consent."""
    REFUSES = "refuses"
    SILENT = "silent"


class Reason(Enum):
    """Why a link says so; `bot.ui` has the words."""

    UNDECLARED = "undeclared"
    FOR_ANYONE = "for anyone"
    BOT = "bot"
    DISCORD_ALLOWS = "discord allows"
    DISCORD_REFUSES = "discord refuses"
    OWNER = "owner"
    MANAGES_GUILD = "manages guild"
    ADMIN_ROLE = "admin role"
    NOT_ADMIN = "not admin"
    GRANT = "grant"
    DENIAL = "denial"
    NO_GRANT = "no grant"
    SEES_ONE = "sees one"
    SEES_NONE = "sees none"
    NO_SERVER = "no server"
    LINKED_KEY = "linked key"
    LINE_ALLOWED = "line allowed"
    LINE_FORBIDDEN = "line forbidden"
    LINE_NOT_LISTED = "line not listed"
    LINE_UNREADABLE = "line unreadable"
    LINES_LIMITED = "lines limited"
    POLICY = "policy"
    POLICY_SIGHT = "policy sight"
    NO_RECIPE = "no recipe"
    RECIPE_ASKS = "recipe asks"
    SECOND_PERSON = "second person"
    KEY_HAS = "key has"
    KEY_LACKS = "key lacks"
    STATE_FREE = "state free"
    STATE_BLOCKS = "state blocks"


class Link(Struct, frozen=True):
    """One link of the chain, with what it rests on."""

    part: Part
    verdict: Verdict
    reason: Reason
    rule: Rule | None = None
    """The guild's rule that allowed or refused: which, by whom, since when."""
    policy: PolicyRule | None = None
    """The guild's policy that lets the member ask."""
    console: ConsoleRule | None = None
    """The console rule that did, where a line was judged."""
    word: str = ""
    """The command of the line that decided."""
    permission: CommandPermission | None = None
    """What Discord's own settings say."""


class Allow(Struct, frozen=True):
    """It may be done."""

    chain: tuple[Link, ...]


class Ask(Struct, frozen=True):
    """It may be done once others consent."""

    consent: Consent
    chain: tuple[Link, ...]


class Refuse(Struct, frozen=True):
    """It may not be done; `chain[-1]` is the link that refused."""

    chain: tuple[Link, ...]

    @property
    def because(self) -> Link:
        """The link whose change would turn the decision."""
        return self.chain[-1]


Decision = Allow | Ask | Refuse


def decide(facts: Facts) -> Decision:
    """Say whether the actor may, link by link; the first refusal ends the chain."""
    chain: list[Link] = []
    consent: Consent | None = None
    for look in (_declared, _discord, _guild, _link, _console, _policy, _key, _state):
        link = look(facts)
        if link is None:
            continue
        chain.append(link)
        if link.verdict is Verdict.REFUSES:
            return Refuse(tuple(chain))
        if link.verdict is Verdict.ASKS:
            consent = _consent_of(link)
    return Ask(consent, tuple(chain)) if consent else Allow(tuple(chain))


def beyond(facts: Facts) -> tuple[Link, ...]:
    """What comes behind the link that refused, as far as it doesn't hang on that one.

    An explanation shows it, so that nobody mends one thing to find the next.
    """
    decision = decide(facts)
    if not isinstance(decision, Refuse):
        return ()
    refused, denial = decision.because.part, decision.because.rule
    if denial is not None:
        facts = structs.replace(facts, rules=tuple(one for one in facts.rules if one is not denial))
        again = _guild(facts)
        if again is not None and again.verdict is Verdict.REFUSES:
            return (again, *beyond(facts))
    if refused is Part.DISCORD:
        open_facts = structs.replace(facts, command_permission=None)
        rest = (*decide(open_facts).chain, *beyond(open_facts))
        return tuple(link for link in rest if link.part is not Part.DECLARED)
    looks = {
        Part.GUILD: (_console, _key, _state),
        Part.CONSOLE: (_key, _state),
        Part.KEY: (_state,),
    }
    found = (look(facts) for look in looks.get(refused, ()))
    return tuple(link for link in found if link is not None)


def by_own_key(decision: Decision) -> bool:
    """Whether it is the member's own panel key that allows it, so that it has to be used."""
    return any(link.part is Part.LINK for link in decision.chain)


def by_policy(decision: Decision) -> PolicyRule | None:
    """The policy without which it would not be allowed; its conditions have to be looked at."""
    return next(
        (link.policy for link in decision.chain if link.reason is Reason.POLICY and link.policy),
        None,
    )


def may_by_themselves(decision: Decision) -> bool:
    """Whether the member holds the right, rather than being let ask: who may agree for others."""
    if isinstance(decision, Refuse):
        return False
    return all(link.reason not in _LET for link in decision.chain)


def is_agreed(decision: Decision, agreed: Agreed | None) -> bool:
    """Whether nothing is left to ask: the consent that the decision takes was given."""
    if isinstance(decision, Ask):
        return agreed is not None and agreed.consent is decision.consent
    if isinstance(decision, Allow):
        return by_policy(decision) is None or agreed is not None
    return False


def may_ask(policy: PolicyRule, actor: Actor) -> bool:
    """Whether a policy speaks of this member."""
    role_id = policy.terms.role_id
    return role_id is None or role_id in actor.role_ids


_LET: Final = frozenset({Reason.POLICY, Reason.POLICY_SIGHT, Reason.RECIPE_ASKS})


def holds(rules: tuple[Rule, ...], right: str, target: Target, facts: Facts) -> Rule | None:
    """The rule that speaks for `right` on the server: a denial before any grant."""
    found: Rule | None = None
    for rule in rules:
        scope = rule.scope_id
        if scope is not None and scope != target.id and scope not in target.group_ids:
            continue
        if rule.expires_at is not None and rule.expires_at <= facts.now:
            continue
        if covers(rule.right, right):
            if rule.denies:
                return rule
            found = found or rule
        elif right == SEE and not rule.denies:
            found = found or rule  # any right on a server comes with the sight of it
    return found


def _declared(facts: Facts) -> Link | None:
    if facts.action.right is None:
        return Link(Part.DECLARED, Verdict.REFUSES, Reason.UNDECLARED)
    if facts.actor.is_bot:
        return Link(Part.DECLARED, Verdict.REFUSES, Reason.BOT)
    if facts.action.right == RECIPE or (facts.recipe is not None and not facts.recipe.is_here):
        return Link(Part.DECLARED, Verdict.REFUSES, Reason.NO_RECIPE)
    if facts.action.right == ANYONE:
        return Link(Part.DECLARED, Verdict.ALLOWS, Reason.FOR_ANYONE)
    return None


def _discord(facts: Facts) -> Link | None:
    said = facts.command_permission
    if said is None:
        return None
    if said.allowed or facts.actor.owns_guild:
        return Link(Part.DISCORD, Verdict.ALLOWS, Reason.DISCORD_ALLOWS, permission=said)
    return Link(Part.DISCORD, Verdict.REFUSES, Reason.DISCORD_REFUSES, permission=said)


def _guild(facts: Facts) -> Link | None:
    right, actor = facts.action.right, facts.actor
    if right is None or right == ANYONE:
        return None
    if actor.owns_guild:
        link = Link(Part.GUILD, Verdict.ALLOWS, Reason.OWNER)
    elif actor.manages_guild:
        link = Link(Part.GUILD, Verdict.ALLOWS, Reason.MANAGES_GUILD)
    elif right == ADMIN:
        link = _by_admin_role(facts)
    elif right == SEES_ONE:
        link = _by_sight(facts)
    elif facts.target is None:
        return Link(Part.GUILD, Verdict.REFUSES, Reason.NO_SERVER)
    else:
        link = _by_rules(facts, right, facts.target)
    needs_server = right not in (ADMIN, SEES_ONE) or facts.action.on_server
    if link.verdict is Verdict.ALLOWS and needs_server and facts.target is None:
        return Link(Part.GUILD, Verdict.REFUSES, Reason.NO_SERVER)
    return link


def _by_admin_role(facts: Facts) -> Link:
    if facts.admin_role_id is not None and facts.admin_role_id in facts.actor.role_ids:
        return Link(Part.GUILD, Verdict.ALLOWS, Reason.ADMIN_ROLE)
    return Link(Part.GUILD, Verdict.REFUSES, Reason.NOT_ADMIN)


def _by_sight(facts: Facts) -> Link:
    if facts.sees_any:
        return Link(Part.GUILD, Verdict.ALLOWS, Reason.SEES_ONE)
    return Link(Part.GUILD, Verdict.REFUSES, Reason.SEES_NONE)


def _by_rules(facts: Facts, right: str, target: Target) -> Link:
    rule = holds(facts.rules, right, target, facts)
    if rule is None:
        is_open = _own_key_has(facts, right) or _policy_speaks(facts)
        verdict = Verdict.SILENT if is_open else Verdict.REFUSES
        return Link(Part.GUILD, verdict, Reason.NO_GRANT)
    if rule.denies:
        return Link(Part.GUILD, Verdict.REFUSES, Reason.DENIAL, rule)
    return Link(Part.GUILD, Verdict.ALLOWS, Reason.GRANT, rule)


def _own_key_has(facts: Facts, right: str) -> bool:
    if facts.linked is None or recipe_of(right):
        return False  # a recipe is the guild's; the own key has the console itself
    rights = facts.linked.rights
    return bool(rights) if right == SEE else any_covers(rights, right)


def _link(facts: Facts) -> Link | None:
    """The member's own key, where the guild's rules or the connected key don't suffice."""
    right, target = facts.action.right, facts.target
    if right is None or target is None or right in (ADMIN, ANYONE, SEES_ONE):
        return None
    if not _own_key_has(facts, right):
        return None
    guild = _guild(facts)
    is_granted = guild is not None and guild.verdict is Verdict.ALLOWS
    if is_granted and (right == SEE or any_covers(target.key_rights, right)):
        return None
    return Link(Part.LINK, Verdict.ALLOWS, Reason.LINKED_KEY)


def _policy_speaks(facts: Facts) -> bool:
    """Whether the guild's policy gives what no rule does."""
    if facts.action.right == SEE:
        return facts.asks
    if facts.recipe is not None:
        return facts.recipe.may_ask
    policy = facts.policy
    return (
        policy is not None
        and POLICY_ACTIONS.get(facts.action.name) == policy.action
        and may_ask(policy, facts.actor)
    )


def _policy(facts: Facts) -> Link | None:
    """What the community may ask for without a grant, and what takes two who are granted it."""
    right, target = facts.action.right, facts.target
    is_recipe = facts.recipe is not None
    if facts.policy is None and not (facts.asks or facts.two_person or is_recipe):
        return None
    if right is None or target is None or right in (ADMIN, ANYONE, SEES_ONE):
        return None
    guild = _guild(facts)
    is_granted = guild is not None and guild.verdict is Verdict.ALLOWS
    if is_granted or _link(facts) is not None:
        if class_of(facts.action.name, right) in facts.two_person:
            return Link(Part.POLICY, Verdict.ASKS, Reason.SECOND_PERSON)
        return None
    if right == SEE:
        return Link(Part.POLICY, Verdict.ALLOWS, Reason.POLICY_SIGHT)
    if facts.recipe is not None:
        return Link(Part.POLICY, Verdict.ASKS, Reason.RECIPE_ASKS)
    policy = facts.policy
    if policy is None:
        return None
    verdict = Verdict.ALLOWS if policy.terms.how == "at once" else Verdict.ASKS
    return Link(Part.POLICY, verdict, Reason.POLICY, policy=policy)


def _consent_of(link: Link) -> Consent:
    if link.reason is Reason.RECIPE_ASKS:
        return Consent.APPROVAL
    if link.policy is None:
        return Consent.SECOND_PERSON
    return Consent.VOTE if link.policy.terms.how == "vote" else Consent.APPROVAL


def _console(facts: Facts) -> Link | None:
    """What the guild lets be typed into a console; it holds for a member's own key too."""
    if facts.target is None or not facts.console_rules:
        return None
    sender = sender_of(facts.actor)
    if facts.line is None:
        limits = limiting(facts.console_rules, sender) if facts.action.sends_lines else None
        if limits is None:
            return None
        return Link(Part.CONSOLE, Verdict.SILENT, Reason.LINES_LIMITED, console=limits)
    is_recipe = facts.recipe is not None
    said = may_send(facts.console_rules, facts.line, sender, facts.game, is_recipe=is_recipe)
    return _line_link(said)


def sender_of(actor: Actor) -> Sender:
    """A member as console rules look at them."""
    return Sender(actor.role_ids, actor.owns_guild or actor.manages_guild)


def _line_link(said: Judgement) -> Link | None:
    if said.because in _SILENT_LINES:
        return None
    verdict = Verdict.ALLOWS if said.is_allowed else Verdict.REFUSES
    reason = _LINE_REASONS[said.because]
    return Link(Part.CONSOLE, verdict, reason, console=said.rule, word=said.command)


_SILENT_LINES: Final = frozenset({Because.NO_RULE, Because.HOLDS_EVERYTHING})
_LINE_REASONS: Final = {
    Because.LISTED: Reason.LINE_ALLOWED,
    Because.FORBIDDEN: Reason.LINE_FORBIDDEN,
    Because.NOT_LISTED: Reason.LINE_NOT_LISTED,
    Because.UNREADABLE: Reason.LINE_UNREADABLE,
}


def _key(facts: Facts) -> Link | None:
    right, target = facts.action.right, facts.target
    if right is None or target is None or right in (ADMIN, ANYONE, SEES_ONE, SEE):
        return None
    if _link(facts) is not None:
        return None  # the connected key isn't used then
    if any_covers(target.key_rights, on_panel(right)):
        return Link(Part.KEY, Verdict.ALLOWS, Reason.KEY_HAS)
    return Link(Part.KEY, Verdict.REFUSES, Reason.KEY_LACKS)


def _state(facts: Facts) -> Link | None:
    if facts.target is None or not facts.looked_at_condition or facts.action.right == SEE:
        return None
    if facts.condition is None:
        return Link(Part.STATE, Verdict.ALLOWS, Reason.STATE_FREE)
    return Link(Part.STATE, Verdict.REFUSES, Reason.STATE_BLOCKS)
