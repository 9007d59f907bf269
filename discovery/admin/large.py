"""Lists of tables that only grow: they open as fast with ten million rows as with ten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.core.paginator import Paginator
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin

MOST_COUNTED = 10_000  # rows of a list; who wants others narrows it, to a month for example
NEWEST = 10_000  # rows in which the values of a filter are looked for


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts ``MOST_COUNTED`` rows at most, and has no page beyond them."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as they are counted."""
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count())


class NewestValuesFilter(AllValuesFieldListFilter):
    """The values that occur in the newest rows, not in all there are."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        rows = field.model._default_manager.order_by("-created_at")
        values: Any = set(rows.values_list(field.name, flat=True)[:NEWEST])
        choices: Any = sorted(values, key=lambda value: (value is None, value or ""))
        self.lookup_choices = choices


class MonthFilter(admin.SimpleListFilter):
    """The month of ``created_at``, the latest first, in UTC."""

    title = _("Month")
    parameter_name = "month"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> Iterator[tuple[str, str]]:
        rows = model_admin.get_queryset(request).filter(created_at__year__gte=2000)
        oldest = rows.order_by().aggregate(at=Min("created_at"))["at"]
        now = timezone.now().astimezone(UTC)
        year, month = now.year, now.month
        while oldest is not None and (year, month) >= (oldest.year, oldest.month):
            yield (name := f"{year}-{month:02}"), name
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not self.value():
            return None
        try:
            start = datetime.strptime(str(self.value()), "%Y-%m").replace(tzinfo=UTC)
        except ValueError:
            return queryset.none()
        year, month = (start.year, start.month + 1) if start.month < 12 else (start.year + 1, 1)
        end = start.replace(year=year, month=month)
        return queryset.filter(created_at__gte=start, created_at__lt=end)


class LargeAdmin(InspectAdmin):
    """The rows are counted up to a limit, and narrowed by month."""

    paginator = BoundedPaginator
    show_full_result_count = False
