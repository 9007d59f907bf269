"""What the admin pages of both apps share: they configure, what they compute lives elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from discovery.models.cache import ExpiringQuerySet


class InspectAdmin(ModelAdmin):
    """Rows that record what happened: shown, searched, never written by hand.

    ``may_delete`` lets a row be removed where removing it tells no lie.
    """

    may_delete = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and super().has_delete_permission(request, obj)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions of a page whose rows nobody edits."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")


class InspectInline(TabularInline):
    """Rows shown on the page of another row, never written by hand."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LiveFilter(admin.SimpleListFilter):
    """Answers that are still given, or no longer."""

    title = _("freshness")
    parameter_name = "live"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> Iterable[tuple[str, Any]]:
        return (("yes", _("live")), ("no", _("expired")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not isinstance(queryset, ExpiringQuerySet) or self.value() not in {"yes", "no"}:
            return None
        now = timezone.now()
        return queryset.live(now=now) if self.value() == "yes" else queryset.expired(now=now)


@admin.display(description=_("live"), boolean=True)
def is_live(entry: Any) -> bool:
    """Whether the entry has not expired yet: a column of a list."""
    return bool(entry.expires_at > timezone.now())


def pretty(field: str, description: Any) -> Callable[[Any, Model], SafeString]:
    """A method of an admin page that shows a JSON field indented, in its own letters."""

    @admin.display(description=description, empty_value="-")
    def shown(_page: Any, row: Model) -> SafeString:
        value = getattr(row, field)
        if value is None:
            return SafeString("-")
        text = json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
        return format_html('<pre class="whitespace-pre-wrap break-words text-xs">{}</pre>', text)

    return shown
