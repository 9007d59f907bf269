"""French as a reseller says it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from discovery.profiles.text import choice_label
from discovery.scoring import FlagCode
from discovery.text import formats
from discovery.text.flags import flag_label
from discovery.text.numbers import QuantityField

SPACES = str.maketrans({"\u00a0": " "})


@pytest.fixture(autouse=True)
def _in_french() -> Iterator[None]:
    with translation.override("fr"):
        yield


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 jeton dépensé"), (1, "1 jeton dépensé"), (2, "2 jetons dépensés")],
)
def test_tokens_spent_agree_with_their_number(count: int, said: str) -> None:
    assert formats.spent(count).translate(SPACES) == said


def test_an_offer_of_amazon_is_not_the_buy_box() -> None:
    holds = FlagCode.AMAZON_HOLDS_BUY_BOX
    assert flag_label(holds, {"present": "80"}) == "Amazon souvent présent"
    assert flag_label(holds, {"percent": "80"}) == flag_label(holds) == "Amazon tient la Buy Box"


@pytest.mark.parametrize("typed", ["-2", "0"])
def test_a_quantity_below_one_is_refused_in_its_own_words(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        QuantityField(high=999).clean(typed)
    assert refused.value.messages == ["La quantité doit être d’au moins 1."]


def test_a_vat_rate_left_open_is_the_legal_one_not_amazons() -> None:
    assert choice_label("sale_vat_percent", None) == "taux légal"
    assert choice_label("referral_percent", None) == "selon les barèmes"


@pytest.mark.parametrize(
    ("month", "written"), [(1, "janv."), (2, "févr."), (4, "avr."), (7, "juil.")]
)
def test_months_are_abbreviated_as_french_does(month: int, written: str) -> None:
    assert date_format(date(2026, month, 5), _("M j")) == f"5 {written}"
