"""Numbers as the reader's language writes them; ``numbers`` reads what people type."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EM DASH}"

# ISO 4217 code -> (symbol, decimals). A dollar that is not the United States' says whose it is.
CURRENCIES = {
    "EUR": ("€", 2),
    "USD": ("$", 2),
    "GBP": ("£", 2),
    "JPY": ("¥", 0),
    "CAD": ("CA$", 2),
    "INR": ("₹", 2),
    "MXN": ("MX$", 2),
    "BRL": ("R$", 2),
}

Number = Decimal | float | int


def number(value: Number | None, decimals: int = 0, *, rounding: str = ROUND_HALF_UP) -> str:
    """``10 000`` in French, ``10,000`` in English; a dash for what is unknown.

    Rounded to ``decimals``, halves away from zero, unless ``rounding`` (of ``decimal``) says other.
    """
    if value is None:
        return MISSING
    amount = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding)
    # Django alone would cut the decimals off.
    text = number_format(abs(amount), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return f"{MINUS}{text}" if amount < 0 else text


def exact(value: Number) -> str:
    """A number with the decimals it has and no more: ``8,4034``."""
    return number(value, max(0, -int(Decimal(str(value)).normalize().as_tuple().exponent)))


def money(amount: Number | None, currency: str) -> str:
    """An amount with its currency, in the currency's own decimals: ``12,50 €``, ``€12.50``."""
    if amount is None:
        return MISSING
    symbol, decimals = CURRENCIES.get(currency, (currency, 2))
    text = number(amount, decimals)
    if not symbol:
        return text
    if _is_french():
        return f"{text}{NBSP}{symbol}"
    gap = NBSP if symbol == currency else ""
    if text.startswith(MINUS):
        return f"{MINUS}{symbol}{gap}{text[1:]}"
    return f"{symbol}{gap}{text}"


def amount(value: Number, currency: str) -> str:
    """An amount where its currency is said beside it, in the currency's own decimals: ``12,50``."""
    return number(value, CURRENCIES.get(currency, (currency, 2))[1])


def symbol(currency: str) -> str:
    """The sign of a currency, or its code."""
    return CURRENCIES.get(currency, (currency, 2))[0]


def percent(value: Number | None, decimals: int = 0) -> str:
    """``30 %`` in French, ``30%`` in English; 30 means thirty per cent.

    Decimals are cut off, not rounded: a ROI of 29.6 must not look like the 30 that was missed.
    """
    if value is None:
        return MISSING
    text = number(value, decimals, rounding=ROUND_DOWN)
    return f"{text}{NBSP if _is_french() else ''}%"


def tokens(count: int) -> str:
    """A number of Keepa tokens: ``61 jetons``."""
    return _counted(ngettext("%(count)s token", "%(count)s tokens", abs(count)), count)


def spent(count: int) -> str:
    """Tokens paid, in agreement with their number: ``0 jeton dépensé``."""
    return _counted(ngettext("%(count)s token spent", "%(count)s tokens spent", abs(count)), count)


def duration(milliseconds: int | None) -> str:
    """A time taken: ``40 ms``, ``1,2 s`` or ``2 min 5 s``."""
    if milliseconds is None:
        return MISSING
    if milliseconds < 1000:
        return f"{number(milliseconds)}{NBSP}ms"
    if milliseconds < 60_000:
        return f"{number(milliseconds / 1000, 1)}{NBSP}s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}{NBSP}min{NBSP}{seconds}{NBSP}s"


def age(span: timedelta) -> str:
    """How long ago, in one unit, rounded down: ``12 minutes``, ``3 hours``, ``2 days``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return _counted(ngettext("%(count)s minute", "%(count)s minutes", minutes), minutes)
    hours = minutes // 60
    if hours < 48:
        return _counted(ngettext("%(count)s hour", "%(count)s hours", hours), hours)
    days = hours // 24
    return _counted(ngettext("%(count)s day", "%(count)s days", days), days)


def wait(seconds: float | None) -> str:
    """How long to wait, rounded up to whole seconds or minutes; ``3 h 28 min`` from two hours."""
    whole = max(1, -int(-(seconds or 0) // 1))
    if whole < 90:
        return _counted(ngettext("%(count)s second", "%(count)s seconds", whole), whole)
    minutes = -(-whole // 60)
    if minutes >= 120:
        hours, rest = divmod(minutes, 60)
        return _("%(hours)s h %(minutes)s min") % {"hours": number(hours), "minutes": f"{rest:02}"}
    return _counted(ngettext("%(count)s minute", "%(count)s minutes", minutes), minutes)


def size(octets: int | None) -> str:
    """A size in kB (1000 octets) or MB."""
    if octets is None:
        return MISSING
    if octets < 1_000_000:
        return _("%(size)s kB") % {"size": number(octets / 1000)}
    return _("%(size)s MB") % {"size": number(octets / 1_000_000, 1)}


def when(moment: datetime | None) -> str:
    """A moment in the site's time zone: ``24 nov. 2025 06:38``."""
    if moment is None:
        return MISSING
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def month(moment: datetime) -> str:
    """A month and its year as an axis shows them: ``janv. 2026``."""
    return f"{_months()[moment.month - 1]}{NBSP}{moment.year}"


def day(moment: datetime) -> str:
    """A day of the year as an axis shows it: ``12 janv.``, ``Jan 12``."""
    name = _months()[moment.month - 1]
    return _("%(month)s %(day)s") % {"month": name, "day": f"{moment.day}"}


def _months() -> tuple[str, ...]:
    # Django's own short names are those of English magazines, or cut French ones off anywhere.
    return (
        pgettext("month", "Jan"),
        pgettext("month", "Feb"),
        pgettext("month", "Mar"),
        pgettext("month", "Apr"),
        pgettext("month", "May"),
        pgettext("month", "Jun"),
        pgettext("month", "Jul"),
        pgettext("month", "Aug"),
        pgettext("month", "Sep"),
        pgettext("month", "Oct"),
        pgettext("month", "Nov"),
        pgettext("month", "Dec"),
    )


def _counted(template: str, count: int) -> str:
    return template % {"count": number(count)}


def _is_french() -> bool:
    return (get_language() or "fr").startswith("fr")
