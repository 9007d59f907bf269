"""Every word of the trade is explained: the registries are walked, not a list of our own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import gettext, override

from discovery.exports.columns import COLUMNS as ON_PAGES
from discovery.profiles.service import ensure_shipped_profiles
from discovery.scoring import FlagCode, ShownVerdict
from discovery.scoring.profile import SPECS
from discovery.text import glossary
from discovery.text.flags import flag_label
from discovery.text.glossary_places import COLUMNS, LABELS, SETTINGS
from discovery.text.labels import verdict_label
from tests.discovery.products.test_pages import PAGE, stored

Visitor = Callable[..., Any]
USED = re.compile(r'{% term "(\w+)"')


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_flag_and_every_verdict_is_explained_under_its_own_name(language: str) -> None:
    with override(language):
        for flag in FlagCode:
            assert glossary.TERMS[glossary.flag_code(flag)].name == flag_label(flag)
        for verdict in ShownVerdict:
            term = glossary.TERMS[glossary.verdict_code(verdict)]
            assert term.name == verdict_label(verdict)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_term_is_one_sentence_that_no_other_has(language: str) -> None:
    with override(language):
        terms = [term for _title, terms in glossary.glossary() for term in terms]
        assert len(terms) == len(glossary.TERMS)
        for term in terms:
            assert term.sentence.endswith((".", ").")), term.code
            assert ". " not in term.sentence, term.code
            assert len(term.sentence) <= 160, term.code
        assert Counter(term.sentence for term in terms).most_common(1)[0][1] == 1
        for _title, group in glossary.glossary():
            names = [term.name for term in group]
            assert max(Counter(names).values()) == 1


def test_the_french_is_french() -> None:
    def sentences() -> dict[str, str]:
        return {code: term.sentence for code, term in glossary.TERMS.items()}

    with override("en"):
        english = sentences()
    with override("fr"):
        french = sentences()
    assert [code for code in english if english[code] == french[code]] == []


def test_what_the_field_says_is_there() -> None:
    assert glossary.TERMS.keys() >= {
        "velocity", "confidence", "roi", "hypothetical_roi", "margin", "corridor", "cliff", "bsr",
        "buy_box", "fba", "fbm", "referral_fee", "landed_cost", "time_in_target", "token",
        "cache_hit", "subsumed", "stale", "verdict", "verdict-sourcing",
    }  # fmt: skip


def test_every_term_that_a_template_or_a_setting_names_exists() -> None:
    templates = Path(settings.BASE_DIR).glob("templates/**/*.html")
    used = {code for path in templates for code in USED.findall(path.read_text())}
    assert used >= {"max_cost", "verdict", "roi", "bsr", "token"}
    assert used | set(LABELS.values()) | set(SETTINGS.values()) <= glossary.TERMS.keys()
    assert SETTINGS.keys() <= SPECS.keys()


def test_every_label_that_is_explained_is_one_that_pages_write() -> None:
    written = (Path(settings.BASE_DIR) / "discovery/text/labels.py").read_text()
    assert [label for label in LABELS if f'"{label}"' not in written] == []
    with override("fr"):
        assert glossary.code_of_label(gettext("Price cliff")) == "cliff"
        assert glossary.code_of_label("Autre chose") == ""


def test_the_button_opens_its_sentence_without_a_script_and_has_a_name() -> None:
    with override("fr"):
        shown = Template('{% load glossary %}{% term "velocity" "row" %}').render(Context())
    assert 'popovertarget="term-velocity-row"' in shown
    assert 'id="term-velocity-row" popover' in shown
    assert 'aria-label="Que veut dire «\u00a0Vélocité\u00a0»\u00a0?"' in shown
    assert 'href="/lexique/#velocity"' in shown
    assert "style=" not in shown
    assert "on" + "click" not in shown


def test_the_columns_of_a_table_are_explained_behind_one_button_in_their_order() -> None:
    assert COLUMNS.keys() <= ON_PAGES.keys()
    assert set(COLUMNS.values()) <= glossary.TERMS.keys()
    shown = {"title": None, "roi_percent": None, "verdict": None}
    with override("fr"):
        page = {"columns": shown}
        text = render_to_string("discovery/runs/column_terms.html", {"page": page})
    assert text.count("<button") == 1
    assert 'id="column-terms" popover' in text
    assert re.findall(r"<dt>(.*?)</dt>", text) == ["ROI", "Verdict"]


@pytest.mark.django_db
def test_the_page_holds_every_term_at_its_anchor(client_of: Visitor) -> None:
    text = client_of().get("/lexique/").content.decode()
    for code in glossary.TERMS:
        assert f'<div id="{code}">' in text


@pytest.mark.django_db
def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/lexique/").status_code == 302


def ids_of(text: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', text)


@pytest.mark.django_db
def test_the_pages_explain_their_words_and_no_id_stands_twice(client_of: Visitor) -> None:
    ensure_shipped_profiles()
    stored()
    anne = client_of()
    wanted = {
        PAGE: {"max_cost", "verdict", "monthly_sales", "roi", "bsr", "referral_fee"},
        "/": {"token", "cache_ratio"},
        "/configuration/profils/equilibre/": {"roi", "velocity", "confidence", "cliff", "corridor"},
        "/recherche-rapide/?q=B000000001": set(),
    }
    for address, codes in wanted.items():
        text = anne.get(address).content.decode()
        found = ids_of(text)
        assert [one for one, count in Counter(found).items() if count > 1] == [], address
        opened = re.findall(r'popovertarget="term-(\w+?)(?:-[\w-]+)?"', text)
        assert codes <= set(opened), address
        targets = set(re.findall(r'popovertarget="([^"]+)"', text))
        assert targets <= set(found), address
