"""Lists of products: kept as given, corrected, priced before anything is spent, then started.

What every run has in common (cancel, resume, delete) is in ``discovery.runs.service``; the work
itself is done by ``discovery.runs.worker``.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.apart import read_apart
from discovery.lists.reading.model import (
    NO_CORRECTIONS,
    BadLine,
    Corrections,
    Doubt,
    Line,
    ReadList,
)
from discovery.lists.text import doubt_text
from discovery.lists.turns import take_turn
from discovery.models import ListSource, Run, RunLine
from discovery.products.identifiers import IdentifierKind
from discovery.profiles.service import ActiveProfile
from discovery.runs.queue import enqueue
from discovery.runs.service import frozen
from discovery.runs.worker import work_on
from discovery.search.quote import quote_list
from discovery.search.score_products import BATCH

LONGEST_NAME, LONGEST_COST = 120, 40
# A source is another's price list: it is not kept for a list that nobody confirms.
SOURCE_KEPT = timedelta(days=30)
PATIENCE = 3.0  # seconds that a correction waits for the one before it; most lists are read in one

_READING, _CORRECTIONS = TypeAdapter(ReadList), TypeAdapter(Corrections)


class UnansweredDoubts(Exception):
    """The list must not start: ``doubts`` block it until a correction answers them."""

    code = "unanswered_doubts"

    def __init__(self, doubts: tuple[Doubt, ...]) -> None:
        super().__init__(", ".join(doubt.code for doubt in doubts))
        self.doubts = doubts

    def __str__(self) -> str:
        return " ".join(doubt_text(doubt) for doubt in self.doubts)


class NothingToAnalyse(Exception):
    """No line of the list can be analysed."""

    code = "nothing_to_analyse"

    def __str__(self) -> str:
        return _("No line of this list can be analysed.")


class AlreadyStarted(Exception):
    """The list was started: how it is read is settled."""

    code = "already_started"

    def __str__(self) -> str:
        return _("This list was started already.")


def create_list(
    *,
    owner: AbstractBaseUser,
    name: str,
    read: ReadList,
    marketplace: str,
    source: bytes | str | None = None,
    asked_on: str = Run.AskedOn.FRONTEND,
) -> Run:
    """Keep a list as it was read, bad lines included, to be confirmed by its owner.

    ``source`` is what it was read from: a file, or text that was pasted. Without it the reading
    cannot be corrected.
    """
    run = Run(
        kind=Run.Kind.LIST,
        asked_on=asked_on,
        state=Run.State.DRAFT,
        owner_id=owner.pk,
        name=name[:LONGEST_NAME],
        marketplace=marketplace,
        **_understood(read, NO_CORRECTIONS),
    )
    with transaction.atomic():
        run.save(force_insert=True)
        _keep_lines(run, read)
        if source is not None:
            ListSource.objects.create(
                run_id=run.pk,  # not the run: they would hold each other, and 5 MB with them
                content=source.encode() if isinstance(source, str) else source,
                is_text=isinstance(source, str),
                reading=_shown(read),
            )
    return run


@transaction.atomic
def correct_list(
    *, run: Run, corrections: Corrections, marketplace: str, profile: ActiveProfile | None = None
) -> Run:
    """Read a draft's source again as its owner says, for a marketplace; spends nothing.

    ``profile`` is what the owner would score it with. A list that was started, and one whose
    source is gone, is left alone. Raises ``UnreadableList``, with everything as it was, and
    ``UnknownMarketplace``.
    """
    market = marketplace_of(marketplace)
    known = source_of(run=run)
    if known is not None and (corrections_of(known), run.marketplace) != (corrections, market.code):
        # Before the draft is locked: nobody waits for a reader. Who corrects two things one after
        # the other waits for himself.
        take_turn(owner_id=run.owner_id, patience=PATIENCE)
    draft = Run.objects.select_for_update().filter(pk=run.pk, state=Run.State.DRAFT).first()
    kept = ListSource.objects.filter(run=run.pk).first() if draft else None
    if draft is None or kept is None:
        return run
    changes: dict[str, Any] = {"marketplace": market.code}
    if profile is not None:
        changes["profile_id"] = profile.pk
    if corrections != corrections_of(kept) or draft.marketplace != market.code:
        content = bytes(kept.content)
        text_or_file = content.decode() if kept.is_text else content
        read = read_for(
            text_or_file,
            owner_id=run.owner_id,
            marketplace=market.code,
            corrections=corrections,
        )
        run.lines.all().delete()
        _keep_lines(run, read)
        changes |= _understood(read, corrections)
        kept.reading = _shown(read)
        kept.corrections = _CORRECTIONS.dump_python(corrections, mode="json")
        kept.save(update_fields=["reading", "corrections"])
    Run.objects.filter(pk=run.pk).update(**changes)
    run.refresh_from_db()
    return run


@transaction.atomic
def read_for(
    source: bytes | str,
    *,
    owner_id: int,
    marketplace: str,
    corrections: Corrections = NO_CORRECTIONS,
) -> ReadList:
    """Read a user's file or pasted text for a marketplace: its currency, its addresses.

    Raises ``UnreadableList``, with ``reader_busy`` while another one of theirs is being read, and
    ``UnknownMarketplace``.
    """
    market = marketplace_of(marketplace)
    take_turn(owner_id=owner_id)
    return read_apart(source, currency=market.currency, store=market.host, corrections=corrections)


def source_of(*, run: Run) -> ListSource | None:
    """What a draft was read from, without its content; ``None`` when it is no longer kept."""
    return ListSource.objects.filter(run=run.pk).defer("content").first()


def corrections_of(source: ListSource) -> Corrections:
    """What the list's owner said about how to read it."""
    return _CORRECTIONS.validate_python(source.corrections)


def reading_of(source: ListSource) -> ReadList:
    """How the list was understood, but for its lines."""
    return _READING.validate_python(source.reading)


def start_list(*, run: Run, profile: ActiveProfile, marketplace: str) -> Run:
    """Start a list that waits for its confirmation.

    One that was started is left alone, and so is one without a line to analyse. The profile is
    frozen with it, and says whether costs hold VAT where nothing else does. What the list was read
    from is forgotten. A short list that costs nothing is answered at once.
    Raises ``UnansweredDoubts``, ``UnreadableList`` and ``UnknownMarketplace``.
    """
    market = marketplace_of(marketplace).code
    if (source := source_of(run=run)) is not None:
        corrections = corrections_of(source)
        run = correct_list(run=run, corrections=corrections, marketplace=market)
        source.refresh_from_db(fields=["reading"])
        if blocking := tuple(d for d in reading_of(source).doubts if d.blocking):
            raise UnansweredDoubts(blocking)
    if not run.total:
        return run
    free = run.total <= BATCH and quote_list(run=run, profile=profile, marketplace=market).is_free
    default = profile.settings.for_marketplace(market).cost_vat
    with transaction.atomic():
        started = Run.objects.filter(pk=run.pk, state=Run.State.DRAFT).update(
            state=Run.State.QUEUED,
            marketplace=market,
            columns=run.columns | {"cost_vat": run.columns.get("cost_vat") or default},
            progressed_at=timezone.now(),
            **frozen(profile),
        )
        if started:
            run.lines.filter(cost_vat="").update(cost_vat=default)
            ListSource.objects.filter(run=run.pk).delete()
            if not free:
                enqueue(run_id=run.pk)
    if started and free:
        work_on(run_id=run.pk)
    run.refresh_from_db()
    return run


def forget_sources(*, now: datetime) -> int:
    """Remove what lists were read from that nobody confirmed in time; returns how many went.

    The lists stay as they were read last.
    """
    return ListSource.objects.filter(created_at__lt=now - SOURCE_KEPT).delete()[0]


def _understood(read: ReadList, corrections: Corrections) -> dict[str, Any]:
    """The columns of a run that tell how its list was read."""
    how: dict[str, Any] = asdict(read.columns) | {"sheet": read.sheet, "ignored": read.ignored}
    if corrections.rate is not None:
        how |= {
            "currency": corrections.currency or read.columns.currency,
            "rate": f"{corrections.rate:f}",
        }
    return {
        "columns": how,
        "total": len(read.lines),
        "bad": len(read.bad),
        "merged": read.merged,
    }


def _shown(read: ReadList) -> Any:
    return _READING.dump_python(replace(read, lines=(), bad=()), mode="json")


def _keep_lines(run: Run, read: ReadList) -> None:
    given: list[Line | BadLine] = sorted([*read.lines, *read.bad], key=lambda line: line.number)
    RunLine.objects.bulk_create(
        (_row(run, position, line) for position, line in enumerate(given, start=1)),
        batch_size=1000,
    )


def _row(run: Run, position: int, line: Line | BadLine) -> RunLine:
    row = RunLine(run=run, position=position, number=line.number, text=line.text)
    if isinstance(line, BadLine):
        row.state = RunLine.State.BAD
        row.reason, row.value = line.reason.value, line.value
        return row
    named = line.identifier
    row.asin = named.value if named.kind is IdentifierKind.ASIN else ""
    row.code = named.value if named.kind is IdentifierKind.CODE else ""
    row.cost, row.quantity = line.cost, line.quantity
    row.cost_vat, row.cost_given = line.cost_vat or "", line.cost_given[:LONGEST_COST]
    row.pack, row.notes = line.pack, [asdict(note) for note in line.notes]
    if line.pack:
        row.cost_units = 1  # the price of a case was divided by its units
    row.restored, row.also = line.restored, list(line.also)
    return row
