"""What the client says and does when Keepa, or the network, answers, refuses or fails."""

from __future__ import annotations

import logging
import pickle
import traceback
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from django.utils import translation

from discovery.keepa.answers import FinderAnswer
from discovery.keepa.budget import TokenBudget
from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.keepa.errors import (
    BadRequest,
    GarbledAnswer,
    InvalidKey,
    KeepaError,
    KeepaRefused,
    KeepaRejected,
    KeepaTimeout,
    KeepaUnavailable,
    NotFound,
    ParameterOutOfRange,
    TokensExhausted,
)
from discovery.models import TokenLedgerEntry, TokenReservation
from tests.discovery.keepa.fakes import (
    KEY,
    FakeKeepa,
    charged_text,
    cut_off,
    failing,
    page,
    status,
    without,
)

Find = Any
pytestmark = pytest.mark.django_db


def ledger() -> list[tuple[str, str, int, int | None]]:
    return list(
        TokenLedgerEntry.objects.order_by("id").values_list(
            "endpoint", "outcome", "tokens_consumed", "http_status"
        )
    )


def spent() -> int:
    return sum(tokens for _, _, tokens, _ in ledger())


class TestAnswers:
    def test_a_search_returns_its_asins_and_what_it_cost(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.body = {"asinList": ["B000000001", "B000000002"], "totalResults": 2}
        answer = client.find({"perPage": 50}, marketplace="fr")
        assert answer.asins == ("B000000001", "B000000002")
        assert answer.tokens_spent == 11
        balance = client.budget.balance()
        assert balance is not None
        assert balance.left == 1189
        assert keepa.requests[-1].url.params["domain"] == "4"
        assert keepa.requests[-1].headers["accept-encoding"] == "gzip"

    def test_a_long_selection_is_sent_as_a_body(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        client.find({"perPage": 50, "title": "x" * 3000}, marketplace="us")
        request = keepa.requests[-1]
        assert request.method == "POST"
        assert b"xxx" in request.content
        assert "selection" not in request.url.params

    def test_the_balance_is_asked_once_and_then_remembered(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        find()
        find()
        assert keepa.paths == ["/token", "/query", "/query"]

    def test_the_balance_costs_nothing(self, client: KeepaClient) -> None:
        told = client.token_status()
        assert (told.left, told.capacity) == (1200, 1200)
        assert ledger() == [("token", "ok", 0, 200)]

    def test_every_asin_asked_for_is_accounted_for(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.body = {
            "products": [
                None,
                {"asin": "B000000003", "title": 5},
                {"asin": "B000000002", "productType": 4},
                {"asin": "B000000001", "title": "A book", "csv": [[1, 100]]},
            ]
        }
        asked = [f"B00000000{number}" for number in range(1, 5)]
        answer = client.products(asked, marketplace="us")
        assert list(answer.snapshots) == ["B000000001"]
        assert answer.missing == ("B000000002", "B000000004")
        assert answer.undecodable == ("B000000003",)
        assert answer.problems == {"B000000003": "title"}

    def test_a_product_without_an_asin_is_never_taken_for_a_missing_one(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.body = {"products": [{"asin": None}, "nonsense"]}
        answer = client.products(["B000000001"], marketplace="us")
        assert answer.missing == ()
        assert answer.undecodable == ("B000000001",)

    @pytest.mark.parametrize("told", [{}, {"products": None}, {"products": [None]}])
    def test_what_keepa_sends_nothing_about_is_not_found_and_costs_what_it_says(
        self, keepa: FakeKeepa, client: KeepaClient, told: dict[str, Any]
    ) -> None:
        keepa.body, keepa.cost = told, 2
        asked = ["B000000001", "B000000002"]
        answer = client.products(asked, marketplace="us")
        assert (answer.missing, answer.undecodable) == (tuple(asked), ())
        assert answer.tokens_spent == spent() == 2
        codes = client.products_by_code(["9780593655030"], marketplace="us")
        assert codes.missing_codes == ("9780593655030",)

    def test_offers_are_asked_of_twenty_products_at_most(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        asins = [f"B{number:09}" for number in range(21)]
        with pytest.raises(ValueError, match="20"):
            client.products(asins, marketplace="us", offers=20)
        assert keepa.requests == []
        client.products(asins[:20], marketplace="us", offers=20)
        assert keepa.requests[-1].url.params["offers"] == "20"

    @pytest.mark.parametrize(
        "asins", [[], ["B00000000"], ["B000000001,B000000002"], ["x" * 10] * 3, ["A"] * 101]
    )
    def test_nonsense_is_not_asked(
        self, keepa: FakeKeepa, client: KeepaClient, asins: list[str]
    ) -> None:
        with pytest.raises(ValueError, match=r"."):
            client.products(asins, marketplace="us")
        assert keepa.requests == []

    def test_more_than_a_hundred_products_are_the_callers_batches(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        with pytest.raises(ValueError, match="100"):
            client.products([f"B{number:09}" for number in range(101)], marketplace="us")
        assert keepa.requests == []

    def test_a_code_always_has_a_limit_and_as_many_products_are_reserved(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.tokens, keepa.body = 5, {"products": []}
        for limit, is_paid in ((80, False), (2, True)):  # 5 − 160 is below −150
            codes = ["0747474801770", "9780593655030"]
            with nullcontext() if is_paid else pytest.raises(TokensExhausted):
                client.products_by_code(codes, marketplace="us", limit=limit)
            keepa.tokens = 5
        [asked] = [call for call in keepa.requests if call.url.path == "/product"]
        assert asked.url.params["code-limit"] == "2"

    def test_codes_without_a_product_are_named(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        keepa.body = {
            "products": [{"asin": "B000000001", "title": "A", "upcList": ["747474801770"]}]
        }
        answer = client.products_by_code(["0747474801770", "9780593655030"], marketplace="us")
        assert list(answer.snapshots) == ["B000000001"]
        assert answer.missing_codes == ("9780593655030",)
        assert answer.missing == ()

    @pytest.mark.parametrize(
        "other",
        [
            {"asin": None, "title": "Somebody's"},
            {"asin": "B000000002", "title": {}, "csv": 7, "stats": "x"},
            {"asin": "B000000002", "title": "B", "eanList": None},
        ],
    )
    def test_no_code_is_said_to_have_none_while_a_product_may_be_any_ones(
        self, keepa: FakeKeepa, client: KeepaClient, other: dict[str, Any]
    ) -> None:
        mine = {"asin": "B000000001", "title": "A", "eanList": ["0747474801770"]}
        keepa.body = {"products": [mine, other]}
        answer = client.products_by_code(["0747474801770", "9780593655030"], marketplace="us")
        assert "B000000001" in answer.snapshots
        assert answer.missing_codes == ()


# As Keepa answers a key it does not know, on every endpoint; perhaps a bad parameter as well.
REFUSED = status(
    400,
    tokensLeft=0,
    refillIn=0,
    refillRate=0,
    error={"type": "invalidParameter", "message": "an invalid parameter"},
)


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (400, BadRequest),
            (402, InvalidKey),
            (404, NotFound),
            (405, ParameterOutOfRange),
            (403, KeepaRejected),
        ],
    )
    def test_a_refusal_is_final(
        self, keepa: FakeKeepa, find: Find, code: int, error: type[KeepaError]
    ) -> None:
        keepa.script = [status(code, error={"type": "t", "message": "no such thing"})]
        with pytest.raises(error, match="no such thing") as caught:
            find()
        assert caught.value.permanent
        assert caught.value.tokens_spent == 0
        assert keepa.paths.count("/query") == 1
        assert ledger()[-1] == ("query", "refused", 0, code)

    @pytest.mark.parametrize("reply", [REFUSED, status(400, tokensLeft=0), page(400)])
    def test_a_wrong_key_is_said_to_be_wrong_and_leaves_no_balance(
        self, keepa: FakeKeepa, find: Find, budget: TokenBudget, reply: Any
    ) -> None:
        keepa.token_script = [reply]
        with pytest.raises(InvalidKey) as caught:
            find()
        with translation.override("en"):
            assert str(caught.value) == (
                "The Keepa API key is wrong: Keepa does not know it. Correct it and try again."
            )
        assert keepa.paths == ["/token"]
        assert budget.balance() is None

    def test_a_key_that_went_wrong_is_told_from_a_bad_parameter_by_asking_the_balance(
        self, keepa: FakeKeepa, find: Find, budget: TokenBudget
    ) -> None:
        find()
        before = budget.balance()
        keepa.script, keepa.token_script = [REFUSED], [REFUSED]
        with pytest.raises(InvalidKey):
            find()
        keepa.script, keepa.token_script = [REFUSED], [page(502)] * 3
        with pytest.raises(InvalidKey):  # what such an answer is known to mean
            find()
        keepa.script = [REFUSED]
        with pytest.raises(BadRequest) as caught:
            find()
        assert caught.value.tokens_spent == 0
        assert before is not None
        assert budget.balance() == before
        assert not TokenReservation.objects.exists()

    @pytest.mark.parametrize(
        "refusal", [REFUSED, status(400, tokensLeft=0), status(404, tokensLeft=0, refillRate=60)]
    )
    def test_a_refused_call_never_teaches_the_bucket_anything(
        self, keepa: FakeKeepa, client: KeepaClient, find: Find, refusal: Any
    ) -> None:
        keepa.tokens, keepa.rate = 287, 5
        client.token_status()
        keepa.script = [refusal]
        with pytest.raises(KeepaRejected):
            find()
        balance = client.budget.balance()
        assert balance is not None
        assert (balance.left, balance.refill_rate, balance.capacity) == (287, 5, 300)
        keepa.clock.pass_by(seconds=2)
        keepa.cost = 1
        find()  # somebody else's call goes out
        assert spent() == keepa.charged == 1

    def test_what_a_refused_call_has_cost_is_written_down(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        keepa.script = [status(405, tokensConsumed=10, tokensLeft=0)]
        with pytest.raises(ParameterOutOfRange) as caught:
            find()
        assert caught.value.tokens_spent == spent() == 10

    def test_an_error_inside_a_good_answer_is_an_error(self, keepa: FakeKeepa, find: Find) -> None:
        keepa.script = [status(200, error={"message": "selection not understood"})]
        with pytest.raises(KeepaRefused, match="not understood"):
            find()

    def test_out_of_tokens_tells_when_to_come_back_and_is_not_asked_again(
        self, keepa: FakeKeepa, find: Find, pauses: list[float]
    ) -> None:
        find()
        keepa.tokens = -45  # somebody else used the key
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == 60 + 2 * 60  # three refills lift −45 above zero
        assert pauses == []
        assert ledger()[-1] == ("query", "exhausted", 0, 429)


def too_many(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
    """A gateway's page, which is no answer of Keepa's."""
    return httpx.Response(429, text="<html>Too Many Requests</html>", headers={"Retry-After": "60"})


class TestTooManyRequests:
    @pytest.mark.parametrize(
        ("told", "wait"),
        [
            ({"tokensLeft": -1, "refillIn": 38_205, "refillRate": 5}, 38.205),
            ({"tokensLeft": 0, "refillIn": 51_000, "refillRate": 20}, 51),
            ({"tokensLeft": 0, "refillIn": 0, "refillRate": 20}, 60),
            ({"tokensLeft": 8, "refillIn": 900, "refillRate": 20}, 60),
            ({"tokensLeft": -9, "refillIn": 400, "refillRate": 20}, 1),
            ({"tokensLeft": 0, "refillIn": 0, "refillRate": 0}, 60),
            (
                {
                    "tokensLeft": -103,
                    "refillIn": 20_000,
                    "refillRate": 5,
                    "tokenFlowReduction": 4.5,
                },
                12_440,  # half a token a minute
            ),
        ],
    )
    @pytest.mark.parametrize("error", [{}, {"error": {"type": "NOT_ENOUGH_TOKEN"}}])
    def test_the_wait_is_that_of_the_refill_and_never_nothing(
        self, keepa: FakeKeepa, find: Find, pauses: list[float], told: Any, wait: float, error: Any
    ) -> None:
        find()
        keepa.script = [status(429, **told, **error)]
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == pytest.approx(wait)
        assert caught.value.tokens_spent == 0
        assert pauses == []
        assert keepa.paths.count("/query") == 2

    def test_its_balance_is_a_balance(
        self, keepa: FakeKeepa, find: Find, client: KeepaClient
    ) -> None:
        find()
        keepa.script = [status(429, tokensLeft=-45)]  # another program uses the same key
        with pytest.raises(TokensExhausted):
            find()
        balance = client.budget.balance()
        assert balance is not None
        assert balance.left == -45

    def test_a_gateways_page_is_waited_for_as_it_asks_and_the_balance_looked_at_once(
        self, keepa: FakeKeepa, find: Find, pauses: list[float]
    ) -> None:
        find()
        keepa.script = [too_many]
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == 60
        assert keepa.paths == ["/token", "/query", "/query", "/token"]
        assert pauses == []
        assert ledger()[-2] == ("query", "exhausted", 0, 429)
        assert not TokenReservation.objects.exists()

    def test_the_balance_may_ask_for_more_patience_than_the_page(
        self, keepa: FakeKeepa, find: Find
    ) -> None:
        find()

        def page_of_429(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
            keepa.tokens = -45
            return too_many(keepa, request)

        keepa.script = [page_of_429]
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == 60 + 2 * 60

    def test_when_not_even_the_balance_can_be_had_nothing_goes_round_in_circles(
        self, keepa: FakeKeepa, find: Find, pauses: list[float]
    ) -> None:
        find()
        keepa.script, keepa.token_script = [too_many], [too_many]
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == 60
        assert keepa.paths[2:] == ["/query", "/token"]
        assert pauses == []

    @pytest.mark.parametrize(
        ("header", "wait"),
        [("0", 60), ("soon", 60), ("-5", 60), ("90", 90), ("Sat, 01 Jan 2000 00:00:00 GMT", 60)],
    )
    def test_a_header_that_says_nothing_is_a_minute(
        self, keepa: FakeKeepa, find: Find, header: str, wait: float
    ) -> None:
        find()
        keepa.script = [lambda *_: httpx.Response(429, headers={"Retry-After": header})]
        with pytest.raises(TokensExhausted) as caught:
            find()
        assert caught.value.retry_after == wait


class TestFaults:
    @pytest.mark.parametrize("fault", [status(500), status(503), page(502)])
    def test_trouble_at_keepas_is_tried_again_with_growing_pauses(
        self, keepa: FakeKeepa, find: Find, pauses: list[float], fault: Any
    ) -> None:
        keepa.script = [fault, fault]
        find()
        assert pauses == [0.5, 1.0]
        assert spent() == keepa.charged == 11

    def test_retries_come_to_an_end(self, keepa: FakeKeepa, find: Find) -> None:
        keepa.script = [status(500)] * 9
        with pytest.raises(KeepaUnavailable) as caught:
            find()
        assert keepa.paths.count("/query") == 3
        assert not caught.value.permanent
        assert caught.value.retry_after == 60

    def test_keepa_may_say_itself_when_to_come_back(self, keepa: FakeKeepa, find: Find) -> None:
        def busy(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
            return httpx.Response(503, json=keepa.envelope(), headers={"Retry-After": "7"})

        keepa.script = [busy] * 3
        with pytest.raises(KeepaUnavailable) as caught:
            find()
        assert caught.value.retry_after == 7

    def test_a_connection_that_never_was_costs_nothing(self, keepa: FakeKeepa, find: Find) -> None:
        find()
        keepa.script = [failing(httpx.ConnectError, charged=False)] * 3
        with pytest.raises(KeepaUnavailable) as caught:
            find()
        assert caught.value.tokens_spent == 0
        assert ledger()[-3:] == [("query", "unreachable", 0, None)] * 3

    def test_a_timeout_is_not_tried_again(self, keepa: FakeKeepa, find: Find) -> None:
        keepa.script = [failing(httpx.ReadTimeout, charged=True)]
        with pytest.raises(KeepaTimeout) as caught:
            find()
        assert keepa.paths.count("/query") == 1
        assert caught.value.tokens_spent == 11

    def test_a_reset_after_the_work_is_paid_twice_and_told_so(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.script = [failing(httpx.ReadError, charged=True)]
        answer = client.find({"perPage": 1000}, marketplace="us")
        assert answer.tokens_spent == keepa.charged == 22
        assert keepa.paths.count("/query") == 2
        assert ("query", "reconciled", 11, None) in ledger()

    @pytest.mark.parametrize("keep", [0.0, 0.05, 0.2, 0.4, 0.6, 0.99])
    @pytest.mark.parametrize("broken", [False, True])
    def test_a_truncated_answer_costs_what_it_cost(
        self, keepa: FakeKeepa, find: Find, keep: float, broken: bool
    ) -> None:
        keepa.script = [cut_off(keep, broken=broken)] * 3
        with pytest.raises(KeepaUnavailable if broken else GarbledAnswer) as caught:
            find()
        assert caught.value.tokens_spent == keepa.charged == spent()

    @pytest.mark.parametrize("text", ["", "null", "[]", "<html>", '"tokensLeft"', "{" * 100_000])
    def test_garbage_costs_what_it_cost(self, keepa: FakeKeepa, find: Find, text: str) -> None:
        keepa.script = [charged_text(text)]
        with pytest.raises(GarbledAnswer) as caught:
            find()
        assert caught.value.tokens_spent == keepa.charged == spent() == 11

    @pytest.mark.parametrize(
        "field", ["timestamp", "tokensLeft", "tokensConsumed", "refillIn", "refillRate"]
    )
    def test_a_good_answer_with_half_an_envelope_is_used_and_its_cost_found(
        self, keepa: FakeKeepa, client: KeepaClient, field: str
    ) -> None:
        keepa.body = {"asinList": ["B000000001"], "totalResults": 1}
        keepa.script = [without(field)]
        answer = client.find({"perPage": 1000}, marketplace="us")
        assert answer.asins == ("B000000001",)
        assert answer.tokens_spent == spent() == 11

    @pytest.mark.parametrize(
        "body",
        [
            {"asinList": None, "totalResults": 5},
            {"asinList": "B000000001"},
            {"asinList": [1, 2]},
            {"asinList": ["", "none"], "totalResults": 2},
            {"asinList": [], "totalResults": "many"},
        ],
    )
    def test_an_answer_of_the_wrong_shape_is_paid_for_and_said_to_be_unreadable(
        self, keepa: FakeKeepa, find: Find, body: dict[str, Any]
    ) -> None:
        keepa.body = body
        with pytest.raises(GarbledAnswer) as caught:
            find()
        assert caught.value.tokens_spent == 11

    def test_what_is_no_asin_is_never_asked_about(self, keepa: FakeKeepa, find: Find) -> None:
        keepa.body = {"asinList": ["B000000001", "", "b000000002"], "totalResults": 3}
        answer = find()
        assert isinstance(answer, FinderAnswer)
        assert answer.asins == ("B000000001",)

    @pytest.mark.parametrize("spoilt", [7, "none", {}, [None, "x", -1, 2**70]])
    def test_a_category_loses_no_more_than_what_cannot_be_read(
        self, keepa: FakeKeepa, client: KeepaClient, spoilt: Any
    ) -> None:
        node = {"catId": 3, "name": "Business", "parent": "283155", "children": spoilt}
        keepa.body = {"categories": {"3": node | {"productCount": "many"}}}
        [(number, found)] = client.categories([3], marketplace="us").categories.items()
        assert (number, found.id, found.parent_id, found.children) == (3, 3, 283155, ())
        assert found.product_count is None

    @pytest.mark.parametrize("number", [None, 0, "x", 2**70])
    def test_a_category_without_its_number_is_unreadable(
        self, keepa: FakeKeepa, client: KeepaClient, number: Any
    ) -> None:
        keepa.body = {"categories": {"3": {"catId": number, "name": "Business"}}}
        with pytest.raises(GarbledAnswer):
            client.categories([3], marketplace="us")

    @pytest.mark.parametrize("products", [{}, "none", 0])
    def test_an_answer_without_products_stores_nobody_as_missing(
        self, keepa: FakeKeepa, client: KeepaClient, products: Any
    ) -> None:
        keepa.body = {"products": products}
        with pytest.raises(GarbledAnswer):
            client.products(["B000000001"], marketplace="us")

    def test_products_missing_from_half_an_envelope_are_not_said_not_to_exist(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.body, keepa.script = {}, [without("tokensConsumed")]
        with pytest.raises(GarbledAnswer):
            client.products(["B000000001"], marketplace="us")

    def test_the_balance_itself_may_be_unreadable(self, keepa: FakeKeepa, find: Find) -> None:
        keepa.token_script = [page(200, "garbage")]
        with pytest.raises(GarbledAnswer):
            find()
        assert keepa.paths == ["/token"]


class TestTheKey:
    FAULTS = (
        status(402, error={"message": f"key {KEY} is unknown"}),
        status(400, error={"details": f"?key={KEY}&domain=1"}),
        status(200, error={"message": KEY}),
        status(500),
        failing(httpx.ReadError, charged=False),
        failing(httpx.ConnectError, charged=False),
        failing(httpx.ReadTimeout, charged=True),
        charged_text(f"garbage {KEY}"),
        cut_off(0.3, broken=True),
    )

    @pytest.mark.parametrize("fault", FAULTS)
    def test_it_is_in_no_error_however_one_looks_at_it(
        self, keepa: FakeKeepa, find: Find, fault: Any
    ) -> None:
        keepa.script = [fault] * 3
        with pytest.raises(KeepaError) as caught:
            find()
        error: BaseException | None = caught.value
        shown = "".join(traceback.format_exception(caught.value))
        while error is not None:
            shown += str(error) + repr(error) + repr(error.args) + repr(error.__dict__)
            error = error.__cause__ or error.__context__
        assert KEY not in shown

    def test_it_is_in_no_log_even_when_httpx_logs_what_it_asks(
        self, keepa: FakeKeepa, find: Find, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
            find()
        assert "/query" in caplog.text
        assert KEY not in caplog.text

    def test_it_is_in_no_representation_and_in_no_table(
        self, client: KeepaClient, find: Find
    ) -> None:
        find()
        assert KEY not in repr(client)
        assert KEY not in repr(client.budget)
        assert KEY not in str(list(TokenLedgerEntry.objects.values()))


def test_errors_survive_a_trip_through_the_queue(keepa: FakeKeepa, find: Find) -> None:
    find()
    keepa.tokens = 0
    with pytest.raises(TokensExhausted) as caught:
        find()
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (again.code, again.retry_after) == ("tokens_exhausted", caught.value.retry_after)


def test_errors_speak_the_language_of_the_user() -> None:
    with translation.override("en"):
        assert "reached" in str(KeepaUnavailable())
        assert "12 needed" in str(TokensExhausted(needed=12, available=3))


class TestOneClientAProcess:
    def test_it_is_made_once(self) -> None:
        assert get_client() is get_client()

    def test_it_follows_the_settings(self, settings: Any) -> None:
        before = get_client()
        settings.KEEPA_BASE_URL = "http://127.0.0.1:9"
        assert get_client() is not before

    def test_a_test_may_put_its_own_in_place(self, client: KeepaClient) -> None:
        with using_client(client):
            assert get_client() is client
        assert get_client() is not client
