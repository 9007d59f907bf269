"""How a good answer is spoilt on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

PROXY_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

_LISTS: Final = ("products", "asinList", "categories", "deals", "sellers")


def truncated(body: bytes) -> bytes:
    """Cut in the middle; the envelope, which comes first, survives in a long answer."""
    return body[: max(1, len(body) * 2 // 3)]


def wrong_types(body: bytes) -> bytes:
    """Numbers as words, lists as numbers, objects as lists."""
    answer: dict[str, Any] = json.loads(body)
    for name in _LISTS:
        if answer.get(name):
            answer[name] = _twisted(answer[name])
    answer["totalResults"] = "many"
    return json.dumps(answer).encode()


def _twisted(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [
            {**product, "csv": 7, "stats": [], "title": 12, "categoryTree": "none"}
            for product in value
        ]
    if isinstance(value, list):
        return [17, None, {"asin": True}]
    return "none"


def missing_fields(body: bytes) -> bytes:
    """Every product (and the answer itself) loses what a careless reader relies on."""
    answer: dict[str, Any] = json.loads(body)
    for product in answer.get("products") or []:
        for name in list(product):
            if name not in {"asin", "domainId"} and len(name) % 2 == 0:
                del product[name]
        for name in ("csv", "stats", "title"):
            product.pop(name, None)
    for name in ("asinList", "categories", "totalResults", "deals", "sellers"):
        answer.pop(name, None)
    return json.dumps(answer).encode()


def null_products(body: bytes) -> bytes:
    """Null in the place of every list."""
    answer: dict[str, Any] = json.loads(body)
    return json.dumps(answer | {name: None for name in _LISTS if name in answer}).encode()


def unread_offers(body: bytes) -> bytes:
    """The offers asked for could not be fetched; everything else of a product is there."""
    answer: dict[str, Any] = json.loads(body)
    for product in answer.get("products") or []:
        product |= {"offers": None, "liveOffersOrder": None, "offersSuccessful": False}
    return json.dumps(answer).encode()


SPOILERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "truncated": truncated,
    "wrong_types": wrong_types,
    "missing_fields": missing_fields,
    "null_products": null_products,
    "unread_offers": unread_offers,
}
