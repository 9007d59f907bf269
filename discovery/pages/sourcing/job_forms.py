"""The form of a job: what a person types, in either language, becomes a ``JobRequest``.

What is typed is read by ``discovery.sourcing.job_request``: there is one set of rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from discovery.keepa.categories.stored import category_names
from discovery.models import Niche, SourcingJob
from discovery.models.sourcing import alert_rule, every_day, every_way
from discovery.niches.queries import niches_of
from discovery.pages.choices import default_marketplace, marketplace_choices
from discovery.pages.described import describe_errors
from discovery.profiles.service import all_profiles, default_profile_slug
from discovery.scoring import ShownVerdict
from discovery.sourcing.criteria import DEAL_PRICES, MOST_PAGES, SPANS
from discovery.sourcing.job_problems import InvalidJob
from discovery.sourcing.job_request import (
    ALERT_VERDICTS,
    DEFAULT_RESULTS,
    MOST_TIMES,
    JobRequest,
    as_asked,
    read_job,
)
from discovery.sourcing.job_text import COST_KINDS, SOURCE_HELP, SOURCE_ICONS
from discovery.sourcing.job_text import DEAL_PRICES as PRICE_WORDS
from discovery.sourcing.job_text import SPANS as SPAN_WORDS
from discovery.text import formats
from discovery.text.conditions import category_label
from discovery.text.labels import verdict_label

SEPARATOR = ";"
Source = SourcingJob.Source
# Field of a request -> the field of the form that shows what is wrong with it.
SHOWN_AT = {
    "criteria.categories": "category",
    "criteria.range": "span",
    "alert_rule.on": "alert_on",
    "alert_rule.verdict": "alert_verdict",
    "alert_rule.min_roi": "alert_roi",
    "alert_rule.min_profit": "alert_profit",
    "alert_rule.cool_down_hours": "alert_cool_down",
}


def _typed(label: Any, mode: str = "numeric", **kwargs: Any) -> forms.Field:
    """What goes to the reader as it was typed."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": mode})
    return forms.Field(label=label, required=False, widget=widget, **kwargs)


def _select(label: Any, **kwargs: Any) -> forms.Field:
    return forms.Field(label=label, required=False, widget=forms.Select, **kwargs)


def _tick(label: Any) -> forms.Field:
    return forms.Field(label=label, required=False, widget=forms.CheckboxInput)


class JobForm(forms.Form):
    """A job as its owner describes it; ``asked`` after ``is_valid()``."""

    name = _typed(pgettext_lazy("of a job", "Name"), mode="text")
    source = forms.Field(
        label=gettext_lazy("Where candidates come from"), required=False, widget=forms.RadioSelect
    )
    marketplace = _select(gettext_lazy("Marketplace"))
    profile = _select(gettext_lazy("Business profile"))
    niche = _select(
        gettext_lazy("Niche"), help_text=gettext_lazy("It is asked on the niche’s own marketplace.")
    )
    filters = forms.Field(required=False, widget=forms.HiddenInput)
    price_type = _select(gettext_lazy("Price that fell"))
    drop_percent = _typed(gettext_lazy("By at least (%)"))
    span = _select(gettext_lazy("Since when"))
    bsr_max = _typed(gettext_lazy("Max. BSR"))
    price_min = _typed(gettext_lazy("Min. price"), mode="decimal")
    price_max = _typed(gettext_lazy("Max. price"), mode="decimal")
    category = _typed(
        gettext_lazy("Categories"),
        mode="text",
        help_text=gettext_lazy("Their names or Keepa numbers, separated by “;”; empty: all."),
    )
    pages = _select(gettext_lazy("How many deals to look at"))
    no_amazon = _tick(gettext_lazy("Amazon not on the listing"))
    sellers = forms.Field(
        label=gettext_lazy("Sellers, one a line"),
        required=False,
        help_text=gettext_lazy(
            "The seller’s identifier (A1B2C3D4E5F6G7), or a link to their page on Amazon; "
            "50 at most."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    favourites = _tick(gettext_lazy("My favourites"))
    purchases = _tick(gettext_lazy("My purchases in stock"))
    cost_kinds = forms.Field(
        label=gettext_lazy("Ways of buying"), required=False, widget=forms.CheckboxSelectMultiple
    )
    max_results = _typed(gettext_lazy("Products to score a run, at most"))
    times = forms.Field(
        label=gettext_lazy("Times of day"), required=False, widget=forms.MultipleHiddenInput
    )
    weekdays = forms.Field(
        label=gettext_lazy("Days"), required=False, widget=forms.CheckboxSelectMultiple
    )
    daily_cap = _typed(
        gettext_lazy("Tokens a day, at most"), help_text=gettext_lazy("Empty: no limit of its own.")
    )
    alert_on = _tick(gettext_lazy("Alert me when a pick comes"))
    alert_verdict = _select(gettext_lazy("From the verdict"))
    alert_roi = _typed(gettext_lazy("From the ROI (%)"), mode="decimal")
    alert_profit = _typed(gettext_lazy("From the profit"), mode="decimal")
    alert_cool_down = _typed(gettext_lazy("Not again within (hours)"))

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        user: AbstractBaseUser,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.user = user
        self._asked: JobRequest | None = None
        super().__init__(data, initial={**blank(user), **(initial or {})})
        self._offer_choices()
        describe_errors(self)

    def _offer_choices(self) -> None:
        niches = [(str(niche.pk), niche.name) for niche in niches_of(owner=self.user)]
        profiles = [(profile.slug, profile.name) for profile in all_profiles(user=self.user)]
        offered: dict[str, list[tuple[str, str]]] = {
            "source": [(source.value, str(source.label).capitalize()) for source in Source],
            "marketplace": marketplace_choices(),
            "profile": profiles,
            "niche": [("", _("— choose —")), *niches],
            "price_type": [(code, _(PRICE_WORDS[code])) for code in DEAL_PRICES],
            "span": [(str(span), _(SPAN_WORDS[span])) for span in SPANS],
            "pages": [
                (str(count), _("%(count)s deals") % {"count": formats.number(150 * count)})
                for count in range(1, MOST_PAGES + 1)
            ],
            "cost_kinds": [(kind, str(COST_KINDS[kind])) for kind in every_way()],
            "weekdays": [(str(day), str(WEEKDAYS[day]).capitalize()) for day in every_day()],
            "alert_verdict": [
                (verdict, verdict_label(ShownVerdict(verdict))) for verdict in ALERT_VERDICTS
            ],
        }
        for name, choices in offered.items():
            self.fields[name].widget.choices = choices

    def clean(self) -> dict[str, Any]:
        """Let the one reader of jobs read it, and put each refusal beside its field."""
        try:
            self._asked = read_job(self._described(), user=self.user)
        except InvalidJob as error:
            for name, sentences in error.messages.items():
                field = self._field_of(name)
                shown = sentences if field else [f"{name}: {text}" for text in sentences]
                self.add_error(field, shown)
        return self.cleaned_data

    def _described(self) -> dict[str, Any]:
        """What the reader is asked: the fields as typed."""
        typed = self.cleaned_data
        plain = ("name", "source", "marketplace", "profile", "niche", "max_results", "daily_cap")
        return {
            **{name: typed.get(name) for name in plain},
            "criteria": self._criteria(),
            "cost_kinds": typed.get("cost_kinds") or [],
            "times": typed.get("times") or [],
            "weekdays": typed.get("weekdays") or [],
            "alert_rule": {
                "on": bool(typed.get("alert_on")),
                "verdict": typed.get("alert_verdict"),
                "min_roi": typed.get("alert_roi"),
                "min_profit": typed.get("alert_profit"),
                "cool_down_hours": typed.get("alert_cool_down"),
            },
        }

    def _criteria(self) -> dict[str, Any]:
        typed = self.cleaned_data
        match typed.get("source"):
            case Source.NICHE:
                return {"filters": _read_json(typed.get("filters"))}
            case Source.DEALS:
                names = ("price_type", "drop_percent", "bsr_max", "price_min", "price_max", "pages")
                terms = [term.strip() for term in str(typed.get("category") or "").split(SEPARATOR)]
                return {
                    **{name: typed.get(name) for name in names},
                    "range": typed.get("span"),
                    "categories": [_bare(term) for term in terms if term],
                    "no_amazon": bool(typed.get("no_amazon")),
                }
            case Source.SELLERS:
                return {"sellers": str(typed.get("sellers") or "").split()}
            case _:
                return {name: bool(typed.get(name)) for name in ("favourites", "purchases")}

    def _field_of(self, name: str) -> str | None:
        if name in SHOWN_AT:
            return SHOWN_AT[name]
        if name.startswith("criteria.filters"):
            return "niche"
        name = name.removeprefix("criteria.")
        return name if name in self.fields else None

    @property
    def asked(self) -> JobRequest:
        """The form's content. Raises ``ValueError`` before a successful ``is_valid()``."""
        if self._asked is None or not self.is_valid():
            raise ValueError("the form is not valid")
        return self._asked

    @property
    def shown_times(self) -> list[str]:
        """The times as typed, filled up to as many as there may be."""
        typed = [str(time) for time in self["times"].value() or () if time]
        return (typed + [""] * MOST_TIMES)[: max(MOST_TIMES, len(typed))]

    @property
    def sources(self) -> list[tuple[str, str, str, str, bool]]:
        """Each source: its code, name, icon and sentence, and whether it is the chosen one."""
        chosen = str(self["source"].value())
        return [
            (one.value, str(one.label), SOURCE_ICONS[one], str(SOURCE_HELP[one]), one == chosen)
            for one in Source
        ]

    @property
    def stored_filters(self) -> dict[str, Any]:
        """The conditions of a job that has no niche; empty without any."""
        return _read_json(self["filters"].value())


def blank(user: AbstractBaseUser) -> dict[str, Any]:
    """The form's content for a new job."""
    rule = alert_rule()
    return {
        "source": Source.NICHE.value,
        "marketplace": default_marketplace(user),
        "profile": default_profile_slug(user),
        "price_type": DEAL_PRICES[0],
        "drop_percent": "20",
        "span": "0",
        "pages": "1",
        "favourites": True,
        "purchases": True,
        "cost_kinds": every_way(),
        "max_results": str(DEFAULT_RESULTS),
        "times": ["07:30"],
        "weekdays": [str(day) for day in every_day()],
        "alert_on": True,
        "alert_verdict": rule["verdict"],
        "alert_cool_down": str(rule["cool_down_hours"]),
    }


def of_niche(niche: Niche) -> dict[str, Any]:
    """The form's content for watching a niche."""
    found = {
        "source": Source.NICHE.value,
        "niche": str(niche.pk),
        "name": niche.name,
        "marketplace": niche.marketplace,
        "max_results": str(max(niche.max_results or 0, DEFAULT_RESULTS)),
    }
    return found | ({"profile": niche.profile.slug} if niche.profile else {})


def of_job(job: SourcingJob) -> dict[str, Any]:
    """The form's content for a job that exists."""
    return of_asked(as_asked(job))


def of_asked(told: Mapping[str, Any]) -> dict[str, Any]:
    """The form's content for a job as ``read_job`` reads it; numbers in the active language."""
    criteria, rule = told.get("criteria") or {}, alert_rule(**(told.get("alert_rule") or {}))
    marketplace = str(told["marketplace"])
    plain = ("name", "source", "marketplace", "times", "cost_kinds")
    found: dict[str, Any] = {name: told[name] for name in plain if told.get(name) is not None}
    found |= {
        "niche": str(told.get("niche") or ""),
        "max_results": str(told.get("max_results") or DEFAULT_RESULTS),
        "daily_cap": told.get("daily_cap") or "",
        "alert_on": rule["on"],
        "alert_verdict": rule["verdict"],
        "alert_roi": _shown(rule["min_roi"]),
        "alert_profit": _shown(rule["min_profit"]),
        "alert_cool_down": str(rule["cool_down_hours"]),
    }
    if told.get("profile"):
        found["profile"] = told["profile"]
    if told.get("weekdays") is not None:
        found["weekdays"] = [str(day) for day in told["weekdays"]]
    for name in ("price_type", "drop_percent", "bsr_max", "pages", "no_amazon"):
        if criteria.get(name) is not None:
            found[name] = criteria[name]
    for name in ("price_min", "price_max"):
        found[name] = _shown(criteria.get(name))
    if "range" in criteria:
        found["span"] = str(criteria["range"])
    found |= {name: criteria[name] for name in ("favourites", "purchases") if name in criteria}
    if criteria.get("categories"):
        found["category"] = _labelled(criteria["categories"], marketplace)
    if criteria.get("sellers"):
        found["sellers"] = "\n".join(criteria["sellers"])
    if criteria.get("filters"):
        found["filters"] = json.dumps(criteria["filters"])
    return found


def _labelled(numbers: list[int], marketplace: str) -> str:
    """Categories with their numbers, so that they can be typed again: several bear one name."""
    names = category_names(filters=[{"categories_include": numbers}])
    labels = {pk: category_label(marketplace, pk, names) for pk in numbers}
    terms = [str(pk) if label == str(pk) else f"{label} ({pk})" for pk, label in labels.items()]
    return f"{SEPARATOR} ".join(terms)


def _bare(term: str) -> str:
    """The number of a category shown with its name, else the term itself."""
    _name, _bracket, number = term.removesuffix(")").rpartition("(")
    return number if term.endswith(")") and number.isdecimal() else term


def _shown(value: Any) -> str:
    if value is None:
        return ""
    number = Decimal(str(value))
    return formats.number(number, 0 if number == number.to_integral_value() else 2)


def _read_json(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(str(text or "{}"))
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
