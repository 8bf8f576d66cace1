"""A decision in words: the short form under a refusal, and the whole chain of /why."""

from collections.abc import Sequence
from typing import Final

from bot.access.conditions import Met
from bot.access.consent import Consent
from bot.access.console_rules import ConsoleRule, Judgement
from bot.access.decision import Ask, Decision, Link, Part, Reason, Refuse, Verdict
from bot.access.facts import Action, CommandPermission
from bot.access.rights import ADMIN, on_panel, recipe_of
from bot.access.rules import Rule
from bot.fleet.directory import Server
from bot.store.guilds import GuildSettings
from bot.texts import _, _n
from bot.ui.policy_words import condition_words, policy_sentence
from bot.ui.text import bold, code, moment, name

_MARKS = {Verdict.ALLOWS: "✅", Verdict.ASKS: "🤝", Verdict.REFUSES: "⛔", Verdict.SILENT: "▫️"}
COMMANDS_SHOWN: Final = 12


def right_name(right: str) -> str:
    """A right as people say it; the panel's key for the rarer ones."""
    said = {
        "websocket.connect": _("see the server"),
        "control.start": _("start"),
        "control.stop": _("stop"),
        "control.restart": _("restart"),
        "control.console": _("console"),
        ADMIN: _("administer Roost"),
    }
    recipe = recipe_of(right)
    return _("recipe {name}", name=recipe) if recipe else said.get(right, right)


def command_name(action: Action) -> str:
    """The command as people type it; of a recipe, with its name."""
    recipe = recipe_of(action.right)
    return f"{action.name} {recipe}" if recipe else action.name


def refusal(
    action: Action, decision: Refuse, target: Server | None, holders: tuple[int, ...]
) -> str:
    """Name the rule and the way: what it takes, and who has it here."""
    command = code(f"/{command_name(action)}")
    where = bold(target.name) if target else ""
    because = decision.because
    match because.reason:
        case Reason.NO_GRANT:
            said = _(
                "You can't use {command} on {server}. It takes the right *{right}*{holders}.",
                command=command,
                server=where,
                right=right_name(action.right or ""),
                holders=_holders(holders),
            )
        case Reason.DENIAL:
            said = _(
                "You can't use {command} on {server}: {rule}.",
                command=command,
                server=where,
                rule=rule_words(because.rule),
            )
        case Reason.KEY_LACKS:
            said = _(
                "You may, but the panel account that is connected here has no right "
                "{right} on {server}. Who runs the panel can give it that.",
                right=code(on_panel(action.right or "")),
                server=where,
            )
        case Reason.NOT_ADMIN:
            said = _(
                "{command} is for admins: it takes *Manage Server* or the guild's admin role.",
                command=command,
            )
        case Reason.LINE_FORBIDDEN | Reason.LINE_NOT_LISTED | Reason.LINE_UNREADABLE:
            said = f"{_line_words(because, where)}. " + _(
                "An admin changes the list with `/access console`."
            )
        case Reason.NO_RECIPE:
            said = _(
                "There is no such recipe for {server}. Pick one from the list of {command}.",
                server=where or _("any server"),
                command=command,
            )
        case Reason.SEES_NONE:
            said = _(
                "There is no server here that you may see yet. An admin opens them with "
                "`/access grant`."
            )
        case _:
            said = f"{_link_words(action, because, target)}."
    return said


def why(
    action: Action,
    decision: Decision,
    target: Server | None,
    who: str | None,
    *,
    beyond: Sequence[Link] = (),
    state: str = "",
    unread: bool = False,
    conditions: Sequence[Met] = (),
    settings: GuildSettings | None = None,
    days_too_new: int = 0,
) -> str:
    """The whole chain, and the one change that would turn it.

    Args:
        who: The member's name; None speaks to the one who asks.
        beyond: What stands behind the refusal.
        state: How the server is just now, in a sentence.
        unread: Whether Discord's own settings couldn't be read.
        conditions: Those of the policy, as they are just now.
        settings: The guild's, for what a policy says.
        days_too_new: Days of membership that a vote of theirs would lack; 0 = none.
    """
    lines = [_head(action, decision, target, who, is_now=all(one.is_met for one in conditions)), ""]
    if unread:
        lines.append("▫️ " + _("Discord's own settings can't be read just now, so not looked at"))
    lines += [
        f"{_MARKS[link.verdict]} {_link_words(action, link, target, settings)}"
        for link in (*decision.chain, *beyond)
    ]
    lines += [
        f"{_MARKS[Verdict.ALLOWS if one.is_met else Verdict.REFUSES]} "
        + condition_words(one, target.name if target else "")
        for one in conditions
    ]
    if days_too_new and isinstance(decision, Ask) and decision.consent is Consent.VOTE:
        lines.append(
            "▫️ "
            + _n(
                "A vote of who is a member for less than {count} day doesn't count here",
                "A vote of who is a member for less than {count} days doesn't count here",
                days_too_new,
            )
        )
    if state:
        lines.append(f"▫️ {state}")
    if isinstance(decision, Refuse):
        remedies = [
            _remedy(action, link)
            for link in (decision.because, *beyond)
            if link.verdict is Verdict.REFUSES
        ]
        lines += ["", _("What would change it: {remedy}", remedy=remedies[0])]
        lines += [_("And then: {remedy}", remedy=one) for one in remedies[1:]]
    return "\n".join(lines)


def _head(
    action: Action, decision: Decision, target: Server | None, who: str | None, *, is_now: bool
) -> str:
    """What comes of it, to the one who asks or about a member."""
    on = _(" on {server}", server=bold(target.name)) if target else ""
    values = {"command": code(f"/{command_name(action)}"), "on": on}
    if who is None:
        match decision:
            case Refuse():
                return _("You can't use {command}{on}.", **values)
            case _ if not is_now:
                return _("You may use {command}{on}, but not just now.", **values)
            case Ask():
                return _("You may use {command}{on} once others agree.", **values)
        return _("You may use {command}{on}.", **values)
    values["who"] = bold(who)
    match decision:
        case Refuse():
            return _("{who} can't use {command}{on}.", **values)
        case _ if not is_now:
            return _("{who} may use {command}{on}, but not just now.", **values)
        case Ask():
            return _("{who} may use {command}{on} once others agree.", **values)
    return _("{who} may use {command}{on}.", **values)


def _link_words(
    action: Action, link: Link, target: Server | None, settings: GuildSettings | None = None
) -> str:
    where = bold(target.name) if target else _("the server")
    right, key_right = right_name(action.right or ""), on_panel(action.right or "")
    words = {
        Reason.UNDECLARED: _("The command declares no right, so nobody may use it"),
        Reason.BOT: _("Bots may not act here"),
        Reason.FOR_ANYONE: _("Everybody may use it"),
        Reason.DISCORD_ALLOWS: _discord_words(link.permission),
        Reason.DISCORD_REFUSES: _discord_words(link.permission),
        Reason.OWNER: _("Owner of this Discord server: holds every right"),
        Reason.MANAGES_GUILD: _("Has *Manage Server*: holds every right"),
        Reason.ADMIN_ROLE: _("Has the guild's admin role"),
        Reason.NOT_ADMIN: _("Has neither *Manage Server* nor the guild's admin role"),
        Reason.GRANT: rule_words(link.rule),
        Reason.DENIAL: rule_words(link.rule),
        Reason.NO_GRANT: _(
            "No rule here gives the right *{right}* on {where}", right=right, where=where
        ),
        Reason.SEES_ONE: _("May see at least one server"),
        Reason.SEES_NONE: _("May see no server here yet"),
        Reason.NO_SERVER: _("It takes a server, and none is meant"),
        Reason.LINKED_KEY: _("The member's own panel key allows it"),
        Reason.POLICY: _policy_words(link, where, settings or GuildSettings()),
        Reason.POLICY_SIGHT: _("May ask for something on {where}, so they see it", where=where),
        Reason.NO_RECIPE: _("There is no such recipe for {where}", where=where),
        Reason.RECIPE_ASKS: _("The recipe may be asked for; somebody who holds it has to agree"),
        Reason.SECOND_PERSON: _("Two-person rule: a second member with the right has to agree"),
        Reason.LINE_ALLOWED: _line_words(link, where),
        Reason.LINE_FORBIDDEN: _line_words(link, where),
        Reason.LINE_NOT_LISTED: _line_words(link, where),
        Reason.LINE_UNREADABLE: _line_words(link, where),
        Reason.LINES_LIMITED: _line_words(link, where),
        Reason.KEY_HAS: _("The connected panel account has the right {key}", key=code(key_right)),
        Reason.KEY_LACKS: _(
            "The connected panel account lacks the right {key}", key=code(key_right)
        ),
        Reason.STATE_FREE: _("{where} is in a state that allows it", where=where),
        Reason.STATE_BLOCKS: _("{where} is in a state in which the panel refuses it", where=where),
    }
    return words[link.reason]


def _discord_words(said: CommandPermission | None) -> str:
    """Which line of Discord's own settings shows or hides the command."""
    target = said.target_id if said else None
    match (said.by, said.allowed) if said else ("default", True):
        case "administrator", _:
            return _("Discord shows the command: administrators see all of them")
        case "channel", _:
            return _(
                "Discord hides the command in {channel} (Integrations)", channel=f"<#{target}>"
            )
        case "member", True:
            return _("Discord shows the command to this member (Integrations)")
        case "member", False:
            return _("Discord hides the command from this member (Integrations)")
        case "role", True:
            return _("Discord shows the command to {role} (Integrations)", role=f"<@&{target}>")
        case "role", False:
            return _("Discord hides the command from {role} (Integrations)", role=f"<@&{target}>")
        case "everyone", True:
            return _("Discord shows the command to everyone (Integrations)")
        case "everyone", False:
            return _("Discord hides the command from everyone (Integrations)")
        case _, False:
            return _("Discord hides the command: it asks for a permission that is missing")
    return _("Discord shows the command; nothing is set against it")


def _line_words(link: Link, where: str) -> str:
    """What the guild's console rules say of a line, or of lines at all."""
    word, rule = code(link.word, 60), link.console
    match link.reason:
        case Reason.LINE_FORBIDDEN:
            return _(
                "{word} may not be sent to {server} from Discord: {rule}",
                word=word,
                server=where,
                rule=console_rule_words(rule, link.word),
            )
        case Reason.LINE_NOT_LISTED:
            return _(
                "{word} is not on the list of what may be sent to {server} from Discord: {rule}",
                word=word,
                server=where,
                rule=console_rule_words(rule),
            )
        case Reason.LINE_UNREADABLE:
            return _(
                "I can't tell which command {word} would run on {server}, and console rules hold "
                "there. Write it with `run`",
                word=word,
                server=where,
            )
        case Reason.LINE_ALLOWED:
            return _("The line is on a list: {rule}", rule=console_rule_words(rule))
    return _(
        "Not every line may be sent to {server}: {rule}",
        server=where,
        rule=console_rule_words(rule),
    )


def judgement_words(said: Judgement, line: str) -> str:
    """What a line that is only tried would meet."""
    if said.is_allowed:
        mark, words = "✅", _("{line} may be sent.", line=code(line, 80))
    else:
        mark, words = "⛔", _("{line} is refused.", line=code(line, 80))
    if said.rule is not None:
        words += f"\n-# {console_rule_words(said.rule)}"
    return f"{mark} {words}"


def console_rule_words(rule: ConsoleRule | None, word: str = "") -> str:
    """A console rule in a sentence: for whom, what, by whom, since when.

    With a command of a line as `word`, only what the rule says of that one.
    """
    if rule is None:
        return _("A rule of this guild speaks of it")
    values = {
        "subject": f"<@&{rule.role_id}>" if rule.role_id is not None else _("everyone"),
        "commands": commands_shown(_about(rule.commands, word) or rule.commands),
        "by": f"<@{rule.made_by}>",
        "since": moment(rule.made_at, "d"),
    }
    if rule.denies:
        return _("forbidden for {subject}: {commands} (by {by}, since {since})", **values)
    return _("allowed for {subject}: {commands} (by {by}, since {since})", **values)


def _about(commands: Sequence[str], word: str) -> list[str]:
    first = word.partition(" ")[0].rpartition(":")[2]
    return [one for one in commands if first and one.partition(" ")[0].rstrip("*") in (first, "")]


def commands_shown(commands: Sequence[str], most: int = COMMANDS_SHOWN) -> str:
    """Commands of a list, the first of many."""
    shown = ", ".join(code(one, 40) for one in commands[:most])
    more = len(commands) - most
    return shown + (" " + _n("and {count} more", "and {count} more", more) if more > 0 else "")


def _remedy(action: Action, because: Link) -> str:
    match because.part, because.reason:
        case _, Reason.DENIAL:
            return _("an admin takes that rule back with `/access revoke`.")
        case _, Reason.NOT_ADMIN:
            return _("*Manage Server* in Discord, or the guild's admin role.")
        case _, Reason.SEES_NONE:
            return _("an admin grants a right on one of the servers with `/access grant`.")
        case _, Reason.NO_RECIPE:
            return _("an admin makes one with `/access console`, or another one is picked.")
        case _, Reason.NO_SERVER:
            return _("name a server that you may see.")
        case Part.GUILD, _:
            right = code(action.right or "")
            return _("an admin grants {right} with `/access grant`.", right=right)
        case Part.CONSOLE, _:
            return _("an admin changes the lists with `/access console`, or makes a recipe of it.")
        case Part.KEY, _:
            return _("who runs the panel gives the connected account that right there.")
        case Part.STATE, _:
            return _("wait until the server is back in its normal state.")
        case Part.DISCORD, _:
            return _("an admin opens it in Server Settings → Integrations → Roost.")
    return _("nothing that an admin could set.")


def _policy_words(link: Link, where: str, settings: GuildSettings) -> str:
    """The guild's policy in its sentence: by whom, since when."""
    policy = link.policy
    if policy is None:
        return _("The guild's policy lets members ask for it")
    return _(
        "Policy: {sentence} (by {by}, since {since})",
        sentence=policy_sentence(policy.action, policy.terms, where, settings),
        by=f"<@{policy.changed_by}>",
        since=moment(policy.changed_at, "d"),
    )


def rule_words(rule: Rule | None) -> str:
    """A rule in a sentence: whom, what, by whom, since and until when, why."""
    if rule is None:
        return _("A rule of this guild speaks of it")
    subject = subject_name(rule.kind, rule.subject_id)
    by = f"<@{rule.made_by}>"
    since = moment(rule.made_at, "d")
    values = {"subject": subject, "right": code(rule.right), "by": by, "since": since}
    if rule.denies:
        said = _("{subject} is denied {right} (by {by}, since {since}", **values)
    else:
        said = _("{subject} has {right} (by {by}, since {since}", **values)
    if rule.expires_at is not None:
        said += _(", until {time}", time=moment(rule.expires_at, "f"))
    if rule.reason:
        said += f": *{name(rule.reason, 80)}*"
    return f"{said})"


def subject_name(kind: str, subject_id: int) -> str:
    """Whom a rule is about, as a mention that pings nobody here."""
    if kind == "everyone":
        return _("everyone")
    return f"<@&{subject_id}>" if kind == "role" else f"<@{subject_id}>"


def _holders(role_ids: tuple[int, ...]) -> str:
    if not role_ids:
        return _(", which no role here has yet")
    roles = ", ".join(f"<@&{role_id}>" for role_id in role_ids[:3])
    return _(", which {roles} has here", roles=roles)
