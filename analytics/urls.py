"""The pages of analytics."""

from __future__ import annotations

from django.urls import path

from analytics.views import dashboard, history

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("historique/", history.history, name="history"),
]
