"""A guild's policy in a plain sentence, and its conditions in words."""

from collections.abc import Callable

from bot.access.conditions import Met, Need, time_of_day
from bot.access.consent import kills_unasked
from bot.fleet.players import Why
from bot.store.guilds import GuildSettings
from bot.store.policies import PolicyAction, Terms
from bot.texts import _, _n
from bot.ui.players import blind_words
from bot.ui.text import bold, code, moment


def action_name(action: str) -> str:
    """An action of a policy as a verb."""
    return {
        "start": _("start"),
        "stop": _("stop"),
        "restart": _("restart"),
        "idle-stop": _("idle stop"),
    }.get(action, action)


def minutes_words(minutes: int) -> str:
    """A length of time as it was set: 10 min, 2 h, 1 h 30 min, 3 d."""
    if minutes % 1440 == 0 and minutes:
        return _("{count} d", count=minutes // 1440)
    if minutes % 60 == 0 and minutes:
        return _("{count} h", count=minutes // 60)
    if minutes < 60:
        return _("{count} min", count=minutes)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def policy_sentence(action: PolicyAction, terms: Terms, where: str, settings: GuildSettings) -> str:
    """The rule as one would say it.

    Args:
        action: What it lets members ask for.
        terms: Its fields.
        where: The server, group or all, in words.
        settings: The guild's: its time zone, for quiet hours, and what takes two members.
    """
    if action == "idle-stop":
        return _idle(terms, where, settings) + _hanging(terms, settings)
    said = _whole(action, terms, where)
    limits = [*_only(terms), *_limits(terms, settings.time_zone)]
    if limits:
        said += " " + _("{conditions}.", conditions=_joined(limits))
    return said if action == "start" else said + _hanging(terms, settings)


def _hanging(terms: Terms, settings: GuildSettings) -> str:
    """What happens to a server that doesn't stop, where the policy says something of it."""
    if not terms.may_kill:
        return ""
    if kills_unasked(may_kill=True, two_person=settings.two_person):
        return " " + _("A server that hangs is killed without asking.")
    return " " + _(
        "A server that hangs is killed only once two members agreed: the two-person rule for "
        "*kill* goes before this policy."
    )


def _whole(action: PolicyAction, terms: Terms, where: str) -> str:
    who = f"<@&{terms.role_id}>" if terms.role_id is not None else _("Anyone")
    values = {"who": who, "action": action_name(action), "where": where}
    if terms.how == "at once":
        return _("{who} may {action} {where} at once.", **values)
    window = minutes_words(terms.window_minutes)
    if terms.how == "approval":
        return _(
            "{who} may ask to {action} {where}; one member who may do it approves within {time}.",
            time=window,
            **values,
        )
    return _(
        "{who} may call a vote to {action} {where}: {quorum} within {time}.",
        quorum=quorum_words(terms),
        time=window,
        **values,
    )


def quorum_words(terms: Terms) -> str:
    """How many votes it takes."""
    if terms.quorum_of == "role":
        role = (
            f"<@&{terms.quorum_role_id}>" if terms.quorum_role_id else _("a role (not chosen yet)")
        )
        return _("{percent} % of {role}", percent=terms.quorum, role=role)
    if terms.quorum_of == "voice":
        channel = (
            f"<#{terms.quorum_channel_id}>"
            if terms.quorum_channel_id
            else _("a voice channel (not chosen yet)")
        )
        return _("{percent} % of those in {channel}", percent=terms.quorum, channel=channel)
    return _n("{count} vote", "{count} votes", terms.quorum)


def voters_words(terms: Terms | None) -> str:
    """Who votes, as a sentence under a vote."""
    if terms is None:
        return ""
    if terms.quorum_of == "voice":
        return _(
            "Those in {channel} vote; who leaves it doesn't count.",
            channel=f"<#{terms.quorum_channel_id}>",
        )
    role_id = terms.quorum_role_id if terms.quorum_of == "role" else terms.role_id
    if role_id is None:
        return _("Everyone here votes.")
    return _("{role} votes.", role=f"<@&{role_id}>")


def _idle(terms: Terms, where: str, settings: GuildSettings) -> str:
    said = _(
        "On {where}: a server stops by itself once nobody has been on it for {time}. Unknown never "
        "counts as empty, and it never stops during a backup or a plan.",
        where=where,
        time=minutes_words(terms.idle_minutes),
    )
    if terms.quiet_from is not None and terms.quiet_until is not None:
        said += " " + _("{conditions}.", conditions=_joined(_quiet(terms, settings.time_zone)))
    return said


def _only(terms: Terms) -> list[str]:
    found = []
    if terms.only_empty:
        found.append(_("only when nobody is on it"))
    if terms.only_down:
        found.append(_("only when it is offline"))
    if terms.only_unhealthy:
        found.append(_("only when it isn't well"))
    if terms.not_in_backup:
        found.append(_("not while a backup runs"))
    return found


def _limits(terms: Terms, zone: str) -> list[str]:
    found = _quiet(terms, zone)
    if terms.server_pause_minutes:
        found.append(_("once in {time}", time=minutes_words(terms.server_pause_minutes)))
    if terms.member_pause_minutes:
        found.append(
            _("each member once in {time}", time=minutes_words(terms.member_pause_minutes))
        )
    if terms.daily_quota:
        found.append(_n("{count} time a day", "{count} times a day", terms.daily_quota))
    return found


def _quiet(terms: Terms, zone: str) -> list[str]:
    if terms.quiet_from is None or terms.quiet_until is None:
        return []
    return [
        _(
            "not from {begin} to {end} ({zone})",
            begin=time_of_day(terms.quiet_from),
            end=time_of_day(terms.quiet_until),
            zone=zone or _("this guild's time zone"),
        )
    ]


def _joined(parts: list[str]) -> str:
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def unmet_words(met: Met, server: str) -> str:
    """Why not now, and when or how it would be.

    Args:
        met: The condition that doesn't hold.
        server: The server's name, bare.
    """
    style = "t" if met.need is Need.QUIET_HOURS else "R"
    where, until = bold(server), moment(met.until, style) if met.until else ""
    words: dict[Need, Callable[[], str]] = {
        Need.QUIET_HOURS: lambda: _("These are quiet hours here, until {time}.", time=until),
        Need.SERVER_PAUSE: lambda: _(
            "It was asked for a short while ago. Next time: {time}.", time=until
        ),
        Need.MEMBER_PAUSE: lambda: _(
            "You asked for something a short while ago. Next time: {time}.", time=until
        ),
        Need.QUOTA: lambda: _n(
            "It may be asked for {count} time a day, and that is used up. Next time: {time}.",
            "It may be asked for {count} times a day, and these are used up. Next time: {time}.",
            met.count,
            time=until,
        ),
        Need.EMPTY: lambda: (
            _n(
                "{count} player is on {server}, and it has to be empty.",
                "{count} players are on {server}, and it has to be empty.",
                met.count,
                server=where,
            )
            if met.is_known
            else _uncounted(met.uncounted, where)
        ),
        Need.DOWN: lambda: (
            _("{server} isn't offline, and it has to be.", server=where)
            if met.is_known
            else _("Nobody can say whether {server} is offline, and it has to be.", server=where)
        ),
        Need.UNHEALTHY: lambda: (
            _("{server} seems to be well, so it isn't needed.", server=where)
            if met.is_known
            else _("Nobody can say whether {server} is unwell, and it has to be.", server=where)
        ),
        Need.NO_BACKUP: lambda: (
            _("A backup of {server} is running. Wait for its end.", server=where)
            if met.is_known
            else _unread(where, may_be_read=met.may_be_read)
        ),
    }
    return words[met.need]()


def _uncounted(why: Why | None, where: str) -> str:
    said = _("Nobody can say whether {server} is empty, and it has to be.", server=where)
    return f"{said} {blind_words(why)}".strip()


def _unread(where: str, *, may_be_read: bool) -> str:
    said = _("Nobody can say whether a backup of {server} is running.", server=where)
    if may_be_read:
        return said
    return said + " " + _("The panel's key lacks {right} there.", right=code("backup.read"))


def condition_words(met: Met, server: str) -> str:
    """A condition in the chain of /why."""
    if not met.is_met:
        return unmet_words(met, server)
    return {
        Need.QUIET_HOURS: _("No quiet hours now"),
        Need.SERVER_PAUSE: _("The pause of the server is over"),
        Need.MEMBER_PAUSE: _("The pause of the member is over"),
        Need.QUOTA: _("Not used up today"),
        Need.EMPTY: _("Nobody is on it"),
        Need.DOWN: _("It is offline"),
        Need.UNHEALTHY: _("It isn't well"),
        Need.NO_BACKUP: _("No backup is running"),
    }[met.need]
