"""The pages of discovery. Addresses are French, as the site is by default."""

from __future__ import annotations

from django.urls import path

from discovery.models import Run
from discovery.niches.service import Place
from discovery.pages import glossary, sharing, tables
from discovery.pages.accounts import (
    account,
    members,
    security,
    sign_in,
    single_sign_on,
    welcome,
)
from discovery.pages.lists import choices
from discovery.pages.lists import views as lists_views
from discovery.pages.niches import category_tree
from discovery.pages.niches import views as niches_views
from discovery.pages.one_box import views as one_box_views
from discovery.pages.products import (
    costs,
    favourites,
    marks,
    purchase_files,
    purchases,
    sourcing_links,
    why,
)
from discovery.pages.products import views as products_views
from discovery.pages.profiles import configuration
from discovery.pages.profiles import views as profiles_views
from discovery.pages.runs import buy_boxes, comparison, progress, selection
from discovery.pages.runs import export as runs_export
from discovery.pages.runs import views as runs_views
from discovery.pages.sourcing import alerts, picks
from discovery.pages.sourcing import jobs as jobs_views
from discovery.pages.sourcing import review as review_pages
from discovery.pages.sourcing import runs as sourcing_runs
from discovery.pages.sourcing import switch as sourcing_switch

app_name = "discovery"
# Searches and lists are runs: most of their pages differ only in the kind they serve.
TO_SAVED, TO_ARCHIVE = {"to": Place.SAVED}, {"to": Place.ARCHIVED}
TO_BIN, FROM_BIN = {"to": Place.DELETED}, {"to": Place.SAVED, "deleted": True}
SEARCH, LIST = {"kind": Run.Kind.SEARCH}, {"kind": Run.Kind.LIST}
SOURCING = {"kind": Run.Kind.SOURCING}
SHARED, PRIVATE = {"shared": True}, {"shared": False}

urlpatterns = [
    path("niches/", niches_views.niches, name="niches"),
    path("niches/recherche/", niches_views.search, name="search"),
    path("niches/devis/", niches_views.quote_fragment, name="quote"),
    path("niches/categories/arbre/", category_tree.tree, name="tree"),
    path("niches/categories/ouvrir/", category_tree.open_node, name="open_category"),
    path("niches/categories/choisir/", category_tree.choose, name="choose_category"),
    path("niches/categories/", niches_views.category_fragment, name="categories"),
    path("niches/<int:niche_id>/lancer/", niches_views.run_niche, name="run_niche"),
    path("niches/<int:niche_id>/dupliquer/", niches_views.duplicate, name="duplicate_niche"),
    path("niches/<int:niche_id>/archiver/", niches_views.move, TO_ARCHIVE, name="archive_niche"),
    path("niches/<int:niche_id>/desarchiver/", niches_views.move, TO_SAVED, name="unarchive_niche"),
    path("niches/<int:niche_id>/supprimer/", niches_views.move, TO_BIN, name="delete_niche"),
    path("niches/<int:niche_id>/retablir/", niches_views.move, FROM_BIN, name="undelete_niche"),
    path("niches/<int:niche_id>/partager/", sharing.set_niche, SHARED, name="share_niche"),
    path("niches/<int:niche_id>/ne-plus-partager/", sharing.set_niche, PRIVATE, name="keep_niche"),
    path("configuration/", configuration.configuration, name="configuration"),
    path("configuration/keepa/", configuration.check_keepa, name="check_keepa"),
    path("configuration/liens/", sourcing_links.sourcing_links, name="sourcing_links"),
    path("configuration/notifications/", configuration.notify, name="notify"),
    path("configuration/jetons/", configuration.create_token, name="create_token"),
    path("configuration/jetons/<int:pk>/revoquer/", configuration.revoke_token, name="revoke"),
    path("configuration/profils/<slug:slug>/", profiles_views.profile, name="profile"),
    path("configuration/profils/<slug:slug>/copier/", profiles_views.copy, name="copy_profile"),
    path(
        "configuration/profils/<slug:slug>/supprimer/", profiles_views.delete, name="delete_profile"
    ),
    path(
        "configuration/profils/<slug:slug>/defaut/",
        profiles_views.make_default,
        name="make_default",
    ),
    path(
        "configuration/profils/<slug:slug>/revisions/<int:number>/retablir/",
        profiles_views.restore,
        name="restore_profile",
    ),
    path("listes/", lists_views.lists, name="lists"),
    path("listes/ajouter/", lists_views.add, name="add_list"),
    path("listes/<uuid:run_id>/", lists_views.show, name="list"),
    path("listes/<uuid:run_id>/relire/", lists_views.correct, name="correct_list"),
    path("listes/<uuid:run_id>/lancer/", lists_views.start, name="start_list"),
    path("listes/<uuid:run_id>/progression/", progress.progress, LIST, name="list_progress"),
    path("listes/<uuid:run_id>/annuler/", progress.cancel, LIST, name="cancel_list"),
    path("listes/<uuid:run_id>/reprendre/", progress.resume, LIST, name="resume_list"),
    path("listes/<uuid:run_id>/partager/", sharing.set_run, LIST | SHARED, name="share_list"),
    path(
        "listes/<uuid:run_id>/ne-plus-partager/", sharing.set_run, LIST | PRIVATE, name="keep_list"
    ),
    path("listes/<uuid:run_id>/supprimer/", lists_views.delete, name="delete_list"),
    path(
        "listes/<uuid:run_id>/lignes/<int:pk>/choisir/",
        choices.choose_product,
        name="choose_product",
    ),
    path("listes/<uuid:run_id>/redemander/", choices.ask_codes_again, name="ask_codes_again"),
    path("listes/<uuid:run_id>/comparer/", comparison.compare_runs, LIST, name="compare_lists"),
    path("listes/<uuid:run_id>/selection/", selection.selection, LIST, name="list_selection"),
    path("listes/<uuid:run_id>/buy-box/", buy_boxes.buy, LIST, name="list_buy_boxes"),
    path("listes/<uuid:run_id>/export.csv", runs_export.export, LIST, name="list_export"),
    path("tableau/", tables.keep_table, name="keep_table"),
    path("tableau/filtres/", tables.keep_filter, name="keep_filter"),
    path("tableau/filtres/<int:pk>/supprimer/", tables.forget_filter, name="forget_filter"),
    path("recherche-rapide/", one_box_views.one_box, name="one_box"),
    path("recherche-rapide/verdict/", one_box_views.buy_verdict, name="buy_verdict"),
    path("lexique/", glossary.glossary, name="glossary"),
    path("favoris/", favourites.favourites, name="favourites"),
    path("achats/", purchases.purchases_page, name="purchases"),
    path("achats/ajouter/", purchases.add, name="add_purchase"),
    path("achats/export.csv", purchase_files.export, name="export_purchases"),
    path("achats/importer/", purchase_files.give, name="import_purchases"),
    path("achats/<int:pk>/", purchases.show, name="purchase"),
    path("achats/<int:pk>/modifier/", purchases.change, name="change_purchase"),
    path("achats/<int:pk>/supprimer/", purchases.delete, name="delete_purchase"),
    path("achats/<int:pk>/ventes/", purchases.add_sale, name="add_sale"),
    path(
        "achats/<int:pk>/ventes/<int:sale_id>/retirer/", purchases.strike_sale, name="strike_sale"
    ),
    path("favoris/selection/", favourites.selection, name="favourites_selection"),
    path("produits/annuler/", marks.undo, name="undo"),
    path("produits/<slug:marketplace>/<slug:asin>/marque/", marks.mark, name="mark"),
    path("produits/<slug:marketplace>/<slug:asin>/", products_views.product, name="product"),
    path("produits/<slug:marketplace>/<slug:asin>/pourquoi/", why.why, name="why"),
    path("produits/<slug:marketplace>/<slug:asin>/verifier/", products_views.check, name="check"),
    path(
        "produits/<slug:marketplace>/<slug:asin>/buy-box/",
        products_views.buy_buy_box,
        name="buy_box",
    ),
    path(
        "produits/<slug:marketplace>/<slug:asin>/favori/",
        products_views.favourite,
        name="favourite",
    ),
    path("produits/<slug:marketplace>/<slug:asin>/cout/", costs.cost, name="cost"),
    path("produits/<slug:marketplace>/<slug:asin>/decision/", products_views.decide, name="decide"),
    path(
        "produits/<slug:marketplace>/<slug:asin>/decision/<int:pk>/retirer/",
        products_views.strike_out,
        name="strike_out",
    ),
    path("niches/recherche/<uuid:run_id>/", runs_views.run, name="run"),
    path("niches/recherche/<uuid:run_id>/progression/", progress.progress, SEARCH, name="progress"),
    path("niches/recherche/<uuid:run_id>/annuler/", progress.cancel, SEARCH, name="cancel"),
    path("niches/recherche/<uuid:run_id>/reprendre/", progress.resume, SEARCH, name="resume"),
    path(
        "niches/recherche/<uuid:run_id>/partager/",
        sharing.set_run,
        SEARCH | SHARED,
        name="share_run",
    ),
    path(
        "niches/recherche/<uuid:run_id>/ne-plus-partager/",
        sharing.set_run,
        SEARCH | PRIVATE,
        name="keep_run",
    ),
    path("niches/recherche/<uuid:run_id>/relancer/", runs_views.rerun, name="rerun"),
    path(
        "niches/recherche/<uuid:run_id>/comparer/",
        comparison.compare_runs,
        SEARCH,
        name="compare_runs",
    ),
    path(
        "niches/recherche/<uuid:run_id>/selection/", selection.selection, SEARCH, name="selection"
    ),
    path("niches/recherche/<uuid:run_id>/buy-box/", buy_boxes.buy, SEARCH, name="buy_boxes"),
    path("niches/recherche/<uuid:run_id>/export.csv", runs_export.export, SEARCH, name="export"),
    path("autosourcing/veilles/", jobs_views.jobs, name="jobs"),
    path("autosourcing/veilles/nouvelle/", jobs_views.add, name="add_job"),
    path("autosourcing/veilles/prevision/", jobs_views.forecast_fragment, name="job_forecast"),
    path("autosourcing/veilles/<int:pk>/", jobs_views.job, name="job"),
    path("autosourcing/veilles/<int:pk>/modifier/", jobs_views.change, name="change_job"),
    path("autosourcing/veilles/<int:pk>/pause/", jobs_views.pause, name="pause_job"),
    path("autosourcing/veilles/<int:pk>/reprendre/", jobs_views.resume, name="resume_job"),
    path("autosourcing/veilles/<int:pk>/copier/", jobs_views.copy, name="copy_job"),
    path("autosourcing/veilles/<int:pk>/supprimer/", jobs_views.delete, name="delete_job"),
    path("autosourcing/veilles/<int:pk>/lancer/", jobs_views.run_now, name="run_job"),
    path("autosourcing/passages/<uuid:run_id>/", sourcing_runs.run, name="sourcing_run"),
    path(
        "autosourcing/passages/<uuid:run_id>/progression/",
        progress.progress,
        SOURCING,
        name="sourcing_progress",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/annuler/",
        progress.cancel,
        SOURCING,
        name="cancel_sourcing",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/reprendre/",
        progress.resume,
        SOURCING,
        name="resume_sourcing",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/comparer/",
        comparison.compare_runs,
        SOURCING,
        name="compare_sourcing",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/selection/",
        selection.selection,
        SOURCING,
        name="sourcing_selection",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/buy-box/",
        buy_boxes.buy,
        SOURCING,
        name="sourcing_buy_boxes",
    ),
    path(
        "autosourcing/passages/<uuid:run_id>/export.csv",
        runs_export.export,
        SOURCING,
        name="sourcing_export",
    ),
    path("autosourcing/", review_pages.review, name="review"),
    path("autosourcing/trouvailles/", picks.picks, name="picks"),
    path("autosourcing/trouvailles/export.csv", picks.export, name="export_picks"),
    path("autosourcing/trouvailles/<int:pk>/", picks.pick, name="pick"),
    path("autosourcing/trouvailles/<int:pk>/decision/", picks.decide, name="decide_pick"),
    path("autosourcing/interrupteur/", sourcing_switch.switch, name="sourcing_switch"),
    path("bienvenue/", welcome.welcome, name="welcome"),
    path("mon-compte/", account.account, name="account"),
    path("mon-compte/securite/", security.security, name="security"),
    path("mon-compte/securite/cle/", security.passkey_options, name="passkey_options"),
    path("connexion/oidc/", single_sign_on.start, name="oidc"),
    path("connexion/oidc/retour/", single_sign_on.callback, name="oidc_callback"),
    path("connexion/deuxieme-etape/", sign_in.second_factor_page, name="second_factor"),
    path("connexion/cle/", sign_in.passkey, name="passkey"),
    path("connexion/secours/<uidb64>/<token>/", sign_in.Emergency.as_view(), name="emergency"),
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
    path("membres/<int:pk>/deuxieme-etape/", members.reset_second_factor, name="reset_factor"),
    path("membres/<int:pk>/desactiver/", members.deactivate, name="deactivate_member"),
    path("membres/<int:pk>/reactiver/", members.reactivate, name="reactivate_member"),
    # --- alerts of AutoSourcing
    path("autosourcing/alertes/", alerts.alerts, name="alerts"),
    path("autosourcing/alertes/lues/", alerts.read_alerts, name="read_alerts"),
    path("autosourcing/alertes/reglages/", alerts.alert_settings, name="alert_settings"),
    path("autosourcing/alertes/reglages/courriel/", alerts.test_alert_mail, name="test_alert_mail"),
    path("autosourcing/alertes/canaux/", alerts.add_channel, name="add_channel"),
    path(
        "autosourcing/alertes/canaux/<int:pk>/supprimer/",
        alerts.delete_channel,
        name="delete_channel",
    ),
    path(
        "autosourcing/alertes/canaux/<int:pk>/interrupteur/",
        alerts.turn_channel,
        name="turn_channel",
    ),
    path("autosourcing/alertes/canaux/<int:pk>/essayer/", alerts.test_channel, name="test_channel"),
]
