"""Wiring only: what every database holds (profiles, the viewers' group), what runs every day."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def provide_profiles(**_signal: Any) -> None:
    from discovery.profiles.service import ensure_shipped_profiles

    ensure_shipped_profiles()


def provide_viewers(**_signal: Any) -> None:
    from discovery.accounts.roles import ensure_viewers

    ensure_viewers()


def declare_schedules(**_signal: Any) -> None:
    from django_q.models import Schedule

    from discovery.schedules import Declared, sync_schedules

    daily = Declared(
        "forget-deleted-niches", "discovery.tasks.forget_deleted_niches", Schedule.DAILY
    )
    waking = Declared(
        "wake-runs",
        "discovery.tasks.wake_runs",
        Schedule.MINUTES,
        minutes=1,
        is_silent=True,
    )
    sources = Declared("forget-list-sources", "discovery.tasks.forget_list_sources", Schedule.DAILY)
    purchases = Declared(
        "forget-purchase-files", "discovery.tasks.forget_purchase_files", is_silent=True
    )
    access = Declared("forget-old-access", "discovery.tasks.forget_old_access", Schedule.DAILY)
    rates = Declared("forget-api-rates", "discovery.tasks.forget_api_rates", is_silent=True)
    alerts = Declared(
        "deliver-alerts",
        "discovery.tasks.deliver_alerts",
        Schedule.MINUTES,
        minutes=1,
        is_silent=True,
    )
    planning = Declared(
        "plan-sourcing",
        "discovery.tasks.plan_sourcing",
        Schedule.MINUTES,
        minutes=1,
        is_silent=True,
    )
    reaching = Declared(
        "look-at-keepa",
        "discovery.tasks.look_at_keepa",
        Schedule.MINUTES,
        minutes=10,
        is_silent=True,
    )
    sync_schedules((access, alerts, daily, planning, purchases, rates, reaching, sources, waking))


class DiscoveryConfig(AppConfig):
    name = "discovery"
    verbose_name = _("Discovery")

    def ready(self) -> None:
        from django.contrib.auth import user_logged_in
        from django.contrib.auth.models import User
        from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
        from django_q.signals import post_spawn

        from discovery.accounts.endings import end_former_access, note_state
        from discovery.accounts.sessions import note_sign_in
        from discovery.accounts.token_memo import forget_tokens
        from discovery.models import ApiToken
        from discovery.runs.queue import watch_over_runs

        pre_save.connect(note_state, sender=User, dispatch_uid="discovery.state")
        post_save.connect(end_former_access, sender=User, dispatch_uid="discovery.endings")
        for model in (User, ApiToken):
            for signal in (post_save, post_delete):
                signal.connect(forget_tokens, sender=model, dispatch_uid="discovery.token-memo")
        m2m_changed.connect(
            forget_tokens, sender=User.groups.through, dispatch_uid="discovery.token-memo"
        )
        user_logged_in.connect(note_sign_in, dispatch_uid="discovery.sign-ins")
        post_spawn.connect(watch_over_runs, dispatch_uid="discovery.runs")
        post_migrate.connect(provide_profiles, sender=self, dispatch_uid="discovery.profiles")
        post_migrate.connect(provide_viewers, sender=self, dispatch_uid="discovery.viewers")
        post_migrate.connect(declare_schedules, sender=self, dispatch_uid="discovery.schedules")
