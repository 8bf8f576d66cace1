"""Models against panels nobody has seen: what is new is left alone, what is broken is said.

The answers are recorded ones, changed by hypothesis at any depth.
"""

import asyncio
import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pterodactyl import Client, PanelBug, Reason
from tests.pterodactyl.calls import OWN_RECORDINGS, as_panel, call
from tests.pterodactyl.served import Said, serving
from tests.pterodactyl.test_faults import KEY

Json = Any

FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | FINITE
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=5), inner),
    max_leaves=5,
)  # fmt: skip


def _answers() -> dict[str, Json]:
    """Recorded answers to reads of one call each, by name."""
    found = {}
    for path in sorted((OWN_RECORDINGS / "panel").glob("*.json")):
        recorded = json.loads(path.read_text())
        question, response = recorded["request"], recorded["response"]
        is_read = question["method"] == "GET" and question["path"].startswith("/api/client")
        is_text = question["path"].partition("?")[0].endswith("/files/contents")
        if (
            is_read
            and not is_text
            and response["status"] == 200
            and response["body_kind"] == "json"
        ):
            found[path.stem] = recorded
    return found


ANSWERS = _answers()


def _objects(value: Json) -> list[dict[str, Json]]:
    """The objects of an answer whose keys the panel's own code names."""
    if isinstance(value, list):
        return [each for inner in value for each in _objects(inner)]
    if not isinstance(value, dict):
        return []
    own = [value] if {"object", "attributes"} & value.keys() else []
    named = value.get("attributes")
    own += [named] if isinstance(named, dict) else []
    return own + [each for inner in value.values() for each in _objects(inner)]


def _places(value: Json) -> list[tuple[Json, Any]]:
    """Every key and index of an answer, with what holds it."""
    if isinstance(value, dict):
        items: list[Any] = list(value)
    elif isinstance(value, list):
        items = list(range(len(value)))
    else:
        return []
    return [(value, at) for at in items] + [each for at in items for each in _places(value[at])]


async def _read(recorded: Json, body: Json) -> object:
    """What our call gives back for `body`."""
    async with serving() as served, Client(served.url, KEY) as client:
        served.answer = lambda _: Said.of(body)
        made = call(client, "GET", recorded["request"]["path"], None)
        assert made is not None
        return await made


@settings(max_examples=60, deadline=None)
@given(
    recorded=st.sampled_from(sorted(ANSWERS)).map(ANSWERS.__getitem__), value=JSON, data=st.data()
)
def test_fields_of_a_later_panel_change_nothing(
    recorded: Json, value: Json, data: st.DataObject
) -> None:
    body = recorded["response"]["body"]
    later = copy.deepcopy(body)
    for each in _objects(later):
        if data.draw(st.booleans()):
            each["a_field_of_a_later_version"] = value

    known, got = asyncio.run(_read(recorded, body)), asyncio.run(_read(recorded, later))

    assert got == known
    assert as_panel(got) == as_panel(known)


@settings(max_examples=150, deadline=None)
@given(
    recorded=st.sampled_from(sorted(ANSWERS)).map(ANSWERS.__getitem__), value=JSON, data=st.data()
)
def test_any_damage_is_taken_or_is_a_bug_of_the_panel(
    recorded: Json, value: Json, data: st.DataObject
) -> None:
    body = copy.deepcopy(recorded["response"]["body"])
    places = _places(body)
    if places:
        holder, at = data.draw(st.sampled_from(places))
        holder[at] = value

    bug: PanelBug | None = None
    try:
        asyncio.run(_read(recorded, body))
    except PanelBug as error:
        bug = error
    assert bug is None or bug.reason is Reason.UNDECODABLE
