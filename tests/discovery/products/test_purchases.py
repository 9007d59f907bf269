"""What was bought and sold: amounts worked out by hand, under each VAT regime."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import ProductCost, ProductDecision, Purchase, Sale
from discovery.products.decisions import forget_decision, record_decision
from discovery.products.purchase_queries import Narrowing, Stock, purchases_of, shown_purchase
from discovery.products.purchase_totals import months_of, totals_of
from discovery.products.purchases import (
    Bought,
    FewerThanSold,
    HasSales,
    MoreThanBought,
    change_purchase,
    delete_purchase,
    strike_sale,
)
from discovery.products.scored import StatedCost, from_breakdown
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.scoring import VatBasis, facts_from_json, profit_at, score
from tests.discovery.products.buying import DAY, LAMP, buy, profile_under, sell
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db
EXCLUDED, INCLUDED = VatBasis.EXCLUDED, VatBasis.INCLUDED


@pytest.fixture
def anne() -> User:
    ensure_shipped_profiles()
    return User.objects.create_user("anne")


def totals(user: User, **narrowing: Any) -> dict[str, Any]:
    found = totals_of(owner=user, narrowing=Narrowing(**narrowing))
    return {total.currency: total for total in found}


class TestMoney:
    @pytest.mark.parametrize(
        ("regime", "cost", "basis", "net", "due", "profit"),
        [
            # 20 % of VAT: 10 without is 12 with it; 24 holds 4, a margin of 12 holds 2.
            ("reel", "10", EXCLUDED, "10", "4", "4"),
            ("reel", "12", INCLUDED, "10", "4", "4"),
            ("franchise", "10", EXCLUDED, "12", "0", "6"),
            ("franchise", "12", INCLUDED, "12", "0", "6"),
            ("margin", "12", INCLUDED, "12", "2", "4"),
        ],
    )
    def test_the_vat_regime_is_respected(
        self, anne: User, regime: str, cost: str, basis: VatBasis, net: str, due: str, profit: str
    ) -> None:
        purchase = buy(anne, cost, vat=basis, profile=profile_under(regime, anne))
        sale = sell(purchase, "24", received="18")
        assert purchase.cost_paid == 12
        assert purchase.cost_net == Decimal(net)
        assert sale.vat_due == Decimal(due)
        assert totals(anne)["EUR"].profit == Decimal(profit)

    def test_a_loss_is_a_loss_and_no_vat_comes_back_on_the_margin(self, anne: User) -> None:
        purchase = buy(anne, "12", 2, profile=profile_under("margin", anne))
        sell(purchase, "10", received="6")
        total = totals(anne)["EUR"]
        assert (total.profit, total.stock, total.revenue) == (-6, 12, 10)

    def test_what_is_partly_sold_is_partly_in_stock(self, anne: User) -> None:
        purchase = buy(anne, "6", 10, vat=EXCLUDED, profile=profile_under("reel", anne))
        sell(purchase, "12", received="9.50", quantity=3)
        sell(purchase, "15", received="11.25", quantity=2, on=date(2026, 11, 9))
        line: Any = shown_purchase(owner=anne, purchase_id=purchase.pk)
        # (9.50 - 2 - 6) x 3 + (11.25 - 2.50 - 6) x 2
        assert (line.sold, line.left, line.profit) == (5, 5, Decimal("10.00"))
        assert (line.invested, line.tied_up, line.revenue) == (60, 30, 66)
        assert line.expected is None

    def test_currencies_are_never_added_up(self, anne: User) -> None:
        exempt = profile_under("franchise", anne)
        sell(buy(anne, "10", 2, profile=exempt), "30", received="20")
        sell(buy(anne, "4", 3, market="us", profile=exempt), "9", received="7", quantity=3)
        buy(anne, "5", market="de", profile=exempt)
        found = totals_of(owner=anne, narrowing=Narrowing())
        assert [total.currency for total in found] == ["EUR", "USD"]
        euros: Any
        dollars: Any
        euros, dollars = found
        assert (euros.invested, euros.profit, euros.stock, euros.sold) == (25, 10, 15, 1)
        assert (dollars.invested, dollars.profit, dollars.stock, dollars.bought) == (12, 9, 0, 3)

    def test_nobody_elses_purchases_are_in_the_totals(self, anne: User) -> None:
        buy(User.objects.create_user("paul"), "10")
        assert totals(anne) == {}

    def test_months_hold_what_their_sales_earned(self, anne: User) -> None:
        purchase = buy(anne, "10", 5, profile=profile_under("franchise", anne))
        sell(purchase, "20", received="15", on=date(2026, 10, 6))
        sell(purchase, "20", received="16", on=date(2026, 10, 31))
        sell(purchase, "8", received="5", on=date(2026, 11, 1))
        months: Any = months_of(owner=anne, narrowing=Narrowing())["EUR"]
        assert [(month.first, month.profit) for month in months] == [
            (date(2026, 10, 1), 11),
            (date(2026, 11, 1), -5),
        ]


class TestEstimates:
    def test_what_amazon_pays_is_worked_out_where_it_is_not_said(self, anne: User) -> None:
        product = stored()
        profile = active_profile(user=anne)
        purchase = buy(anne, "8", market="us", asin=ASIN, profile=profile)
        sale = sell(purchase, "30")
        assert sale.is_estimated
        assert sale.received is not None
        facts = facts_from_json(product.facts["facts"])
        account = score(facts, profile.settings, now=purchase.created_at, cost=Decimal(8))
        assert account.sell_price == 30
        assert account.fees is not None
        assert sale.received == 30 - account.fees.amazon
        profit = profit_at(
            facts, profile.settings, price=Decimal(30), cost=Decimal(8), now=purchase.created_at
        )
        assert sale.received - sale.vat_due - purchase.cost_net == profit + account.fees.own

    def test_of_a_product_nobody_knows_the_profit_stays_unknown_and_is_said_so(
        self, anne: User
    ) -> None:
        purchase = buy(anne, "10", 2)
        assert sell(purchase, "30").received is None
        total = totals(anne)["EUR"]
        assert (total.sold, total.profit, total.untold) == (1, 0, 1)
        assert shown_purchase(owner=anne, purchase_id=purchase.pk).profit is None


class TestBuying:
    def test_a_purchase_keeps_the_score_of_its_moment(self, anne: User) -> None:
        product = stored()
        profile = active_profile(slug="prudent", user=anne)
        purchase = buy(anne, "8", 3, market="us", asin=ASIN, profile=profile)
        facts = facts_from_json(product.facts["facts"])
        now = score(facts, profile.settings, now=purchase.created_at, cost=Decimal(8))
        assert purchase.score
        card, then = from_breakdown(purchase.score)
        assert purchase.title == card.title
        assert (then.profit, then.verdict) == (now.profit, now.verdict)
        assert purchase.expected_profit == now.profit
        assert purchase.verdict == now.shown_verdict
        assert purchase.engine_version == now.engine_version
        assert (purchase.profile_slug, purchase.profile_revision) == ("prudent", 1)
        line = shown_purchase(owner=anne, purchase_id=purchase.pk)
        assert now.profit is not None
        assert line.expected == 3 * now.profit

    def test_without_anything_stored_there_is_no_score(self, anne: User) -> None:
        purchase = buy(anne, "8")
        assert (purchase.score, purchase.verdict, purchase.roi_percent) == (None, "", None)

    def test_its_cost_is_the_cost_of_the_product_everywhere(self, anne: User) -> None:
        buy(anne, "8.40", vat=EXCLUDED)
        cost = ProductCost.objects.get(user=anne, marketplace="fr", asin=LAMP)
        assert (cost.cost, cost.cost_vat, cost.source) == (Decimal("8.4"), "excl", "bought")

    @pytest.mark.parametrize(("typed_since", "cost"), [(False, "8.40"), (True, "7")])
    def test_put_right_it_is_that_of_the_product_unless_another_was_typed_since(
        self, anne: User, typed_since: bool, cost: str
    ) -> None:
        purchase = buy(anne, "84")
        if typed_since:
            ProductCost.objects.update(cost=7, source="typed")
        meant = Bought(StatedCost(Decimal("8.40"), EXCLUDED))
        change_purchase(user=anne, purchase_id=purchase.pk, bought=meant)
        known = ProductCost.objects.get()
        assert known.cost == Decimal(cost)
        assert known.cost_vat == ("incl" if typed_since else "excl")

    def test_bought_in_the_log_is_a_purchase(self, anne: User) -> None:
        decision = record_decision(
            user=anne,
            marketplace="fr",
            asin=LAMP,
            kind=ProductDecision.Kind.BOUGHT,
            price=Decimal("8.40"),
            cost_vat=EXCLUDED,
            bought_on=DAY,
            place="Vinted",
            note="lot",
        )
        purchase = Purchase.objects.get()
        assert purchase.decision == decision
        assert (purchase.quantity, purchase.bought_on, purchase.place) == (1, DAY, "Vinted")
        assert (purchase.unit_cost, purchase.cost_vat) == (Decimal("8.4"), "excl")

    @pytest.mark.parametrize("kind", ["ignored", "note"])
    def test_no_other_line_of_the_log_is(self, anne: User, kind: str) -> None:
        record_decision(
            user=anne, marketplace="fr", asin=LAMP, kind=ProductDecision.Kind(kind), note="no"
        )
        assert not Purchase.objects.exists()


class TestPuttingRight:
    def test_never_more_is_sold_than_was_bought(self, anne: User) -> None:
        purchase = buy(anne, "8", 3)
        sell(purchase, "20", received="15", quantity=2)
        with pytest.raises(MoreThanBought) as refused:
            sell(purchase, "20", received="15", quantity=2)
        assert refused.value.left == 1
        sell(purchase, "20", received="15")
        with pytest.raises(MoreThanBought):
            sell(purchase, "20", received="15")
        assert Sale.objects.count() == 2

    def test_nor_is_the_quantity_brought_below_what_is_sold(self, anne: User) -> None:
        purchase = buy(anne, "8", 3)
        sell(purchase, "20", received="15", quantity=2)
        said = Bought(StatedCost(Decimal(8), INCLUDED), 1, DAY)
        with pytest.raises(FewerThanSold):
            change_purchase(user=anne, purchase_id=purchase.pk, bought=said)

    def test_another_cost_changes_the_vat_on_the_margin_of_what_is_sold(self, anne: User) -> None:
        purchase = buy(anne, "12", profile=profile_under("margin", anne))
        sell(purchase, "24", received="18")
        said = Bought(StatedCost(Decimal(18), INCLUDED), 1, DAY)
        change_purchase(user=anne, purchase_id=purchase.pk, bought=said)
        assert Sale.objects.get().vat_due == 1
        assert totals(anne)["EUR"].profit == -1

    def test_a_sale_struck_out_is_in_stock_again(self, anne: User) -> None:
        purchase = buy(anne, "8")
        sale = sell(purchase, "20", received="15")
        assert strike_sale(user=anne, purchase_id=purchase.pk, sale_id=sale.pk)
        assert totals(anne)["EUR"].profit == 0
        assert not strike_sale(user=anne, purchase_id=purchase.pk, sale_id=sale.pk)

    def test_a_line_struck_out_of_the_log_takes_its_purchase_along_unless_sold(
        self, anne: User
    ) -> None:
        decisions = [
            record_decision(
                user=anne,
                marketplace="fr",
                asin=LAMP,
                kind=ProductDecision.Kind.BOUGHT,
                price=Decimal(8),
                bought_on=DAY,
            )
            for _time in range(2)
        ]
        sell(Purchase.objects.get(decision=decisions[0]), "20", received="15")
        with pytest.raises(HasSales):
            forget_decision(user=anne, decision_id=decisions[0].pk)
        assert forget_decision(user=anne, decision_id=decisions[1].pk)
        assert [purchase.decision for purchase in Purchase.objects.all()] == [decisions[0]]

    def test_a_purchase_deleted_leaves_the_log_too(self, anne: User) -> None:
        record_decision(
            user=anne,
            marketplace="fr",
            asin=LAMP,
            kind=ProductDecision.Kind.BOUGHT,
            price=Decimal(8),
            bought_on=DAY,
        )
        purchase = Purchase.objects.get()
        sell(purchase, "20", received="15")
        delete_purchase(user=anne, purchase_id=purchase.pk)
        assert not ProductDecision.objects.exists()
        assert not Sale.objects.exists()

    def test_of_somebody_else_nothing_is_changed(self, anne: User) -> None:
        purchase = buy(User.objects.create_user("paul"), "8")
        said = Bought(StatedCost(Decimal(1), INCLUDED))
        with pytest.raises(Purchase.DoesNotExist):
            change_purchase(user=anne, purchase_id=purchase.pk, bought=said)
        with pytest.raises(Purchase.DoesNotExist):
            delete_purchase(user=anne, purchase_id=purchase.pk)


class TestNarrowing:
    def test_by_stock_by_words_and_sorted(self, anne: User) -> None:
        out = buy(anne, "8", place="Vinted", note="lampe bleue")
        sell(out, "20", received="15")
        some = buy(anne, "2", 5, asin="B00LIVRE01", place="Emmaüs", bought_on=date(2026, 10, 6))

        def found(**narrowing: Any) -> list[Purchase]:
            return list(purchases_of(owner=anne, narrowing=Narrowing(**narrowing)))

        assert found() == [some, out]
        assert found(sort="date", is_descending=False) == [out, some]
        assert found(sort="profit") == [out, some]
        assert found(sort="tied_up") == [some, out]
        assert found(stock=Stock.LEFT) == [some]
        assert found(stock=Stock.SOLD_OUT) == [out]
        assert found(words="lampe VINTED") == [out]
        assert found(words="livre0") == [some]
        assert found(words="100%") == []
        assert totals(anne, stock=Stock.LEFT)["EUR"].invested == some.cost_net * 5
