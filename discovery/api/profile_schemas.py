"""The shapes of business profiles in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.paging import PageAnswer
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.profiles.profile_request import (
    LARGEST_REVISION,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
)

PROFILE_REFUSALS = WRITING_REFUSALS | {409: Problem}
SETTINGS: dict[str, Any] = {
    "condition": "new", "roi_target_percent": "30", "min_profit": "3",
    "overrides": {"us": {"min_profit": "4"}},
}  # fmt: skip
PROFILE: dict[str, Any] = {
    "slug": "my-books", "name": "My books", "description": "Old textbooks.", "is_own": True,
    "is_default": False, "may_change": True, "revision": 2, "updated_at": "2026-11-20T12:00:00Z",
    "settings": SETTINGS,
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "setting": "min_profit", "label": "Buy: profit", "scope": "", "old": "3", "new": "4",
}  # fmt: skip
REVISION: dict[str, Any] = {
    "number": 2, "saved_at": "2026-11-20T12:00:00Z", "saved_by": "anne", "changes": [CHANGE],
}  # fmt: skip
GROUP: dict[str, Any] = {
    "name": "thresholds", "title": "What a verdict asks for",
    "text": "The floors of Consider, Buy and Strong buy; each asks at least the former.",
    "settings": [{
        "name": "min_profit", "label": "Buy: profit", "help": "", "unit": "€", "kind": "decimal",
        "value": "3", "text": "3", "default": "3", "low": "0", "high": "1000", "choices": [],
        "optional": False,
    }],
}  # fmt: skip


class ProfileAnswer(Schema):
    """How a reseller buys, sells, is taxed and decides."""

    slug: str
    name: str
    description: str
    is_own: bool
    is_default: bool = Field(description="Of the site: used where none is chosen.")
    may_change: bool
    revision: int
    updated_at: datetime
    settings: dict[str, Any] = Field(
        description="All of them; amounts in euros, those of `overrides` in the currency of their "
        "marketplace (`us`) or category (`us:283155`)."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE]})


class ChoiceAnswer(Schema):
    """One of the values a setting may take."""

    value: str | int | bool | None
    label: str


class SettingAnswer(Schema):
    """A setting in words: what it is, what it does, how it is counted."""

    name: str
    label: str
    help: str
    unit: str
    kind: str
    value: str | int | bool | None
    text: str = Field(description="The value in words.")
    default: str | int | bool | None
    low: str | None
    high: str | None
    choices: list[ChoiceAnswer]
    optional: bool


class SettingsGroup(Schema):
    """Settings of one subject."""

    name: str
    title: str
    text: str
    settings: list[SettingAnswer]


class ProfileDetail(ProfileAnswer):
    """A profile with every setting in words."""

    groups: list[SettingsGroup]

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE | {"groups": [GROUP]}]})


class ProfilesAnswer(PageAnswer):
    """The profiles open to the caller, in the order they were made."""

    profiles: list[ProfileAnswer]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"profiles": [PROFILE], "next": None}]}
    )


class ChangeAnswer(Schema):
    """One setting that a revision changed."""

    setting: str
    label: str
    scope: str = Field(description="Empty, a marketplace, or a category of one.")
    old: str
    new: str


class RevisionAnswer(Schema):
    """An earlier state of a profile; ``changes`` is null for the first."""

    number: int
    saved_at: datetime
    saved_by: str | None
    changes: list[ChangeAnswer] | None


class RevisionsAnswer(PageAnswer):
    """The revisions of a profile, the newest first."""

    revisions: list[RevisionAnswer]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revisions": [REVISION], "next": None}]}
    )


class VerdictMove(Schema):
    """A known product whose verdict would be another."""

    asin: str
    marketplace: str
    title: str
    before: str
    after: str


class PreviewAnswer(Schema):
    """What other settings would make of the caller's newest results and favourites."""

    products: int
    before: dict[str, int] = Field(description="How many products of each verdict.")
    after: dict[str, int]
    better: int
    worse: int
    changes: list[VerdictMove] = Field(description="The best first.")

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "products": 3, "before": {"BUY": 1, "SKIP": 2}, "after": {"BUY": 2, "SKIP": 1},
        "better": 1, "worse": 0,
        "changes": [{
            "asin": "0131103628", "marketplace": "us", "title": "A book", "before": "SKIP",
            "after": "BUY",
        }],
    }]})  # fmt: skip


_SETTINGS: JsonSchema = {
    "type": "object",
    "description": "As `GET /profiles/{slug}` answers them; one left out takes its default.",
}
PROFILE_BODY = body_of(
    object_of(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
            "description": {"type": "string", "maxLength": LONGEST_DESCRIPTION},
            "settings": _SETTINGS,
            "revision": {
                "type": ["integer", "null"], "minimum": 1, "maximum": LARGEST_REVISION,
                "description": "The one that was read: 409 when another was saved since.",
            },
        },
        ["name", "settings"],
        "Profile",
    ),
    {"name": "My books", "description": "Old textbooks.", "settings": SETTINGS, "revision": 1},
)  # fmt: skip
COPY_BODY = body_of(
    object_of(
        {
            "from": {"type": "string", "maxLength": LONGEST_NAME, "description": "A slug."},
            "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        },
        ["from", "name"],
        "Copy",
    ),
    {"from": "equilibre", "name": "My books"},
)
PREVIEW_BODY = body_of(
    object_of({"settings": _SETTINGS}, ["settings"], "Settings"), {"settings": SETTINGS}
)
