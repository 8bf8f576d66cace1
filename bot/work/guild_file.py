"""A guild's settings as a file without secrets: what it holds, and reading it strictly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import DecodeError, Meta, Struct, ValidationError, json

from bot.access.console_ruling import COMMAND_CHARACTERS, COMMANDS_AT_MOST
from bot.access.recipes import TEMPLATE_CHARACTERS, places_of
from bot.access.rights import RECIPE_NAME, RIGHTS, is_right
from bot.fleet.players import GAMES, NOT_ASKED, read_address
from bot.store.bindings import BindingRow
from bot.store.console_rules import ConsoleRuleRow
from bot.store.guilds import GuildSettings
from bot.store.panels import PanelRow
from bot.store.policies import How, PolicyAction, PolicyRule, QuorumOf
from bot.store.recipes import RecipeRow
from bot.store.rules import Effect, RuleRow, SubjectKind
from bot.store.servers import ServerRow
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.policies import (
    IDLE_AT_LEAST,
    PAUSE_AT_MOST,
    QUORUM_AT_MOST,
    QUOTA_AT_MOST,
    WINDOW_AT_MOST,
)
from bot.ui.settings.carried import written_settings
from bot.ui.text import code
from bot.work.file_things import Name, Names, Thing, Uuid, thing
from bot.work.posted_file import (
    AlertPart,
    BoardPart,
    MirrorPart,
    Parts,
    Posted,
    check_posted,
    posted_parts,
)

MOST_BYTES: Final = 256 * 1024
GROUPS_AT_MOST: Final = 20

GroupName = Annotated[str, Meta(max_length=40)]
Minutes = Annotated[int, Meta(ge=0, le=PAUSE_AT_MOST)]
TimeOfDay = Annotated[int, Meta(ge=0, lt=WINDOW_AT_MOST)]


class PanelPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A connected panel; its key is not in the file."""

    name: Name
    url: Annotated[str, Meta(max_length=300)]


class ServerPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server, to be recognised by people."""

    uuid: Uuid
    name: Annotated[str, Meta(max_length=200)]


class GroupPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of servers, by its name."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    servers: Annotated[tuple[Uuid, ...], Meta(max_length=1000)] = ()


class BindingPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel that stands for a server."""

    channel: Thing
    server: Uuid


class RulePart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant or denial; without server and group it holds on all servers."""

    kind: SubjectKind
    subject: Thing
    right: Annotated[str, Meta(max_length=60)]
    effect: Effect
    server: Uuid | None = None
    group: Annotated[str, Meta(max_length=40)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class ConsolePart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of console commands; without a role it is for everyone."""

    effect: Effect
    commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=COMMAND_CHARACTERS)], ...],
        Meta(min_length=1, max_length=COMMANDS_AT_MOST),
    ]
    role: Thing | None = None
    server: Uuid | None = None
    group: Annotated[str, Meta(max_length=40)] | None = None


class RecipePart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipe of /do; who may run it stands among the rules."""

    name: Annotated[str, Meta(pattern=rf"^{RECIPE_NAME.pattern}$")]
    template: Annotated[str, Meta(max_length=TEMPLATE_CHARACTERS)]
    by_approval: bool = False
    shows_answer: bool = False
    is_public: bool = False
    server: Uuid | None = None
    group: Annotated[str, Meta(max_length=40)] | None = None


class PolicyPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What members may ask for; the other fields are those of `Terms`."""

    action: PolicyAction
    server: Uuid | None = None
    group: GroupName | None = None
    role: Thing | None = None
    """Who may ask."""
    voters: Thing | None = None
    voice: Thing | None = None
    how: How = "at once"
    quorum_of: QuorumOf = "number"
    quorum: Annotated[int, Meta(ge=1, le=QUORUM_AT_MOST)] = 3
    window_minutes: Annotated[int, Meta(ge=1, le=WINDOW_AT_MOST)] = 10
    server_pause_minutes: Minutes = 0
    member_pause_minutes: Minutes = 0
    daily_quota: Annotated[int, Meta(ge=0, le=QUOTA_AT_MOST)] = 0
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    only_empty: bool = False
    only_down: bool = False
    only_unhealthy: bool = False
    not_in_backup: bool = False
    may_kill: bool = False
    idle_minutes: Annotated[int, Meta(ge=IDLE_AT_LEAST, le=WINDOW_AT_MOST)] = 30

    @property
    def is_sound(self) -> bool:
        """Whether the fields fit each other."""
        is_share = self.quorum_of != "number"
        has_both = (self.quiet_from is None) == (self.quiet_until is None)
        is_all_day = self.quiet_from is not None and self.quiet_from == self.quiet_until
        return has_both and not is_all_day and not (is_share and self.quorum > 100)


class QueryPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server's game is asked for its players, where guessing fails."""

    server: Uuid
    game: Annotated[str, Meta(pattern=rf"^({'|'.join((*GAMES, NOT_ASKED))})?$")] = ""
    address: Annotated[str, Meta(max_length=255)] = ""


class GuildFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything admins set up in a guild."""

    roost: Literal[1]
    """The version of this form."""
    guild: Name = ""
    exported_at: datetime | None = None
    settings: Annotated[dict[str, object], Meta(max_length=100)] = {}
    """What is set in `/config`, by name; what is left out stays as it is."""
    admin_role: Thing | None = None
    audit_channel: Thing | None = None
    panels: Annotated[tuple[PanelPart, ...], Meta(max_length=100)] = ()
    servers: Annotated[tuple[ServerPart, ...], Meta(max_length=2000)] = ()
    groups: Annotated[tuple[GroupPart, ...], Meta(max_length=GROUPS_AT_MOST)] = ()
    bindings: Annotated[tuple[BindingPart, ...], Meta(max_length=1000)] = ()
    rules: Annotated[tuple[RulePart, ...], Meta(max_length=5000)] = ()
    console: Annotated[tuple[ConsolePart, ...], Meta(max_length=100)] = ()
    recipes: Annotated[tuple[RecipePart, ...], Meta(max_length=100)] = ()
    policies: Annotated[tuple[PolicyPart, ...], Meta(max_length=2000)] = ()
    queries: Annotated[tuple[QueryPart, ...], Meta(max_length=2000)] = ()
    alerts: Annotated[tuple[AlertPart, ...], Meta(max_length=200)] = ()
    boards: Annotated[tuple[BoardPart, ...], Meta(max_length=200)] = ()
    mirrors: Annotated[tuple[MirrorPart, ...], Meta(max_length=200)] = ()

    @property
    def posted(self) -> Parts:
        """What is posted by itself."""
        return Parts(alerts=self.alerts, boards=self.boards, mirrors=self.mirrors)


class Stored(Struct, frozen=True, kw_only=True):
    """What there is of a guild now."""

    settings: GuildSettings
    admin_role_id: int | None
    panels: Sequence[PanelRow]
    servers: Sequence[ServerRow]
    bindings: Sequence[BindingRow]
    rules: Sequence[RuleRow]
    console: Sequence[ConsoleRuleRow]
    recipes: Sequence[RecipeRow]
    policies: Sequence[PolicyRule]
    posted: Posted


def written(stored: Stored, names: Names, now: datetime) -> bytes:
    """The file of a guild."""
    uuids = {server.id: server.uuid for server in stored.servers}
    groups = stored.settings.groups
    posted = posted_parts(stored.posted, names, uuids)
    file = GuildFile(
        roost=1,
        guild=names.guild,
        exported_at=now,
        settings=written_settings(stored.settings),
        admin_role=_thing(stored.admin_role_id, names.roles),
        audit_channel=_thing(stored.settings.audit_channel_id, names.channels),
        panels=tuple(PanelPart(name=one.name, url=one.url) for one in stored.panels),
        servers=tuple(ServerPart(uuid=one.uuid, name=one.name[:200]) for one in stored.servers),
        groups=tuple(
            GroupPart(
                name=group.name,
                servers=tuple(uuids[one] for one in group.server_ids if one in uuids),
            )
            for group in groups.values()
        ),
        bindings=tuple(
            BindingPart(
                channel=thing(one.channel_id, names.channels),
                server=uuids[one.server_id],
            )
            for one in stored.bindings
            if one.server_id in uuids
        ),
        rules=tuple(
            RulePart(
                kind=rule.subject_kind,
                subject=thing(rule.subject_id, names.roles),
                right=rule.right,
                effect=rule.effect,
                server=uuids[rule.scope_id] if rule.scope_kind == "server" else None,
                group=groups[rule.scope_id].name if rule.scope_kind == "group" else None,
                expires_at=rule.expires_at,
                reason=(rule.reason or "")[:200],
            )
            for rule in stored.rules
            if rule.scope_kind == "all" or rule.scope_id in uuids or rule.scope_id in groups
        ),
        console=tuple(
            ConsolePart(
                effect=rule.effect,
                commands=rule.commands,
                role=_thing(rule.role_id, names.roles),
                server=uuids[rule.scope_id] if rule.scope_kind == "server" else None,
                group=groups[rule.scope_id].name if rule.scope_kind == "group" else None,
            )
            for rule in stored.console
            if rule.scope_kind == "all" or rule.scope_id in uuids or rule.scope_id in groups
        ),
        recipes=tuple(
            RecipePart(
                name=one.name,
                template=one.template,
                by_approval=one.by_approval,
                shows_answer=one.shows_answer,
                is_public=one.is_public,
                server=uuids[one.scope_id] if one.scope_kind == "server" else None,
                group=groups[one.scope_id].name if one.scope_kind == "group" else None,
            )
            for one in stored.recipes
            if one.scope_kind == "all" or one.scope_id in uuids or one.scope_id in groups
        ),
        policies=tuple(
            _policy(one, names, uuids, stored.settings)
            for one in stored.policies
            if one.scope_kind == "all" or one.scope_id in uuids or one.scope_id in groups
        ),
        queries=tuple(
            QueryPart(server=uuids[key], game=place.game, address=place.address)
            for key, place in stored.settings.queries.items()
            if key in uuids
        ),
        alerts=posted.alerts,
        boards=posted.boards,
        mirrors=posted.mirrors,
    )
    return json.format(json.encode(file))


def read(content: bytes) -> GuildFile:
    """A file as it was exported.

    Raises:
        Unfit: It is none, or something in it can't be; says what and where.
        BrokenTemplate: A recipe of it can't be.
    """
    try:
        file = json.decode(content, type=GuildFile)
    except ValidationError as error:
        raise Unfit(
            _(
                "Something in that file can't be: {problem}. Nothing was changed.",
                problem=code(str(error), 200),
            )
        ) from None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise Unfit(
            _("That is no file of `/panel export`: it isn't JSON. Nothing was changed.")
        ) from None
    try:
        check_posted(file.posted)
    except Unfit as unfit:
        raise Unfit(f"{unfit} {_('Nothing was changed.')}") from None
    for recipe in file.recipes:
        places_of(recipe.template)
    for policy in file.policies:
        if not policy.is_sound:
            raise Unfit(
                _(
                    "A policy for {action} in that file contradicts itself: a share over 100 % or "
                    "quiet hours without end. Nothing was changed.",
                    action=code(policy.action),
                )
            )
    for query in file.queries:
        if query.address and read_address(query.address) is None:
            raise Unfit(
                _(
                    "{text} in that file is no address that can be asked. Nothing was changed.",
                    text=code(query.address, 60),
                )
            )
    for rule in file.rules:
        if not is_right(rule.right):
            raise Unfit(
                _(
                    "The file names a right {right} that there is none of; one is {example}. "
                    "Nothing was changed.",
                    right=code(rule.right, 60),
                    example=code(RIGHTS[1]),
                )
            )
    return file


def _policy(
    policy: PolicyRule, names: Names, uuids: Mapping[str, str], settings: GuildSettings
) -> PolicyPart:
    terms, scope = policy.terms, policy.scope_id
    named = {"role_id", "quorum_role_id", "quorum_channel_id"}
    plain = {one: getattr(terms, one) for one in terms.__struct_fields__ if one not in named}
    return PolicyPart(
        action=policy.action,
        server=uuids[scope] if policy.scope_kind == "server" else None,
        group=settings.groups[scope].name if policy.scope_kind == "group" else None,
        role=_thing(terms.role_id, names.roles),
        voters=_thing(terms.quorum_role_id, names.roles),
        voice=_thing(terms.quorum_channel_id, names.channels),
        **plain,
    )


def _thing(wanted: int | None, names: Mapping[int, str]) -> Thing | None:
    if wanted is None:
        return None
    return thing(wanted, names)
