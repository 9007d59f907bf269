"""EAN, UPC and ISBN-13 to ASIN: paid for once, then remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from discovery.keepa import costs
from discovery.keepa.client import get_client
from discovery.models import ProductCode
from discovery.products import store
from discovery.products.identifiers import IdentifierKind, parse_identifier

BATCH = 100  # codes in one call, Keepa's limit


@dataclass(frozen=True, slots=True)
class Resolution:
    """``asins`` maps each identifier, as given, to its ASIN; ``unknown`` are codes without one."""

    asins: dict[str, str]
    unknown: tuple[str, ...]
    tokens_spent: int


def resolve(*, identifiers: Sequence[str], marketplace: str, purpose: str) -> Resolution:
    """Return the ASIN of each identifier; only codes never seen before cost tokens.

    Raises ``NotAnIdentifier`` before anything is spent, ``KeepaError`` when Keepa cannot answer.
    """
    parsed = {text: parse_identifier(text) for text in identifiers}
    codes = {named.value for named in parsed.values() if named.kind is IdentifierKind.CODE}
    known, spent = _resolved_codes(sorted(codes), marketplace, purpose) if codes else ({}, 0)
    asins, unknown = {}, []
    for text, named in parsed.items():
        asin = known.get(named.value, "") if named.kind is IdentifierKind.CODE else named.value
        if asin:
            asins[text] = asin
        else:
            unknown.append(text)
    return Resolution(asins, tuple(unknown), spent)


def _resolved_codes(
    codes: Sequence[str], marketplace: str, purpose: str
) -> tuple[dict[str, str], int]:
    known = dict(
        ProductCode.objects.filter(marketplace=marketplace, code__in=codes).values_list(
            "code", "asin"
        )
    )
    asked = [code for code in codes if code not in known]
    spent = 0
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        answer = get_client().products_by_code(batch, marketplace=marketplace, purpose=purpose)
        spent += answer.tokens_spent
        now = timezone.now()
        store.store(
            answer,
            marketplace=marketplace,
            buybox=False,
            tokens_each=costs.product_cost(1),
            now=now,
        )
        found = {
            code: asin
            for asin, snapshot in sorted(answer.snapshots.items(), reverse=True)
            for code in snapshot.codes
        }
        known |= {code: found.get(code, "") for code in batch}
        ProductCode.objects.bulk_create(
            [
                ProductCode(marketplace=marketplace, code=code, asin=known[code], resolved_at=now)
                for code in batch
            ],
            update_conflicts=True,
            unique_fields=["marketplace", "code"],
            update_fields=["asin", "resolved_at"],
        )
    return known, spent
