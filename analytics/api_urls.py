"""The addresses of the API, as Django reads them: loaded with the first request for one."""

from __future__ import annotations

from analytics.api import api

urlpatterns, app_name, namespace = api.urls
