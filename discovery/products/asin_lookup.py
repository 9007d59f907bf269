"""EAN, UPC and ISBN-13 to ASIN: paid for once, then remembered, the user's choices included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from discovery import leases
from discovery.keepa import costs
from discovery.keepa.answers import ProductAnswer
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.models import CodeChoice, ProductCode
from discovery.products import store
from discovery.products.candidates import (
    MOST_CANDIDATES,
    Candidate,
    alive,
    best_first,
    candidate_of,
    costs_are_for_a_unit,
    from_json,
    is_ambiguous,
    to_json,
)
from discovery.products.identifiers import IdentifierKind, canonical_code, parse_identifier

# Codes in one call at most: as many as bring no more than 100 products. The tokens there are may
# bear fewer.
BATCH = 100 // MOST_CANDIDATES
# After so long a code without a living product is asked again: it may have one by then.
UNKNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What an identifier stands for; ``code`` is an ASIN itself where one was given.

    ``candidates`` are the products of a code, the best first; ``may_be_more`` tells that no more
    were asked for. ``chosen`` and ``said_units`` are what the user has said: which product it is,
    and for how many units of it a cost is given.
    """

    code: str
    candidates: tuple[Candidate, ...] = ()
    may_be_more: bool = False
    resolved_at: datetime | None = None
    chosen: str = ""
    said_units: int | None = None

    @property
    def asin(self) -> str:
        """The product it means: the one chosen, else the best candidate; empty for none."""
        return self.chosen or (self.candidates[0].asin if self.candidates else "")

    @property
    def is_unread(self) -> bool:
        """Whether nobody knows if it stands for a product: the answer could not be read."""
        return not self.asin and self.resolved_at is None

    @property
    def is_ambiguous(self) -> bool:
        """Whether it may mean several products and the user has not said which."""
        return not self.chosen and is_ambiguous(self.candidates)

    @property
    def open_candidates(self) -> int:
        """How many products on sale it may mean: 1 when that is settled."""
        return len(alive(self.candidates)) if self.is_ambiguous else 1

    @property
    def cost_units(self) -> int | None:
        """For how many units a cost is given; ``None`` when neither user nor candidates say."""
        if self.said_units is not None:
            return self.said_units
        return 1 if costs_are_for_a_unit(self.candidates) else None


@dataclass(frozen=True, slots=True)
class Resolution:
    """``asins`` maps each identifier, as given, to its ASIN; ``unknown`` are codes without one.

    Those of which nobody knows are in ``unread``. ``lookups`` tells of every identifier how it
    came to its ASIN.
    """

    asins: dict[str, str]
    unknown: tuple[str, ...]
    tokens_spent: int
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def resolve(
    *,
    identifiers: Sequence[str],
    marketplace: str,
    purpose: str,
    user_id: int | str | None = None,
    holder: UUID | None = None,
    on_wait: Callable[[int], None] = lambda _spent: None,
) -> Resolution:
    """Return the ASIN of each identifier; only codes not known lately cost tokens.

    Those who ask for the same codes at once pay once. ``holder`` names the asker to the others;
    ``on_wait`` is told, before each call and while another is waited for, what has been spent.

    Raises ``NotAnIdentifier`` before anything is spent, ``KeepaError`` when Keepa cannot answer.
    """
    named = {}
    for text in identifiers:
        parsed = parse_identifier(text)
        is_code = parsed.kind is IdentifierKind.CODE
        named[text] = (canonical_code(parsed.value) if is_code else parsed.value, is_code)
    codes = sorted({code for code, is_code in named.values() if is_code})
    known, spent = (
        _resolved_codes(codes, marketplace, purpose, holder, on_wait) if codes else ({}, 0)
    )
    said = _choices(user_id, marketplace, {code for code, _is_code in named.values()})
    lookups = {
        text: _lookup(code, known.get(code), said.get(code))
        if code in known or not is_code
        else Lookup(code=code)
        for text, (code, is_code) in named.items()
    }
    return Resolution(
        asins={text: found.asin for text, found in lookups.items() if found.asin},
        unknown=tuple(t for t, found in lookups.items() if not (found.asin or found.is_unread)),
        unread=tuple(text for text, found in lookups.items() if found.is_unread),
        tokens_spent=spent,
        lookups=lookups,
    )


def look_up_known(
    *, named: Mapping[str, bool], marketplace: str, user_id: int | str | None, now: datetime
) -> tuple[dict[str, Lookup], int]:
    """What is known of identifiers for no token, and how many codes are still to be looked up.

    ``named`` tells of each whether it is a code (else it is an ASIN). In two statements.
    """
    codes = {text: canonical_code(text) if is_code else text for text, is_code in named.items()}
    wanted = {codes[text] for text, is_code in named.items() if is_code}
    rows = known_codes(marketplace=marketplace, codes=wanted, now=now)
    said = _choices(user_id, marketplace, codes.values())
    found = {
        text: _lookup(code, rows[code] if named[text] else None, said.get(code))
        for text, code in codes.items()
        if not named[text] or code in rows
    }
    return found, len(wanted - rows.keys())


def known_codes(*, marketplace: str, codes: Iterable[str], now: datetime) -> dict[str, ProductCode]:
    """What is known of these canonical codes and need not be asked again, in one statement.

    Asked again are codes without a living product after ``UNKNOWN_FOR``, and those of which fewer
    candidates were asked for than today: what was found first may have been a lot.
    """
    rows = ProductCode.objects.filter(marketplace=marketplace, code__in=list(codes))
    return {row.code: row for row in rows if not _is_due(row, now)}


def forget_unknown(*, marketplace: str, codes: Iterable[str]) -> None:
    """Have the codes that are held unknown asked again the next time they are met."""
    canonical = [canonical_code(code) for code in codes]
    ProductCode.objects.filter(marketplace=marketplace, code__in=canonical, asin="").delete()


def _is_due(row: ProductCode, now: datetime) -> bool:
    if row.limit < MOST_CANDIDATES:
        return True
    is_living = any(stored.get("is_alive") for stored in row.candidates)
    return not is_living and row.resolved_at < now - UNKNOWN_FOR


def _choices(
    user_id: int | str | None, marketplace: str, codes: Iterable[str]
) -> dict[str, CodeChoice]:
    if user_id is None:
        return {}
    rows = CodeChoice.objects.filter(
        user=int(user_id), marketplace=marketplace, code__in=list(codes)
    )
    return {row.code: row for row in rows}


def _lookup(code: str, row: ProductCode | None, said: CodeChoice | None) -> Lookup:
    units = said.cost_units if said else None
    if row is None:
        return Lookup(code=code, chosen=code, said_units=units)
    candidates = from_json(row.candidates)
    # A page that no longer bears the code is no answer to what the code means.
    is_valid = said is not None and said.asin in {candidate.asin for candidate in candidates}
    return Lookup(
        code=code,
        candidates=candidates,
        may_be_more=len(candidates) >= row.limit,
        resolved_at=row.resolved_at,
        chosen=said.asin if said and is_valid else "",
        said_units=units if is_valid else None,
    )


def _resolved_codes(
    codes: Sequence[str],
    marketplace: str,
    purpose: str,
    holder: UUID | None,
    on_wait: Callable[[int], None],
) -> tuple[dict[str, ProductCode], int]:
    known = known_codes(marketplace=marketplace, codes=codes, now=timezone.now())
    spent = 0

    def stored(asked: Sequence[str]) -> set[str]:
        found = known_codes(marketplace=marketplace, codes=asked, now=timezone.now())
        known.update(found)
        return set(found)

    def most(left: int) -> int:
        return get_client().code_batch_size(
            min(BATCH, left), limit=MOST_CANDIDATES, purpose=purpose
        )

    def buy(batch: Sequence[str]) -> set[str]:
        nonlocal spent
        answer = get_client().products_by_code(
            batch, marketplace=marketplace, limit=MOST_CANDIDATES, purpose=purpose
        )
        spent += answer.tokens_spent
        rows = {row.code: row for row in _kept(answer, batch, marketplace)}
        known.update(rows)
        return set(batch) - rows.keys()

    try:
        leases.buy_once(
            [code for code in codes if code not in known],
            kind=f"code_{marketplace}",
            stored=stored,
            buy=buy,
            most=most,
            on_wait=lambda: on_wait(spent),
            holder=holder,
        )
    except KeepaError as error:
        error.tokens_spent += spent
        raise
    return known, spent


def _kept(answer: ProductAnswer, batch: Sequence[str], marketplace: str) -> list[ProductCode]:
    """The products and codes of an answer, stored; not so a code of which it may say nothing."""
    now = timezone.now()
    store.store(
        answer, marketplace=marketplace, buybox=False, tokens_each=costs.product_cost(1), now=now
    )
    found: dict[str, list[Candidate]] = {code: [] for code in batch}
    by_core = {code.lstrip("0"): code for code in batch}
    is_alone = len(batch) == 1
    for snapshot in answer.snapshots.values():
        cores = {code.lstrip("0") for code in snapshot.codes}
        meant = {by_core[core] for core in cores & by_core.keys()}
        if not meant and is_alone:  # Keepa may leave codes out: it can only be this one's
            meant = set(batch)
        for code in meant:
            found[code].append(candidate_of(snapshot))
    rows = []
    for code in batch:
        if not found[code] and code not in answer.missing_codes:
            continue
        candidates = best_first(found[code])[:MOST_CANDIDATES]
        rows.append(
            ProductCode(
                marketplace=marketplace,
                code=code,
                asin=candidates[0].asin if candidates else "",
                candidates=to_json(candidates),
                limit=MOST_CANDIDATES,
                resolved_at=now,
            )
        )
    ProductCode.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["marketplace", "code"],
        update_fields=["asin", "candidates", "limit", "resolved_at"],
    )
    return rows
