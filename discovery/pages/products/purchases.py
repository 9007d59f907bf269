"""Mes achats: what was bought and sold, what it earned, and what is still in stock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import ProductDecision, Purchase, Sale
from discovery.pages.choices import default_marketplace
from discovery.pages.products.month_chart import MonthChart, month_chart
from discovery.pages.products.purchase_forms import (
    AddForm,
    ChangeForm,
    SaleForm,
    narrowing_of,
)
from discovery.products import decisions, purchase_queries, purchases
from discovery.products.purchase_queries import Narrowing, ShownPurchase, Stock
from discovery.products.purchase_totals import Totals, months_of, totals_of
from discovery.profiles.service import UnknownProfile, active_profile, all_profiles
from discovery.runs.own_costs import score_lines_anew

STOCKS = {
    Stock.ALL: gettext_noop("All"),
    Stock.LEFT: gettext_noop("In stock"),
    Stock.SOLD_OUT: gettext_noop("Sold out"),
}
SORTS = {
    "-date": gettext_noop("Newest first"),
    "date": gettext_noop("Oldest first"),
    "title": gettext_noop("Title"),
    "-left": gettext_noop("Most units left"),
    "-tied_up": gettext_noop("Most money tied up"),
    "-profit": gettext_noop("Best profit"),
    "profit": gettext_noop("Worst profit"),
}


@dataclass(frozen=True, slots=True)
class PurchasesPage:
    """Everything the list shows; ``is_empty``: nothing was ever bought."""

    lines: list[ShownPurchase]
    page: Page[Purchase]
    totals: tuple[Totals, ...]
    charts: tuple[MonthChart, ...]
    narrowing: Narrowing
    sort: str
    stocks: tuple[tuple[str, str], ...]
    sorts: tuple[tuple[str, str], ...]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class PurchasePage:
    """Everything the page of one purchase shows; ``profile`` is the name of that it was judged by.

    Of a profile that is no more, it is what it was known by.
    """

    line: ShownPurchase
    profile: str
    sales: tuple[Sale, ...]
    change_form: ChangeForm
    sale_form: SaleForm
    places: tuple[str, ...]


@never_cache
@require_safe
def purchases_page(request: HttpRequest) -> HttpResponse:
    """The user's purchases: ``?stock=&q=&sort=&page=``. Spends no token."""
    user, narrowing = signed_in(request), narrowing_of(request.GET)
    page = purchase_queries.page_of_purchases(
        owner=user, narrowing=narrowing, number=request.GET.get("page", "1")
    )
    months = months_of(owner=user, narrowing=narrowing)
    is_all = replace(narrowing, sort="", is_descending=True) == Narrowing(sort="")
    context = PurchasesPage(
        lines=purchase_queries.shown(list(page)),
        page=page,
        totals=totals_of(owner=user, narrowing=narrowing),
        charts=tuple(
            month_chart(found, currency=currency, today=timezone.localdate())
            for currency, found in months.items()
        ),
        narrowing=narrowing,
        sort=f"{'-' if narrowing.is_descending else ''}{narrowing.sort}",
        stocks=tuple((stock, _(label)) for stock, label in STOCKS.items()),
        sorts=tuple((sort, _(label)) for sort, label in SORTS.items()),
        is_empty=is_all and not page.paginator.count,
    )
    return render(request, "discovery/products/purchases.html", {"page": context})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A purchase said by hand; ``?marketplace=&asin=&cost=&cost_vat=&quantity=&profile=`` fill it.

    It is in the log of its product too.
    """
    user, asked = signed_in(request), request.GET
    marketplace = asked.get("marketplace", "")
    if marketplace not in MARKETPLACES:
        marketplace = default_marketplace(signed_in(request))
    try:
        profile = active_profile(slug=asked.get("profile") or None, user=user)
    except UnknownProfile:
        profile = active_profile(user=user)
    usual = profile.settings.for_marketplace(marketplace).cost_vat
    said = {name: asked[name][:30] for name in ("asin", "cost", "quantity") if asked.get(name)}
    initial = said | {
        "marketplace": marketplace,
        "profile": profile.slug,
        "cost_vat": asked.get("cost_vat") or usual.value,
    }
    posted = request.POST if request.method == "POST" else None
    form = AddForm(posted, user=user, profiles=all_profiles(user=user), initial=initial)
    if posted is not None and form.is_valid():
        bought = form.bought()
        decision = decisions.record_decision(
            user=user,
            marketplace=form.cleaned_data["marketplace"],
            asin=form.cleaned_data["asin"],
            kind=ProductDecision.Kind.BOUGHT,
            price=bought.cost.amount,
            cost_vat=bought.cost.vat,
            quantity=bought.quantity,
            note=bought.note,
            bought_on=bought.bought_on,
            place=bought.place,
            profile=form.chosen_profile,
        )
        _score_anew(request, decision.purchase)
        messages.success(request, _("The purchase is noted."))
        return redirect("discovery:purchase", decision.purchase.pk)
    context = {"form": form, "places": purchase_queries.places_of(owner=user)}
    status = 422 if form.is_bound else 200
    return render(request, "discovery/products/purchase_add.html", {"page": context}, status=status)


@never_cache
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One purchase: what it cost, what was sold of it, what the score said that day."""
    return _shown(request, pk)


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what was said of a purchase."""
    form = ChangeForm(request.POST, purchase=_mine(request, pk))
    if form.is_valid():
        try:
            changed = purchases.change_purchase(
                user=signed_in(request), purchase_id=pk, bought=form.bought()
            )
        except purchases.FewerThanSold as error:
            form.add_error("quantity", str(error))
        else:
            _score_anew(request, changed)
            messages.success(request, _("The purchase is saved."))
            return redirect("discovery:purchase", pk)
    return _shown(request, pk, change_form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to delete a purchase with its sales, then do it."""
    _mine(request, pk)
    if request.method == "POST":
        purchases.delete_purchase(user=signed_in(request), purchase_id=pk)
        messages.success(request, _("The purchase is deleted."))
        return redirect("discovery:purchases")
    line = purchase_queries.shown_purchase(owner=signed_in(request), purchase_id=pk)
    return render(request, "discovery/products/purchase_delete.html", {"page": {"line": line}})


@require_POST
def add_sale(request: HttpRequest, pk: int) -> HttpResponse:
    """Note units sold of a purchase; never more than were bought."""
    form = SaleForm(request.POST, purchase=_mine(request, pk), left=1)
    if form.is_valid():
        try:
            purchases.record_sale(user=signed_in(request), purchase_id=pk, sold=form.sold())
        except purchases.MoreThanBought as error:
            form.add_error("quantity", str(error))
        else:
            messages.success(request, _("The sale is noted."))
            return redirect("discovery:purchase", pk)
    return _shown(request, pk, sale_form=form)


@require_POST
def strike_sale(request: HttpRequest, pk: int, sale_id: int) -> HttpResponse:
    """Strike a sale out: its units are in stock again."""
    if not purchases.strike_sale(user=signed_in(request), purchase_id=pk, sale_id=sale_id):
        raise Http404
    messages.success(request, _("The sale is struck out: its units are in stock again."))
    return redirect("discovery:purchase", pk)


def _shown(
    request: HttpRequest,
    pk: int,
    *,
    change_form: ChangeForm | None = None,
    sale_form: SaleForm | None = None,
) -> HttpResponse:
    user = signed_in(request)
    try:
        line = purchase_queries.shown_purchase(owner=user, purchase_id=pk)
    except Purchase.DoesNotExist:
        raise Http404 from None
    slug = line.purchase.profile_slug
    page = PurchasePage(
        line=line,
        profile=next((each.name for each in all_profiles(user=user) if each.slug == slug), slug),
        sales=tuple(line.purchase.sales.all()),
        change_form=change_form or ChangeForm(purchase=line.purchase),
        sale_form=sale_form or SaleForm(purchase=line.purchase, left=line.left),
        places=purchase_queries.places_of(owner=user),
    )
    status = 422 if change_form or sale_form else 200
    return render(request, "discovery/products/purchase.html", {"page": page}, status=status)


def _score_anew(request: HttpRequest, purchase: Purchase) -> None:
    """What was paid is what the product costs: the answers that hold it follow."""
    score_lines_anew(user=signed_in(request), marketplace=purchase.marketplace, asin=purchase.asin)


def _mine(request: HttpRequest, pk: int) -> Purchase:
    try:
        return purchases.purchase_of(user=signed_in(request), purchase_id=pk)
    except Purchase.DoesNotExist:
        raise Http404 from None
