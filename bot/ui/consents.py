"""How a vote, an approval and the question to a second person look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import discord
from msgspec import Struct

from bot.access.consent import Consent
from bot.access.rights import ADMIN
from bot.access.tally import Tally
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.explain import right_name
from bot.ui.parts import Colour, Control, button, card, danger
from bot.ui.text import bold, moment, quoted

BAR: Final = 12
ASKERS_SHOWN: Final = 5


class Request(Struct, frozen=True, kw_only=True):
    """A request as it is shown."""

    id: str
    consent: Consent
    what: str
    """What is asked for: "restart **Survival**"."""
    actor: str
    """The asker's name, foreign text."""
    reason: str = ""
    right: str = ""
    voters: str = ""
    """Who votes, in words."""
    ends_at: datetime
    channel_id: int = 0
    also: Sequence[int] = ()


def request_card(request: Request, tally: Tally) -> Message:
    """The public message while it is open."""
    match request.consent:
        case Consent.VOTE:
            return _vote(request, tally)
        case Consent.APPROVAL:
            return _approval(request)
    return _second_person(request)


def ended_card(request: Request, tally: Tally, said: str, *, is_good: bool) -> Message:
    """The same message once it is over: what was asked, how it ended, nothing to press."""
    lines = [_headings(request)[request.consent], _asks(request)]
    if request.consent is Consent.VOTE:
        lines.append(_stand(tally))
    return card("\n".join(lines), said, colour=Colour.GREEN if is_good else Colour.GREY)


def asked_words(request: Request) -> str:
    """What the asker is told privately."""
    until = moment(request.ends_at, "t")
    return {
        Consent.VOTE: _(
            "The vote stands in this channel, open until {time}. Your own voice is counted where "
            "you may vote.",
            time=until,
        ),
        Consent.APPROVAL: _(
            "I asked in this channel. Once somebody with the right agrees, it happens; the "
            "question ends at {time}.",
            time=until,
        ),
        Consent.SECOND_PERSON: _(
            "In this guild that takes two. I asked in this channel; once a second member with the "
            "right agrees, it happens. The question ends at {time}.",
            time=until,
        )
        if request.right != ADMIN
        else _(
            "That takes two. I asked in this channel; once a second member with *Manage Server* "
            "agrees, it happens. The question ends at {time}.",
            time=until,
        ),
    }[request.consent]


def _vote(request: Request, tally: Tally) -> Message:
    rule = _n(
        "{count} vote for it carries it, as many against end it.",
        "{count} votes for it carry it, as many against end it.",
        tally.needed,
    )
    quiet = f"-# {request.voters} {rule} " + _("You may change yours until {time}.",
                                               time=moment(request.ends_at, "t"))  # fmt: skip
    rows: list[list[Control]] = [
        [
            button(
                "consent-for",
                request.id,
                label=_("For it"),
                style=discord.ButtonStyle.success,
            ),
            button("consent-against", request.id, label=_("Against")),
            button("consent-withdraw", request.id, label=_("Withdraw")),
        ]
    ]
    head = f"{_headings(request)[Consent.VOTE]}\n{_asks(request)}\n{_stand(tally)}"
    return card(head, quiet, colour=Colour.BLUE, rows=rows)


def _approval(request: Request) -> Message:
    rows: list[list[Control]] = [
        [
            button("consent-against", request.id, label=_("Decline")),
            button(
                "consent-for", request.id, label=_("Approve"), style=discord.ButtonStyle.success
            ),
            button("consent-withdraw", request.id, label=_("Withdraw")),
        ]
    ]
    who = _(
        "Somebody with the right *{right}* decides. Open until {time}.",
        right=right_name(request.right),
        time=moment(request.ends_at, "t"),
    )
    head = f"{_headings(request)[Consent.APPROVAL]}\n{_asks(request)}"
    return card(head, f"-# {who}", colour=Colour.BLUE, rows=rows)


def _second_person(request: Request) -> Message:
    rows: list[list[Control]] = [
        [
            button("consent-against", request.id, label=_("Decline")),
            danger("consent-for", request.id, label=_("Agree")),
            button("consent-withdraw", request.id, label=_("Withdraw")),
        ]
    ]
    until = moment(request.ends_at, "t")
    if request.right == ADMIN:
        who = _(
            "It takes two: somebody else with *Manage Server* has to agree until {time}.",
            time=until,
        )
    else:
        who = _(
            "It takes two: somebody else with the right *{right}* has to agree until {time}.",
            right=right_name(request.right),
            time=until,
        )
    head = f"{_headings(request)[Consent.SECOND_PERSON]}\n{_asks(request)}"
    return card(head, f"-# {who}", colour=Colour.RED, rows=rows)


def _headings(request: Request) -> dict[Consent, str]:
    return {
        Consent.VOTE: "### " + _("Vote: {what}?", what=request.what),
        Consent.APPROVAL: "### " + _("Approve: {what}?", what=request.what),
        Consent.SECOND_PERSON: "### " + _("A second yes: {what}?", what=request.what),
    }


def _asks(request: Request) -> str:
    if request.reason:
        said = _("{who} asks: {why}", who=bold(request.actor), why=quoted(request.reason))
    else:
        said = _("{who} asks.", who=bold(request.actor))
    if request.also:
        shown = ", ".join(f"<@{one}>" for one in request.also[:ASKERS_SHOWN])
        said += "\n" + _("Asked for it too: {members}", members=shown)
    return said


def _stand(tally: Tally) -> str:
    filled = min(BAR, round(BAR * tally.votes_for / max(tally.needed, 1)))
    bar = "▰" * filled + "▱" * (BAR - filled)
    said = f"{bar}\n" + _(
        "**{votes} of {needed}** for it, {against} against",
        votes=tally.votes_for,
        needed=tally.needed,
        against=tally.against,
    )
    if tally.changes:
        said += "\n-# " + _n(
            "{count} vote was changed", "{count} votes were changed", tally.changes
        )
    if tally.dropped:
        said += "\n-# " + _n(
            "{count} vote no longer counts: its member left or lost the role",
            "{count} votes no longer count: their members left or lost the role",
            tally.dropped,
        )
    if tally.away:
        said += "\n-# " + _n(
            "{count} vote isn't counted: its member isn't in the voice channel now",
            "{count} votes aren't counted: their members aren't in the voice channel now",
            tally.away,
        )
    return said
