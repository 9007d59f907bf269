"""Which product a purchase names: by its ASIN, or by a code that is known for no token."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from discovery.products.asin_lookup import look_up_known
from discovery.products.identifiers import IdentifierKind, parse_identifier


class UnknownCode(Exception):
    """A code of which no product is known yet; asking Keepa would cost a token."""

    code = "unknown_code"

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.value = code

    def __str__(self) -> str:
        return _(
            "No product is known for the code %(code)s yet: analyse it in a list first, or give "
            "its ASIN."
        ) % {"code": self.value}


def asin_of(text: str, *, marketplace: str, user: AbstractBaseUser) -> str:
    """The ASIN that a text names. Raises ``NotAnIdentifier``, ``UnknownCode``."""
    parsed = parse_identifier(text)
    if parsed.kind is IdentifierKind.ASIN:
        return parsed.value
    found = asins_of_codes([parsed.value], marketplace=marketplace, user=user)
    if parsed.value not in found:
        raise UnknownCode(parsed.value)
    return found[parsed.value]


def asins_of_codes(
    codes: Iterable[str], *, marketplace: str, user: AbstractBaseUser
) -> dict[str, str]:
    """Code -> the product it stands for, the user's choice first; absent where none is known."""
    named = dict.fromkeys(codes, True)
    known, _unknown = look_up_known(
        named=named, marketplace=marketplace, user_id=user.pk, now=timezone.now()
    )
    return {code: lookup.asin for code, lookup in known.items() if lookup.asin}
