"""The pages of discovery. Addresses are French, as the site is by default."""

from __future__ import annotations

from django.urls import path

from discovery.views import (
    export,
    favourites,
    list_export,
    lists,
    niche_actions,
    niches,
    products,
    runs,
)

app_name = "discovery"
urlpatterns = [
    path("niches/", niches.niches, name="niches"),
    path("niches/recherche/", niches.search, name="search"),
    path("niches/devis/", niches.quote_fragment, name="quote"),
    path("niches/categories/", niches.category_fragment, name="categories"),
    path("niches/<int:niche_id>/lancer/", niches.run_niche, name="run_niche"),
    path("niches/<int:niche_id>/dupliquer/", niche_actions.duplicate, name="duplicate_niche"),
    path("niches/<int:niche_id>/archiver/", niche_actions.archive, name="archive_niche"),
    path("niches/<int:niche_id>/desarchiver/", niche_actions.unarchive, name="unarchive_niche"),
    path("niches/<int:niche_id>/supprimer/", niche_actions.delete, name="delete_niche"),
    path("niches/<int:niche_id>/retablir/", niche_actions.undelete, name="undelete_niche"),
    path("listes/", lists.lists, name="lists"),
    path("listes/ajouter/", lists.add, name="add_list"),
    path("listes/<uuid:list_id>/", lists.one, name="list"),
    path("listes/<uuid:list_id>/devis/", lists.quote, name="list_quote"),
    path("listes/<uuid:list_id>/lancer/", lists.start, name="start_list"),
    path("listes/<uuid:list_id>/progression/", lists.progress, name="list_progress"),
    path("listes/<uuid:list_id>/annuler/", lists.cancel, name="cancel_list"),
    path("listes/<uuid:list_id>/reprendre/", lists.resume, name="resume_list"),
    path("listes/<uuid:list_id>/supprimer/", lists.delete, name="delete_list"),
    path("listes/<uuid:list_id>/export.csv", list_export.export, name="list_export"),
    path("favoris/", favourites.favourites, name="favourites"),
    path("produits/<slug:marketplace>/<slug:asin>/", products.product, name="product"),
    path("produits/<slug:marketplace>/<slug:asin>/favori/", products.favourite, name="favourite"),
    path("produits/<slug:marketplace>/<slug:asin>/decision/", products.decide, name="decide"),
    path(
        "produits/<slug:marketplace>/<slug:asin>/decision/<int:pk>/retirer/",
        products.strike_out,
        name="strike_out",
    ),
    path("niches/recherche/<uuid:run_id>/", runs.run, name="run"),
    path("niches/recherche/<uuid:run_id>/progression/", runs.progress, name="progress"),
    path("niches/recherche/<uuid:run_id>/annuler/", runs.cancel, name="cancel"),
    path("niches/recherche/<uuid:run_id>/relancer/", runs.rerun, name="rerun"),
    path("niches/recherche/<uuid:run_id>/export.csv", export.export, name="export"),
]
