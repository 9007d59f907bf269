"""After a thin answer: what kept how many products from being a buy. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from discovery.scoring import ReasonCode, Score, Verdict

BUYS = frozenset({Verdict.STRONG_BUY, Verdict.BUY})
FLAG = "flag:"


def obstacles(scores: Iterable[Score]) -> dict[str, int]:
    """Count, for all that is no buy, each reason against it, the most frequent first.

    Keys are ``ReasonCode`` values, or ``flag:`` and a ``FlagCode`` for a risk that capped the
    verdict. One product may stand under several.
    """
    counts: Counter[str] = Counter()
    for score in scores:
        if score.verdict in BUYS:
            continue
        counts.update(
            {
                f"{FLAG}{reason.params['flag']}"
                if reason.code is ReasonCode.CAPPED
                else reason.code.value
                for reason in score.reasons
                if not reason.supports
            }
        )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
