"""Answers of the real API, from the folder the variable KEEPA_SAMPLES names, if it names one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from discovery.keepa.marketplaces import MARKETPLACES, Marketplace

FOLDER = os.environ.get("KEEPA_SAMPLES", "")
_BY_DOMAIN = {market.domain_id: market for market in MARKETPLACES.values()}


def samples() -> list[Path]:
    """The files, sub-folders included."""
    return sorted(Path(FOLDER).rglob("*.json")) if FOLDER else []


def is_cut_off(path: Path) -> bool:
    """Whether it is what a broken connection leaves."""
    return _json_of(path) is None


def products_of(path: Path) -> Iterator[tuple[dict[str, Any], Marketplace]]:
    """The products of an answer, of a bare list, or the one product; none where it holds none."""
    body = _json_of(path)
    if isinstance(body, dict):
        body = [body] if "asin" in body else body.get("products")
    for raw in body if isinstance(body, list) else ():
        if isinstance(raw, dict) and raw.get("asin") and raw.get("domainId") in _BY_DOMAIN:
            yield raw, _BY_DOMAIN[raw["domainId"]]


def _json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text(errors="replace"))
    except ValueError:
        return None
