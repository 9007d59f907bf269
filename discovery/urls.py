"""The pages of discovery. Addresses are French, as the site is by default."""

from __future__ import annotations

from django.urls import path

    account,
    configuration,
    export,
    favourites,
    members,
    niche_actions,
    niches,
    products,
    profiles,
    runs,
)
from discovery.views import (
from discovery.views import comparison, export, favourites, niche_actions, niches, products, runs

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
    path("configuration/", configuration.configuration, name="configuration"),
    path("configuration/keepa/", configuration.check_keepa, name="check_keepa"),
    path("configuration/notifications/", configuration.notify, name="notify"),
    path("configuration/jetons/", configuration.create_token, name="create_token"),
    path("configuration/jetons/<int:pk>/revoquer/", configuration.revoke_token, name="revoke"),
    path("configuration/profils/<slug:slug>/", profiles.profile, name="profile"),
    path("configuration/profils/<slug:slug>/copier/", profiles.copy, name="copy_profile"),
    path("configuration/profils/<slug:slug>/supprimer/", profiles.delete, name="delete_profile"),
    path("configuration/profils/<slug:slug>/defaut/", profiles.make_default, name="make_default"),
    path(
        "configuration/profils/<slug:slug>/revisions/<int:number>/retablir/",
        profiles.restore,
        name="restore_profile",
    ),
    path("favoris/", favourites.favourites, name="favourites"),
    path("produits/<slug:marketplace>/<slug:asin>/", products.product, name="product"),
    path("produits/<slug:marketplace>/<slug:asin>/verifier/", products.check, name="check"),
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
    path("niches/recherche/<uuid:run_id>/comparer/", comparison.compare_runs, name="compare_runs"),
    path("niches/recherche/<uuid:run_id>/export.csv", export.export, name="export"),
    path("mon-compte/", account.account, name="account"),
    path("mot-de-passe/oublie/", account.ForgottenPassword.as_view(), name="forgotten_password"),
    path(
        "mot-de-passe/oublie/envoye/",
        account.forgotten_password_sent,
        name="forgotten_password_sent",
    ),
    path(
        "mot-de-passe/choisir/<uidb64>/<token>/",
        account.ChoosePassword.as_view(),
        name="choose_password",
    ),
    path("membres/", members.members, name="members"),
    path("membres/<int:pk>/lien/", members.link, name="member_link"),
    path("membres/<int:pk>/role/", members.change_role, name="member_role"),
    path("membres/<int:pk>/desactiver/", members.deactivate, name="deactivate_member"),
    path("membres/<int:pk>/reactiver/", members.reactivate, name="reactivate_member"),
]
