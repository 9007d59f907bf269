"""One question, four doors: the page, the API, the terminal and a kept niche read it alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any, NoReturn

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from discovery.accounts.api_tokens import create_api_token
from discovery.keepa.errors import InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import FLAGS, RANGES
from discovery.niches.service import create_niche
from discovery.pages.niches.filter_fields import ENDS, FLAG_NAMES
from discovery.pages.niches.forms import SearchForm, initial_from
from discovery.profiles.service import ensure_shipped_profiles
from discovery.search import discover
from discovery.search.request import read_filters, read_niche

pytestmark = pytest.mark.django_db

BASE: dict[str, Any] = {
    "marketplace": "us",
    "categories": ["Books"],
    "bsr_min": "10 000",
    "bsr_max": "50 000",
}
LONG = "x" * 100_000

# What is asked -> the fields refused in French, in English and by programs; none: it is answered.
Refused = tuple[str, ...]
CASES: dict[str, tuple[dict[str, Any], Refused | tuple[Refused, Refused, Refused]]] = {
    "as it stands": ({}, ()),
    "a space": ({"bsr_min": "1 500"}, ()),
    "a narrow space": ({"bsr_min": "1\u202f500"}, ()),
    "an apostrophe": ({"bsr_min": "1'500"}, ()),
    "spaces out of place": ({"bsr_min": "1 5"}, ("bsr_min",)),
    "a comma before three digits": (
        {"bsr_min": "1,500"},
        (("bsr_min",), (), ("bsr_min",)),
    ),
    "a dot before three digits": ({"bsr_min": "1.500"}, ("bsr_min",)),
    "a price with a comma before three": (
        {"price_min": "1,500", "price_max": "2 000"},
        ((), (), ("price_min",)),
    ),
    "a price with a dot before three": (
        {"price_min": "1.500", "price_max": "2 000"},
        (("price_min",), (), ("price_min",)),
    ),
    "a decimal comma": ({"price_min": "12,5", "price_max": "20"}, ()),
    "a decimal dot": ({"price_min": "12.5", "price_max": "20"}, ()),
    "both marks, French": ({"price_max": "1.234,56"}, ()),
    "both marks, English": ({"price_max": "1,234.56"}, ()),
    "two groups": ({"bsr_max": "1.234.567"}, ()),
    "the currency": ({"price_max": "60 €"}, ()),
    "a rank in euros": ({"bsr_max": "60000 €"}, ("bsr_max",)),
    "half a rank": ({"bsr_min": "12,5"}, ("bsr_min",)),
    "a rank with idle decimals": ({"bsr_min": "12,0"}, ()),
    "scientific": ({"bsr_min": "1,5e3"}, ()),
    "scientific, capital": ({"bsr_min": "15E2"}, ()),
    "full width digits": ({"bsr_min": "１２"}, ()),
    "NaN": ({"bsr_min": "NaN"}, ("bsr_min",)),
    "Infinity": ({"price_max": "Infinity"}, ("price_max",)),
    "beyond every limit": ({"bsr_max": "1e400"}, ("bsr_max",)),
    "beyond every exponent": ({"bsr_max": "1e99999999999"}, ("bsr_max",)),
    "a hundred thousand digits": ({"bsr_max": "9" * 100_000}, ("bsr_max",)),
    "negative": ({"bsr_min": "-3"}, ("bsr_min",)),
    "negative with a minus sign": ({"price_min": "\N{MINUS SIGN}3"}, ("price_min",)),
    "nought": ({"bsr_min": "0"}, ("bsr_min",)),
    "a price of nought": ({"price_min": "0"}, ("price_min",)),
    "no offers": ({"new_offers_max": "0"}, ()),
    "blank": ({"bsr_min": ""}, ()),
    "white": ({"bsr_min": "  "}, ()),
    "nothing": ({"price_min": None}, ()),
    "yes for a number": ({"bsr_min": True}, ("bsr_min",)),
    "a list for a number": ({"bsr_min": [1, 2]}, ("bsr_min",)),
    "an object for a number": ({"bsr_min": {"low": 1}}, ("bsr_min",)),
    "a number": ({"bsr_min": 1500}, ()),
    "a number with decimals": ({"price_min": 12.34}, ()),
    "half a rank as a number": ({"bsr_min": 12.5}, ("bsr_min",)),
    "words": ({"bsr_min": "beaucoup"}, ("bsr_min",)),
    "very long words": ({"bsr_min": LONG}, ("bsr_min",)),
    "underscores": ({"bsr_min": "1_000"}, ("bsr_min",)),
    "a NUL in a number": ({"bsr_min": "1\x000"}, ("bsr_min",)),
    "half a pair in a number": ({"bsr_min": "1\udcff"}, ("bsr_min",)),
    "a NUL in a category": ({"categories": ["Bo\x00oks"]}, ("categories",)),
    "half a pair in a title": ({"title": "a\udcffb"}, ("title",)),
    "very long title": ({"title": "x" * 201}, ("title",)),
    "a title on two lines": ({"title": " two\n lines "}, ()),
    "a title of a number": ({"title": 3}, ("title",)),
    "an unknown field": ({"colour": "red"}, ("colour",)),
    "an unknown option": ({"asins": ["B000000001"]}, ("asins",)),
    "reversed": ({"bsr_min": "60 000"}, ("bsr_min",)),
    "reversed pair": ({"drops90_range": ["9", "1"]}, ("drops90_range",)),
    "only a lowest": ({"bsr_max": ""}, ()),
    "only a highest": ({"bsr_min": None, "bsr_max": "9 000"}, ()),
    "a pair": ({"drops90_range": ["1", "9"]}, ()),
    "a pair of numbers": ({"rating_range": [3.5, 5]}, ()),
    "a pair open below": ({"weight_range": ["", "1 000"]}, ()),
    "a pair of one": ({"drops90_range": ["1"]}, ("drops90_range",)),
    "a pair as text": ({"drops90_range": "1-9"}, ("drops90_range",)),
    "a pair with a word": ({"drops90_range": ["few", "9"]}, ("drops90_range",)),
    "too many stars": ({"rating_range": ["4,5", "6"]}, ("rating_range",)),
    "101 per cent": ({"amazon_out_of_stock90_range": ["0", "101"]},
                     ("amazon_out_of_stock90_range",)),
    "a sub-category by its number": ({"categories": ["3839"]}, ()),
    "a sub-category as a department": ({"root_categories": [3839]}, ("root_categories",)),
    "several categories": ({"categories": ["Electronics", "Books", "Books"]}, ()),
    "departments and others": ({"categories": ["Electronics", "Programming"]}, ("categories",)),
    "a category by number and name": ({"categories": ["Programming (3839)"]}, ()),
    "a misspelt category": ({"categories": ["Boks"]}, ("categories",)),
    "a category of another marketplace": ({"categories": ["301061"]}, ("categories",)),
    "fifty-one categories": ({"categories": [f"c{n}" for n in range(51)]}, ("categories",)),
    "an unknown marketplace": ({"marketplace": "narnia"}, ("marketplace",)),
    "a marketplace in capitals": ({"marketplace": "US"}, ()),
    "yen have no cents": (
        {"marketplace": "jp", "categories": ["zzqx"], "price_min": "0,5"},
        ("categories", "price_min"),
    ),
    "a flag that is on": ({"amazon_absent": "on"}, ()),
    "a flag that is true": ({"amazon_absent": True}, ()),
    "a flag that is 1": ({"amazon_absent": 1}, ()),
    "a flag that is off": ({"exclude_adult": "false"}, ()),
    "a flag that is no flag": ({"amazon_absent": "non"}, ("amazon_absent",)),
    "a flag that is a list": ({"exclude_hazmat": [True]}, ("exclude_hazmat",)),
    "an unknown order": ({"sort": "best"}, ("sort",)),
    "an order": ({"sort": "-price", "price_type": "USED"}, ()),
    "brands": ({"brand": ["Lego", "  Ravensburger "]}, ()),
    "too many products": ({"max_results": "9 999"}, ("max_results",)),
    "no product": ({"max_results": "0"}, ("max_results",)),
    "two and a half products": ({"max_results": "2,5"}, ("max_results",)),
    "all products": ({"max_results": "all"}, ("max_results",)),
    "much at once": (
        {"bsr_min": "x", "price_min": "-1", "marketplace": "narnia", "sort": "best"},
        ("bsr_min", "marketplace", "price_min", "sort"),
    ),
}  # fmt: skip
TYPED = {
    *ENDS,
    *FLAG_NAMES,
    "max_results",
    "marketplace",
    "title",
    "sort",
    "price_type",
    "subcategory",
}
# Said of the most there may be, which is not the same at every door.
OWN_LIMIT = {"too many products"}
LANGUAGES = ("fr", "en")

# What came of a question: its filters, or the sentences of each refused field.
Outcome = NicheFilters | dict[str, list[str]]


class Captured(Exception):
    """Thrown by the search that was about to be made."""

    def __init__(self, filters: NicheFilters) -> None:
        super().__init__()
        self.filters = filters


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> None:
    def capture(*, filters: NicheFilters, **_more: Any) -> NoReturn:
        raise Captured(filters)

    monkeypatch.setattr(discover, "discover", capture)
    monkeypatch.setattr(discover, "discover_with_scoring", capture)


@pytest.fixture
def anne(db: None, django_user_model: Any) -> Any:
    ensure_shipped_profiles()
    return django_user_model.objects.create_user("anne")


def question(name: str) -> dict[str, Any]:
    return BASE | CASES[name][0]


def refused_fields(name: str) -> tuple[Refused, Refused, Refused]:
    """The fields refused in French, in English, and where no language is known."""
    expected = CASES[name][1]
    if expected and isinstance(expected[0], tuple):
        return expected
    return expected, expected, expected


def by_form(asked: Mapping[str, Any], user: Any) -> Outcome | None:
    """The page; ``None`` for what cannot be typed there."""
    typed = _as_typed(asked)
    if typed is None:
        return None
    form = SearchForm({"profile": "equilibre", "max_results": "50", **typed}, user=user)
    if form.is_valid():
        return form.asked.filters
    found: dict[str, list[str]] = {}
    for name, errors in form.errors.get_json_data().items():
        for sentence in (str(one["message"]) for one in errors):
            named, said = sentence.split(": ", 1) if name == "__all__" else (name, sentence)
            field = {"subcategory": "categories", "category": "categories"}.get(named, named)
            found.setdefault(field, []).append(said)
    return found


def _as_typed(asked: Mapping[str, Any]) -> dict[str, str] | None:
    """What somebody would type into the fields of the form."""
    typed: dict[str, str] = {}
    for name, value in asked.items():
        field = "subcategory" if name == "categories" else name
        if field in {"subcategory", "brand", "author"} and isinstance(value, list):
            if not all(isinstance(term, str) for term in value):
                return None
            typed[field] = "; ".join(value)
        elif value is True and field in FLAG_NAMES:
            typed[field] = "on"
        elif field not in TYPED or not isinstance(value, str | None):
            return None
        else:
            typed[field] = value or ""
    return typed


def by_api(asked: Mapping[str, Any], client: Client, language: str) -> Outcome | None:
    """The API; ``None`` for text that no JSON body may hold."""
    try:
        response = client.post(
            "/api/v1/products/discover",
            json.dumps(asked),
            content_type="application/json",
            headers={"accept-language": language},
        )
    except Captured as captured:
        return captured.filters
    if response.status_code == 400:
        assert re.search(r"\\u(0000|d[89a-f])", json.dumps(asked))
        return None
    assert response.status_code == 422
    errors: dict[str, list[str]] = {}
    for one in response.json()["errors"]:
        errors.setdefault(one["field"], []).append(one["detail"])
    return errors


def by_terminal(asked: Mapping[str, Any], language: str) -> Outcome | None:
    """``manage.py discover``; ``None`` for what its options cannot say."""
    arguments = list(_arguments(asked))
    if any(argument is None for argument in arguments):
        return None
    err = StringIO()
    try:
        call_command("discover", *arguments, "--language", language, stderr=err)
    except Captured as captured:
        return captured.filters
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    assert code == 2
    errors: dict[str, list[str]] = {}
    for line in err.getvalue().splitlines()[1:]:
        option, _colon, sentence = line.strip().partition(": ")
        errors.setdefault(option, []).append(sentence)
    return errors


def _arguments(asked: Mapping[str, Any]) -> Iterator[str | None]:
    left = dict(asked)
    for condition in RANGES:
        name = condition.name
        ends = [left.pop(f"{name}_{end}", None) or "" for end in ("min", "max")]
        ends = left.pop(f"{name}_range", ends)
        if not isinstance(ends, list) or len(ends) != 2:
            yield None
        elif ends != ["", ""]:
            yield from (f"--{name.replace('_', '-')}", *map(_typed, ends))
    options = {"categories": "--category", "brand": "--brand", "max_results": "--max",
               "marketplace": "--marketplace", "sort": "--sort", "title": "--title"}  # fmt: skip
    for name, option in options.items():
        values = left.pop(name, [])
        for value in values if isinstance(values, list) else [values]:
            yield from (option, _typed(value))
    for flag in FLAGS:
        if left.get(flag.name) is True:
            del left[flag.name]
            yield f"--{flag.name.replace('_', '-')}"
    yield from (None for _name in left)


def _typed(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) < 1000 else None


def stems(outcome: Outcome) -> Outcome:
    """The refusals of the page or the API under the names of the terminal's options."""
    if isinstance(outcome, NicheFilters):
        return outcome
    named: dict[str, list[str]] = {}
    for name, sentences in outcome.items():
        stem = re.sub("_(min|max|range)$", "", name).replace("_", "-")
        option = {"categories": "category", "max-results": "max"}.get(stem, stem)
        named.setdefault(f"--{option}", []).extend(sentences)
    return named


@pytest.fixture
def api(anne: Any) -> Client:
    return Client(headers={"authorization": f"Bearer {create_api_token(user=anne)[1]}"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_every_door_reads_a_question_alike(
    searches: None, anne: Any, api: Client, name: str, language: str
) -> None:
    asked = question(name)
    expected = refused_fields(name)[LANGUAGES.index(language)]
    with translation.override(language):
        page = by_form(asked, anne)
        programs = by_api(asked, api, language)
        terminal = by_terminal(asked, language)
    if page is not None:
        assert_is(page, expected)
    if page is not None and terminal is not None and name not in OWN_LIMIT:
        assert terminal == stems(page)
    if programs is not None:
        assert_is(programs, refused_fields(name)[2])
        if page is not None and refused_fields(name)[2] == expected and name not in OWN_LIMIT:
            assert programs == page
            if isinstance(page, NicheFilters) and isinstance(programs, NicheFilters):
                assert programs.cache_key == page.cache_key


def assert_is(outcome: Outcome, refused: Refused) -> None:
    if isinstance(outcome, NicheFilters):
        assert refused == ()
    else:
        assert tuple(sorted(outcome)) == refused


@pytest.mark.parametrize("name", [name for name in CASES if refused_fields(name)[0] == ()])
def test_a_kept_niche_asks_the_same_again(anne: Any, name: str) -> None:
    """From its row, and through the form that is filled in from it, in either language."""
    with translation.override("fr"):
        filters = read_niche(question(name), scoring=False, complete=False).filters
    niche = create_niche(owner=anne, name=name, filters=filters)
    niche.refresh_from_db()
    assert NicheFilters.from_canonical(niche.filters) == filters
    for language in LANGUAGES:
        with translation.override(language):
            initial = initial_from(niche)
            data = {key: str(value) for key, value in initial.items() if value not in (None, False)}
            form = SearchForm({"profile": "equilibre", **data}, user=anne)
            assert form.is_valid(), form.errors
            assert form.asked.filters.cache_key == filters.cache_key


def test_there_are_enough_odd_questions() -> None:
    assert len(CASES) >= 60
    assert sum(_as_typed(question(name)) is not None for name in CASES) >= 35


STORED_BY_NOBODY: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no marketplace": lambda stored: {k: v for k, v in stored.items() if k != "marketplace"},
    "another marketplace": lambda stored: stored | {"marketplace": "narnia"},
    "a field we do not know": lambda stored: stored | {"min_bsr": 3},
    "names for categories": lambda stored: stored | {"root_categories": ["Books"]},
    "an order we do not know": lambda stored: stored | {"sort": "best"},
    "a price type we do not know": lambda stored: stored | {"price_type": "OLD"},
    "a price beyond every limit": lambda stored: stored | {"price_min": "1e999999"},
    "a price that is none": lambda stored: stored | {"price_min": "NaN"},
    "a rank of nought": lambda stored: stored | {"bsr_min": 0},
    "a reversed range": lambda stored: stored | {"bsr_min": 9, "bsr_max": 1},
    "words for a number": lambda stored: stored | {"bsr_min": "many"},
    "text for a flag": lambda stored: stored | {"amazon_absent": "perhaps"},
    "a list": lambda stored: list(stored),
}


@pytest.mark.parametrize("name", STORED_BY_NOBODY)
def test_a_row_of_another_program_is_refused(name: str) -> None:
    stored = read_filters(BASE).canonical()
    with pytest.raises(InvalidFilters):
        NicheFilters.from_canonical(STORED_BY_NOBODY[name](stored))
