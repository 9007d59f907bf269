"""The pages of discovery. Addresses are French, as the site is by default."""

from __future__ import annotations

from django.urls import path

from discovery.views import export, niches, runs

app_name = "discovery"
urlpatterns = [
    path("niches/", niches.niches, name="niches"),
    path("niches/recherche/", niches.search, name="search"),
    path("niches/devis/", niches.quote_fragment, name="quote"),
    path("niches/categories/", niches.category_fragment, name="categories"),
    path("niches/<int:niche_id>/lancer/", niches.run_niche, name="run_niche"),
    path("niches/recherche/<uuid:run_id>/", runs.run, name="run"),
    path("niches/recherche/<uuid:run_id>/progression/", runs.progress, name="progress"),
    path("niches/recherche/<uuid:run_id>/annuler/", runs.cancel, name="cancel"),
    path("niches/recherche/<uuid:run_id>/relancer/", runs.rerun, name="rerun"),
    path("niches/recherche/<uuid:run_id>/export.csv", export.export, name="export"),
]
