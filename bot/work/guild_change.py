"""What taking a guild's file over would set, and what of it can't be set here. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, structs

from bot.access.consent import covering
from bot.store.boards import BoardServer
from bot.store.console_rules import NewConsoleRule
from bot.store.guilds import GuildSettings, QueryPlace, ServerGroup
from bot.store.policies import PolicyAction, Terms
from bot.store.recipes import NewRecipe
from bot.store.rules import NewRule, ScopeKind
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings.carried import read_settings
from bot.ui.settings.community import class_names
from bot.ui.text import code
from bot.work.file_things import Names
from bot.work.guild_file import (
    GROUPS_AT_MOST,
    ConsolePart,
    GuildFile,
    PolicyPart,
    RecipePart,
    RulePart,
    Stored,
)
from bot.work.posted_file import PostedChange, PostedReader


class NewPolicy(Struct, frozen=True, kw_only=True):
    """A policy that is made, or takes the place of the one that stands in `version`."""

    scope_kind: ScopeKind
    scope_id: str
    action: PolicyAction
    terms: Terms
    version: int


class Change(Struct, frozen=True, kw_only=True):
    """What taking a file over would set, in words of ours and as rows."""

    settings: GuildSettings
    admin_role_id: int | None
    bindings: tuple[tuple[int, str], ...]
    rules: tuple[NewRule, ...]
    console: tuple[NewConsoleRule, ...]
    recipes: tuple[NewRecipe, ...]
    policies: tuple[NewPolicy, ...]
    posted: PostedChange
    new_groups: tuple[str, ...]
    missing: tuple[str, ...]
    """What is left out because it is not here, in words."""

    def is_nothing(self, stored: Stored) -> bool:
        """Whether all of it is so already."""
        return (
            self.settings == stored.settings
            and self.admin_role_id == stored.admin_role_id
            and not self.bindings
            and not (self.rules or self.console or self.recipes or self.policies)
            and self.posted.is_nothing
        )


class Taker(Struct, frozen=True, kw_only=True):
    """Who takes a file over, where and when."""

    guild_id: int
    member_id: int
    now: datetime
    reach: Mapping[int, bool]
    """Whether they may change a role's rules, by the role's id."""
    new_ids: Mapping[str, str]
    """Ids for groups that aren't there yet, by name."""


def change_of(file: GuildFile, stored: Stored, names: Names, taker: Taker) -> Change:
    """What taking the file over would set; what is there beside it stays.

    Raises:
        Unfit: The guild would have too many groups, or a setting can't be.
    """
    missing = _unknown(file, stored)
    groups, new_groups = _groups(file, stored, taker)
    admin_role_id, audit_channel_id = stored.admin_role_id, stored.settings.audit_channel_id
    if file.admin_role is not None:
        role_id = names.role(file.admin_role)
        if role_id is None or not taker.reach.get(role_id, False):
            missing.append(_("admin role {name}", name=code(file.admin_role.name, 40)))
        else:
            admin_role_id = role_id
    if file.audit_channel is not None:
        channel_id = names.channel(file.audit_channel)
        if channel_id is None:
            missing.append(_("channel {name}", name=code(file.audit_channel.name, 40)))
        else:
            audit_channel_id = channel_id
    bindings, unbound = _bindings(file, stored, names)
    rules, unruled = _rules(file, stored, names, groups, taker)
    console, unlisted = _console(file, stored, names, groups, taker)
    recipes = _recipes(file, stored, groups, taker)
    policies, unallowed = _policies(file, stored, names, groups, taker)
    reader = PostedReader(
        stored.posted,
        names,
        {one.uuid: BoardServer(one.id, one.name) for one in stored.servers},
        member_id=taker.member_id,
        reach=taker.reach,
    )
    posted = reader.change(file.posted)
    settings = read_settings(stored.settings, file.settings)
    off = set(stored.settings.two_person) - set(settings.two_person)
    if off:  # less of it takes a second member, whom a file doesn't ask
        names_of = class_names()
        missing += [
            _("{name} stays under the two-person rule: `/config` takes it off", name=names_of[one])
            for one in stored.settings.two_person
            if one in off
        ]
    covered = {*stored.settings.two_person, *settings.two_person}
    return Change(
        settings=structs.replace(
            settings,
            two_person=covering(covered),
            groups=groups,
            audit_channel_id=audit_channel_id,
            queries=_queries(file, stored),
        ),
        admin_role_id=admin_role_id,
        bindings=tuple(bindings),
        rules=tuple(rules),
        console=tuple(console),
        recipes=tuple(recipes),
        policies=tuple(policies),
        posted=posted,
        new_groups=new_groups,
        missing=tuple(
            dict.fromkeys([*missing, *unbound, *unruled, *unlisted, *unallowed, *posted.missing])
        ),
    )


def _unknown(file: GuildFile, stored: Stored) -> list[str]:
    """Servers and panels of the file that are not here."""
    uuids = {one.uuid for one in stored.servers}
    urls = {one.url for one in stored.panels}
    unknown = sorted({one.name for one in file.servers if one.uuid not in uuids})
    return [
        *(
            _("panel {name}: connect it with `/panel add`", name=code(one.name, 40))
            for one in file.panels
            if one.url not in urls
        ),
        *(_("server {name}", name=code(one, 40)) for one in unknown),
    ]


def _groups(
    file: GuildFile, stored: Stored, taker: Taker
) -> tuple[dict[str, ServerGroup], tuple[str, ...]]:
    servers = {one.uuid: one.id for one in stored.servers}
    groups = dict(stored.settings.groups)
    known = {group.name.casefold(): key for key, group in groups.items()}
    new = []
    for part in file.groups:
        key = known.get(part.name.casefold())
        if key is None:
            key = known[part.name.casefold()] = taker.new_ids[part.name]
            new.append(part.name)
        inside = tuple(servers[uuid] for uuid in part.servers if uuid in servers)
        groups[key] = ServerGroup(name=part.name, server_ids=inside)
    if len(groups) > GROUPS_AT_MOST:
        raise Unfit(_("A guild may have {count} groups.", count=GROUPS_AT_MOST))
    return groups, tuple(new)


def _bindings(
    file: GuildFile, stored: Stored, names: Names
) -> tuple[list[tuple[int, str]], list[str]]:
    servers = {one.uuid: one.id for one in stored.servers}
    bound = {one.channel_id: one.server_id for one in stored.bindings}
    found, missing = [], []
    for part in file.bindings:
        channel_id, server_id = names.channel(part.channel), servers.get(part.server)
        if channel_id is None:
            missing.append(_("channel {name}", name=code(part.channel.name, 40)))
        elif server_id is not None and bound.get(channel_id) != server_id:
            found.append((channel_id, server_id))
    return found, missing


def _rules(
    file: GuildFile,
    stored: Stored,
    names: Names,
    groups: Mapping[str, ServerGroup],
    taker: Taker,
) -> tuple[list[NewRule], list[str]]:
    servers = {one.uuid: one.id for one in stored.servers}
    group_ids = {group.name.casefold(): key for key, group in groups.items()}
    held = {_key(rule): (rule.expires_at, rule.reason or "") for rule in stored.rules}
    found, missing = [], []
    for part in file.rules:
        if part.expires_at is not None and part.expires_at <= taker.now:
            continue
        new = _rule(part, names, servers, group_ids, taker)
        if new is None:
            missing.append(_("a rule for {name}", name=code(part.subject.name or part.kind, 40)))
        elif new.subject_kind == "role" and not taker.reach.get(new.subject_id, False):
            role = f"<@&{new.subject_id}>"
            missing.append(_("rules of {role}, which stands above you", role=role))
        elif held.get(_key(new)) != (new.expires_at, new.reason or ""):
            found.append(new)
    return found, missing


def _rule(
    part: RulePart,
    names: Names,
    servers: Mapping[str, str],
    groups: Mapping[str, str],
    taker: Taker,
) -> NewRule | None:
    match part.kind:
        case "everyone":
            subject_id: int | None = taker.guild_id
        case "role":
            subject_id = names.role(part.subject)
        case "member":
            subject_id = int(part.subject.id)
    kind: ScopeKind = "all"
    scope_id: str | None = ""
    if part.server is not None:
        kind, scope_id = "server", servers.get(part.server)
    elif part.group is not None:
        kind, scope_id = "group", groups.get(part.group.casefold())
    if subject_id is None or scope_id is None:
        return None
    return NewRule(
        subject_kind=part.kind,
        subject_id=subject_id,
        right=part.right,
        scope_kind=kind,
        scope_id=scope_id,
        effect=part.effect,
        made_by=taker.member_id,
        expires_at=part.expires_at,
        reason=part.reason or None,
    )


def _scope(
    part: ConsolePart | RecipePart | PolicyPart, stored: Stored, groups: Mapping[str, ServerGroup]
) -> tuple[ScopeKind, str] | None:
    if part.server is not None:
        found = {one.uuid: one.id for one in stored.servers}.get(part.server)
        return ("server", found) if found else None
    if part.group is not None:
        wanted = part.group.casefold()
        named = [key for key, group in groups.items() if group.name.casefold() == wanted]
        return ("group", named[0]) if named else None
    return ("all", "")


def _console(
    file: GuildFile,
    stored: Stored,
    names: Names,
    groups: Mapping[str, ServerGroup],
    taker: Taker,
) -> tuple[list[NewConsoleRule], list[str]]:
    held = {(one.scope_id, one.role_id, one.effect, one.commands) for one in stored.console}
    found, missing = [], []
    for part in file.console:
        scope = _scope(part, stored, groups)
        role_id = names.role(part.role) if part.role is not None else None
        is_lost = part.role is not None and role_id is None
        if scope is None or is_lost or (role_id is not None and not taker.reach.get(role_id)):
            missing.append(_("a list of console commands"))
        elif (scope[1], role_id, part.effect, part.commands) not in held:
            found.append(
                NewConsoleRule(
                    scope_kind=scope[0],
                    scope_id=scope[1],
                    role_id=role_id,
                    effect=part.effect,
                    commands=part.commands,
                    made_by=taker.member_id,
                )
            )
    return found, missing


def _recipes(
    file: GuildFile, stored: Stored, groups: Mapping[str, ServerGroup], taker: Taker
) -> list[NewRecipe]:
    """Those whose name is free; one of that name that is there stays as it is."""
    held = {one.name for one in stored.recipes}
    found = []
    for part in file.recipes:
        scope = _scope(part, stored, groups)
        if scope is None or part.name in held:
            continue
        held.add(part.name)
        found.append(
            NewRecipe(
                name=part.name,
                template=part.template,
                scope_kind=scope[0],
                scope_id=scope[1],
                by_approval=part.by_approval,
                shows_answer=part.shows_answer,
                is_public=part.is_public,
                made_by=taker.member_id,
            )
        )
    return found


def _policies(
    file: GuildFile,
    stored: Stored,
    names: Names,
    groups: Mapping[str, ServerGroup],
    taker: Taker,
) -> tuple[list[NewPolicy], list[str]]:
    """Those of the file; one that stands in the same place gives way to it."""
    held = {(one.scope_kind, one.scope_id, one.action): one for one in stored.policies}
    found: dict[tuple[ScopeKind, str, PolicyAction], NewPolicy] = {}
    missing = []
    for part in file.policies:
        scope, terms = _scope(part, stored, groups), _terms(part, names, taker)
        if scope is None or terms is None:
            missing.append(_("a policy for {action}", action=code(part.action)))
            continue
        old = held.get((*scope, part.action))
        if old is None or old.terms != terms:
            found[*scope, part.action] = NewPolicy(
                scope_kind=scope[0],
                scope_id=scope[1],
                action=part.action,
                terms=terms,
                version=old.version if old else 0,
            )
    return list(found.values()), missing


def _terms(part: PolicyPart, names: Names, taker: Taker) -> Terms | None:
    """The fields of a policy; None where a role or channel is not here, or stands above."""
    found: list[int | None] = []
    for role in (part.role, part.voters):
        role_id = names.role(role) if role is not None else None
        if role is not None and (role_id is None or not taker.reach.get(role_id, False)):
            return None
        found.append(role_id)
    channel_id = names.channel(part.voice) if part.voice is not None else None
    if part.voice is not None and channel_id is None:
        return None
    plain = {one: getattr(part, one) for one in Terms.__struct_fields__ if hasattr(part, one)}
    return structs.replace(
        Terms(**plain), role_id=found[0], quorum_role_id=found[1], quorum_channel_id=channel_id
    )


def _queries(file: GuildFile, stored: Stored) -> dict[str, QueryPlace]:
    servers = {one.uuid: one.id for one in stored.servers}
    found = dict(stored.settings.queries)
    for part in file.queries:
        place = QueryPlace(game=part.game, address=part.address)
        if part.server in servers and place != QueryPlace():
            found[servers[part.server]] = place
    return found


def _key(rule: NewRule) -> tuple[str, int, str, str, str, str]:
    return (
        rule.subject_kind,
        rule.subject_id,
        rule.right,
        rule.scope_kind,
        rule.scope_id,
        rule.effect,
    )
