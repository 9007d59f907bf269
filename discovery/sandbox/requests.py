"""The parameters of a request, read and checked one by one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from discovery.sandbox.errors import bad_parameter, out_of_range
from discovery.sandbox.marketplaces import KNOWN_DOMAINS
from discovery.sandbox.stats import Interval
from discovery.sandbox.times import DAY, EPOCH_OFFSET_MINUTES, keepa_minutes

_ASIN: Final = re.compile(r"[A-Z0-9]{10}")
_MOST_CODES: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `params` hold the last value of each query parameter, `body` what was posted."""

    endpoint: str
    params: dict[str, str]
    body: bytes

    def text(self, name: str) -> str:
        """A parameter without the spaces around it; empty when absent."""
        return self.params.get(name, "").strip()

    def whole(self, name: str, default: int) -> int:
        """400 when it is not a whole number."""
        raw = self.text(name)
        if not raw:
            return default
        try:
            return int(raw)
        except ValueError as error:
            raise bad_parameter(f"{name} must be a whole number.", raw[:80]) from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A parameter that is yes or no: 1 and true mean yes."""
        raw = self.text(name).lower()
        return raw in {"1", "true"} if raw else default

    def domain(self) -> int:
        """400 without one, 405 for one Keepa does not know."""
        if not self.text("domain"):
            raise bad_parameter("domain is missing.")
        domain = self.whole("domain", 0)
        if domain not in KNOWN_DOMAINS:
            raise out_of_range("There is no such domain.", str(domain))
        return domain

    def asins(self) -> list[str]:
        """1 to 100 distinct ASINs; 400 on a malformed one."""
        asins = _split(self.text("asin"))
        for asin in asins:
            if not _ASIN.fullmatch(asin):
                raise bad_parameter("This is not an ASIN.", asin[:80])
        return asins

    def codes(self) -> list[str]:
        """1 to 100 distinct UPC, EAN or ISBN-13; 400 on a malformed one."""
        codes = _split(self.text("code"))
        for code in codes:
            if not code.isdigit() or not 8 <= len(code) <= 14:
                raise bad_parameter("This is not a UPC, EAN or ISBN-13.", code[:80])
        return codes

    def interval(self, now: int) -> Interval | None:
        """`stats=`: a number of days, or two dates (ISO days or unix milliseconds)."""
        raw = self.text("stats")
        if not raw or raw == "0":
            return None
        if "," not in raw:
            days = self.whole("stats", 0)
            if days < 0:
                raise out_of_range("stats must be a positive number of days.", raw)
            return Interval(now - days * DAY, now)
        first, _, last = raw.partition(",")
        start, end = _moment(first), _moment(last)
        if end <= start:
            raise bad_parameter("The stats interval ends before it starts.", raw)
        return Interval(start, min(end, now))

    def days(self) -> int | None:
        """The length of history asked for; None for all of it, 405 below one day."""
        if not self.text("days"):
            return None
        days = self.whole("days", 0)
        if days < 1:
            raise out_of_range("days must be positive.", str(days))
        return days

    def offers(self) -> int:
        """20 to 100, or 0 when not asked; 405 outside."""
        if not self.text("offers"):
            return 0
        offers = self.whole("offers", 0)
        if not 20 <= offers <= 100:
            raise out_of_range("offers must be between 20 and 100.", str(offers))
        return offers

    def selection(self) -> object:
        """The Product Finder selection, from the posted body or from `selection=`."""
        raw: str | bytes = self.body or self.text("selection")
        if not raw:
            raise bad_parameter("selection is missing.")
        try:
            selection: object = json.loads(raw)
        except ValueError as error:
            raise bad_parameter("The selection is not JSON.", str(error)) from error
        return selection


def _split(raw: str) -> list[str]:
    values = [value.strip().upper() for value in raw.split(",") if value.strip()]
    distinct = list(dict.fromkeys(values))
    if not distinct:
        raise bad_parameter("Neither asin nor code was given.")
    if len(distinct) > _MOST_CODES:
        raise bad_parameter("At most 100 products can be asked for at once.", str(len(distinct)))
    return distinct


def _moment(raw: str) -> int:
    raw = raw.strip()
    if raw.isdigit():
        return int(raw) // 60_000 - EPOCH_OFFSET_MINUTES
    try:
        return keepa_minutes(datetime.fromisoformat(raw).replace(tzinfo=UTC))
    except ValueError as error:
        raise bad_parameter("Not a date.", raw[:80]) from error
