"""The lines of a list get their products: codes are looked up, lines of one product become one.

A line given by an ASIN has its product already; what its owner once said of the cost is recalled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from discovery.models import CodeChoice, Run, RunLine
from discovery.products.asin_lookup import Resolution, resolve
from discovery.products.candidates import to_json
from discovery.rows import write_back
from discovery.runs.lines import left_out

COST_PLACES = Decimal("0.0001")
State = RunLine.State
NAMED_FIELDS = ("asin", "candidates", "is_chosen", "cost_units")
MERGED_FIELDS = (*NAMED_FIELDS, "state", "code", "also", "cost", "cost_vat", "quantity", "parts")


def look_up(
    lines: Sequence[RunLine],
    *,
    run: Run,
    purpose: str,
    holder: UUID,
    on_wait: Callable[[int], None],
) -> Resolution:
    """Put on each line the product of its code, or none. Raises ``KeepaError``.

    ``holder`` and ``on_wait`` as ``resolve`` takes them.
    """
    found = resolve(
        identifiers=[line.code for line in lines],
        marketplace=run.marketplace,
        purpose=purpose,
        user_id=run.owner_id,
        holder=holder,
        on_wait=on_wait,
    )
    for line in lines:
        lookup = found.lookups[line.code]
        line.asin = lookup.asin
        if not lookup.asin and lookup.resolved_at:
            line.value = lookup.resolved_at.isoformat()  # since when it is held unknown
        line.candidates = to_json(lookup.candidates)
        line.is_chosen = bool(lookup.chosen)
        if line.cost_units is None:
            line.cost_units = lookup.cost_units
    return found


def left_nameless(lines: Iterable[RunLine], found: Resolution) -> list[RunLine]:
    """The lines without a product, settled: none bears the code, or nobody knows."""
    return [
        left_out(line, "unread_code", State.UNREADABLE)
        if found.lookups[line.code].is_unread
        else left_out(line, "no_product")
        for line in lines
        if not line.asin
    ]


def recall_costs(lines: Iterable[RunLine], *, run: Run) -> None:
    """Put on lines given by an ASIN for how many units their owner said such a cost is."""
    given = [line for line in lines if not line.code and line.cost_units is None]
    said = CodeChoice.objects.filter(
        user=run.owner_id,
        marketplace=run.marketplace,
        cost_units__isnull=False,
        code__in=[line.asin for line in given],
    )
    units = dict(said.values_list("code", "cost_units"))
    for line in given:
        line.cost_units = units.get(line.asin)
    write_back([line for line in given if line.cost_units], ["cost_units"])


def same_products(run: Run, asins: Iterable[str]) -> list[list[RunLine]]:
    """The lines that turned out to be one of these products, in groups of two and more.

    Costs for different numbers of units, or with VAT and without, have no mean: such lines stay
    apart.
    """
    groups: dict[Any, list[RunLine]] = defaultdict(list)
    lines = run.lines.filter(asin__in=list(asins), state__in=(State.PENDING, State.SCORED))
    bases: dict[Any, str] = {}
    # A line without a cost goes with those that have one, whatever its basis.
    for line in sorted(lines.order_by("position"), key=lambda line: line.cost is None):
        product = (line.asin, _units(line))
        basis = bases.setdefault(product, line.cost_vat)
        groups[*product, basis if line.cost is None else line.cost_vat].append(line)
    for group in groups.values():
        group.sort(key=lambda line: line.position)
    return [group for group in groups.values() if len(group) > 1]


def merge(group: Sequence[RunLine]) -> RunLine:
    """The first line of a group with the others in it, kept as its ``parts``.

    Quantities are summed, a line without one counting as one unit; different costs become their
    mean, weighted by quantity. It is to be analysed, though it was before.
    """
    first = group[0]
    first.state = State.PENDING
    first.parts = [part for line in group for part in line.parts or [_part(line)]]
    coded = [line for line in group if line.code]
    if coded and not first.code:
        # An ASIN in the same list says which product the code means.
        first.code, first.candidates = coded[0].code, coded[0].candidates
    first.cost_units = next((line.cost_units for line in group if line.cost_units), None)
    first.is_chosen = first.is_chosen or len(coded) < len(group)
    first.also = [number for line in group for number in (line.number, *line.also)][1:]
    costs = [(line.cost, line.quantity or 1) for line in group if line.cost is not None]
    if any(line.quantity is not None for line in group):
        first.quantity = sum(line.quantity or 1 for line in group)
    if len({cost for cost, _units in costs}) > 1:
        total = sum((cost * units for cost, units in costs), Decimal(0))
        first.cost = (total / sum(units for _cost, units in costs)).quantize(COST_PLACES)
    elif costs:
        first.cost = costs[0][0]
    first.cost_vat = next((line.cost_vat for line in group if line.cost is not None), "")
    return first


def _units(line: RunLine) -> int | None:
    """For how many units its cost is, where that makes a difference: not for a single unit."""
    sizes = {stored["asin"]: stored["pack_size"] for stored in line.candidates}
    return None if line.code and (sizes.get(line.asin) or 1) == 1 else line.cost_units


def _part(line: RunLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "text": line.text,
        "cost": None if line.cost is None else f"{line.cost:f}",
        "quantity": line.quantity,
    }
