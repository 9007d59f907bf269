"""The minutes of a month: refills, people, the planner, runs, and what each way of caching pays.

The caches are a light model in memory of ``discovery.cache`` and of the stored products: what is
kept, for how long, under which key. The planner is the site's own ``decide``.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import fmean

from benchmarks.months.world import BEGIN, STEP_MINUTES, Month, Workload
from discovery.keepa import costs
from discovery.sourcing.harvest import FEW, LIST_AGE, WORTH
from discovery.sourcing.planner import (
    LARGEST_BATCH,
    BalanceState,
    JobState,
    PlannerState,
    Refresh,
    decide,
)

HOUR, DAY, WEEK = 60, 1440, 7 * 1440
SHOWN, LOOKED_AT = 50, 100  # products scored for a search, and by a job
BATCH = 100  # products in one call
FLOOR_PERCENT = 20
OVERDRAFT = 150  # an interactive call may leave that much of a debt
BOUGHT_ANEW_AFTER = 3 * DAY
USUAL_CHURN = 0.15  # as the niche's source expects
MEASURED_RUNS = 5  # as the forecast takes them
BUY_BOX = costs.product_cost(1, buybox=True)
EACH = costs.product_cost(1) + BUY_BOX
JUST_ASKED = 60  # minutes
LOOKED_AGAIN = 10  # minutes after which what was not worth it is weighed again


@dataclass(frozen=True, slots=True)
class Way:
    """A way to save tokens: how long lists and products are kept, whether products are shared
    between questions, and what else is done. ``whole``: an answer is kept as one, list and scores.
    """

    name: str
    list_ttl: int = 0  # minutes
    product_ttl: int = 0
    whole: bool = False
    subsumes: bool = False
    differences: bool = False
    harvests: bool = False


NO_CACHE = Way("(a) no cache")
PLAIN_24 = Way("(b) plain cache per filter, 24 h", list_ttl=DAY, whole=True)
PLAIN_6 = Way("(b) plain cache per filter, 6 h", list_ttl=6 * HOUR, whole=True)
OURS_PLAIN = Way("(c) ours, without what (d) adds", list_ttl=DAY, product_ttl=6 * HOUR)
OURS = replace(
    OURS_PLAIN,
    name="(d) ours: subsumption, differences, idle tokens",
    subsumes=True,
    differences=True,
    harvests=True,
)
OURS_WITHOUT_IDLE = replace(OURS, name="    the same, idle tokens left to expire", harvests=False)


@dataclass(slots=True)
class Account:
    """What came of it all; tokens but where a name says otherwise."""

    for_searches: int = 0
    for_jobs: int = 0
    for_idle: int = 0
    expired: int = 0
    expired_in_vain: int = 0  # while there was something left to buy
    refilled: int = 0
    left: int = 0
    lists: int = 0  # asked of Keepa, those of what has changed not included
    looked_at: int = 0  # products of answers
    products: int = 0  # bought
    buy_boxes: int = 0
    answers: int = 0
    runs_started: int = 0
    runs_ended: int = 0
    slots_due: int = 0
    slots_skipped: int = 0
    floor_broken: int = 0
    waits: list[float] = field(default_factory=list)  # seconds
    hits: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))  # by week
    picks: set[tuple[int, int]] = field(default_factory=set)

    @property
    def asked(self) -> int:
        """What answers have cost: searches and jobs."""
        return self.for_searches + self.for_jobs

    @property
    def useful(self) -> int:
        """Searches answered and runs that ended."""
        return self.answers + self.runs_ended

    @property
    def tokens_an_answer(self) -> float:
        """Tokens for each useful answer; what would have expired is not counted."""
        return self.asked / max(self.useful, 1)

    @property
    def with_idle(self) -> float:
        """The same, with what idle tokens have bought."""
        return (self.asked + self.for_idle) / max(self.useful, 1)

    @property
    def picks_per_1000(self) -> float:
        """Picks, each counted once for its user, for 1 000 tokens spent, idle ones included."""
        return 1000 * len(self.picks) / max(self.asked + self.for_idle, 1)

    @property
    def used_or_kept(self) -> float:
        """Share of the refills used, still there, or left because there was nothing to buy."""
        return 1 - self.expired_in_vain / max(self.refilled, 1)

    @property
    def used(self) -> float:
        """Share of the refills used."""
        return (self.asked + self.for_idle) / max(self.refilled, 1)


@dataclass(frozen=True, slots=True)
class Call:
    """Tokens to be paid at once; what is bought: the list of a question, or products."""

    tokens: int
    products: Sequence[int] = ()
    question: int | None = None
    buy_boxes: int = 0


@dataclass(slots=True)
class Task:
    """Something under way: a search or a run of a job; ``waiting`` lacks the tokens so far."""

    asked_at: int
    user: int
    question: int
    calls: Iterator[Call]
    job: int | None = None
    waiting: Call | None = None
    spent: int = 0


class Simulation:
    """One way, one plan, one workload."""

    def __init__(self, month: Month, work: Workload, way: Way, *, rate: int, days: int) -> None:
        self.month, self.work, self.way, self.days = month, work, way, days
        self.rate, self.capacity = rate, rate * 60
        self.floor = self.capacity * FLOOR_PERCENT // 100
        self.batch = self.capacity // LARGEST_BATCH
        self.left = self.capacity
        self.lists: dict[object, int] = {}  # minute of each answer kept
        self.listed: dict[int, tuple[int, ...]] = {}
        self.known: dict[int, int] = {}  # from when each product counts as known
        self.bought: dict[int, int] = {}
        self.hits: dict[int, int] = defaultdict(int)
        self.not_before: dict[int, int] = {}  # when a refresh of a question may be worth it
        self.job_costs: dict[int, list[int]] = defaultdict(list)
        self.running: list[Task] = []
        self.due: dict[int, int] = {}
        self.last_run: dict[int, int] = {}
        # Whether the minute before has left undone what its tokens could have bought.
        self.leaves_some = not way.harvests
        self.account = Account()

    def run(self) -> Account:
        """Let the time pass."""
        searches, queue = deque(self.work.searches), deque[Task]()
        for minute in range(self.days * DAY):
            if minute:
                self._refill(minute)
            while searches and searches[0].minute <= minute:
                asked = searches.popleft()
                self.hits[asked.question] += 1
                calls = self._calls(asked.question, SHOWN, minute)
                queue.append(Task(asked.minute, asked.user, asked.question, calls))
            while queue and self._serve(queue[0], minute):
                queue.popleft()
            self._come_due(minute)
            self._plan(minute)
            self.running = [run for run in self.running if not self._go_on(run, minute)]
        self.account.left = self.left
        return self.account

    def _refill(self, minute: int) -> None:
        lost = max(self.left + self.rate - self.capacity, 0)
        self.account.expired += lost
        if self.leaves_some:
            self.account.expired_in_vain += lost
        self.account.refilled += self.rate
        self.left = min(self.left + self.rate, self.capacity)

    # --- people and runs --------------------------------------------------------------------------

    def _serve(self, search: Task, minute: int) -> bool:
        """Whether the search is answered; else it waits for a refill."""
        while (call := search.waiting or next(search.calls, None)) is not None:
            search.waiting = call
            if self.left < max(1, call.tokens - OVERDRAFT):
                return False
            search.waiting = None
            self._pay(search, call, minute)
        self.account.for_searches += search.spent
        self.account.answers += 1
        self.account.waits.append((minute - search.asked_at) * 60.0)
        self.account.hits[search.asked_at // WEEK].append(not search.spent)
        self._note_picks(search, SHOWN, minute)
        return True

    def _go_on(self, run: Task, minute: int) -> bool:
        """Whether the run has ended; else it waits for tokens above the floor."""
        assert run.job is not None
        while (call := run.waiting or next(run.calls, None)) is not None:
            run.waiting = call
            if self.left - call.tokens < self.floor:
                return False
            run.waiting = None
            self._pay(run, call, minute)
            self.account.floor_broken += self.left < self.floor
        self.account.for_jobs += run.spent
        self.account.runs_ended += 1
        self.job_costs[run.job].append(run.spent)
        self._note_picks(run, LOOKED_AT, minute)
        return True

    def _pay(self, task: Task, call: Call, minute: int) -> None:
        self.left -= call.tokens
        task.spent += call.tokens
        self._learn(call, minute)

    def _learn(self, call: Call, minute: int) -> None:
        if call.question is not None:
            self.account.lists += 1
            self.listed[call.question] = self.month.found(call.question, minute // STEP_MINUTES)
            if self.way.list_ttl:
                self.lists[call.question] = minute
        self.account.products += len(call.products)
        self.account.buy_boxes += call.buy_boxes
        for product in call.products:
            self.bought[product] = minute
            if self.way.product_ttl:
                self.known[product] = minute

    def _note_picks(self, task: Task, most: int, minute: int) -> None:
        self.account.looked_at += len(self.listed.get(task.question, ())[:most])
        for product in self.listed.get(task.question, ())[:most]:
            if self.month.figure(product, minute).is_pick:
                self.account.picks.add((task.user, product))

    # --- what an answer costs ---------------------------------------------------------------------

    def _calls(
        self, question: int, most: int, minute: int, *, at_once: int = BATCH
    ) -> Iterator[Call]:
        """What is to be paid for an answer, worked out as it is paid."""
        if self.way.whole:
            kept = (question, most)
            if self._is_live(kept, minute):
                return
            yield self._list_call(question, minute)
            self.lists[kept] = minute
        elif not self._is_live(question, minute) and not self._is_contained(question, minute):
            yield self._list_call(question, minute)
        yield from self._product_calls(question, most, minute, at_once=at_once)

    def _job_calls(self, question: int, minute: int) -> Iterator[Call]:
        """As ``_calls``, of a job: by difference once it has looked before."""
        if not self.way.differences or question not in self.listed:
            yield from self._calls(question, LOOKED_AT, minute, at_once=self.batch)
            return
        yield from self._list_by_difference(question, LOOKED_AT, minute)
        yield from self._product_calls(question, LOOKED_AT, minute, at_once=self.batch)

    def _list_by_difference(self, question: int, most: int, minute: int) -> Iterator[Call]:
        """As ``look_again`` of the niche's source: what has changed, then the list."""
        found = self.month.found(question, minute // STEP_MINUTES)
        comparable = [
            product
            for product in self._stale(found[:most], minute)
            if minute - self.bought.get(product, -BOUGHT_ANEW_AFTER) < BOUGHT_ANEW_AFTER
        ]
        changed = costs.finder_cost(round(len(found) * USUAL_CHURN))
        if len(comparable) * (1 - USUAL_CHURN) > changed:
            since = min(self.bought[product] for product in comparable)
            news = sum(self._has_changed(product, since, minute) for product in found)
            yield Call(costs.finder_cost(news))
            for product in found:
                bought = self.bought.get(product, -BOUGHT_ANEW_AFTER)
                is_comparable = since <= bought and minute - bought < BOUGHT_ANEW_AFTER
                if is_comparable and not self._has_changed(product, bought, minute):
                    self.known[product] = minute
        yield self._list_call(question, minute)

    def _list_call(self, question: int, minute: int) -> Call:
        found = self.month.found(question, minute // STEP_MINUTES)
        return Call(costs.finder_cost(len(found)), question=question)

    def _product_calls(
        self, question: int, most: int, minute: int, *, at_once: int
    ) -> Iterator[Call]:
        stale = self._stale(self.listed[question][:most], minute)
        yield from self._bought(stale, minute, at_once=at_once)

    def _bought(self, stale: Sequence[int], minute: int, *, at_once: int) -> Iterator[Call]:
        for batch in batched(stale, at_once):
            yield Call(costs.product_cost(len(batch)), products=batch)
        passing = [product for product in stale if self.month.figure(product, minute).passes]
        for batch in batched(passing, max(at_once // BUY_BOX, 1)):
            yield Call(BUY_BOX * len(batch), buy_boxes=len(batch))

    def _is_live(self, key: object, minute: int) -> bool:
        return key in self.lists and minute - self.lists[key] < self.way.list_ttl

    def _is_contained(self, question: int, minute: int) -> bool:
        """Whether a wider answer is kept whose products are all known: the answer follows."""
        if not self.way.subsumes:
            return False
        for wider in self.month.questions[question].wider:
            if self._is_live(wider, minute) and not self._stale(self.listed[wider], minute):
                self.listed[question] = self.month.found(question, minute // STEP_MINUTES)
                return True
        return False

    def _stale(self, products: Sequence[int], minute: int) -> list[int]:
        oldest = minute - self.way.product_ttl
        return [product for product in products if self.known.get(product, -DAY) <= oldest]

    def _has_changed(self, product: int, since: int, minute: int) -> bool:
        return self.month.has_changed(product, since=since, minute=minute)

    # --- the planner ------------------------------------------------------------------------------

    def _come_due(self, minute: int) -> None:
        for job in self.work.jobs:
            if minute % DAY in job.times:
                self.account.slots_due += 1
                # A time missed is no second run.
                self.account.slots_skipped += job.number in self.due
                self.due.setdefault(job.number, minute)

    def _plan(self, minute: int) -> None:
        balance = BalanceState(left=self.left, capacity=self.capacity, floor=self.floor)
        is_idle = self.way.harvests and balance.is_nearly_full
        if not self.due and not is_idle:
            self.leaves_some = not self.way.harvests
            return
        refreshes = self._refreshes(minute) if is_idle and not self.due else []
        decision = decide(
            PlannerState(
                now=BEGIN + timedelta(minutes=minute),
                jobs=self._job_states(),
                balance=balance,
                refreshes=refreshes,
                uses_idle_tokens=self.way.harvests,
            )
        )
        for number in decision.skip:
            self.account.slots_skipped += 1
            del self.due[number]
        for number in decision.start:
            job = self.work.jobs[number]
            self.last_run[number] = minute
            del self.due[number]
            self.account.runs_started += 1
            calls = self._job_calls(job.question, minute)
            self.running.append(Task(minute, job.user, job.question, calls, job=number))
        for key in decision.refresh:
            self._refresh(key, minute)
        if self.way.harvests:
            undone = {refresh.key for refresh in refreshes} - set(decision.refresh)
            self.leaves_some = bool(self.due or undone)

    def _job_states(self) -> list[JobState]:
        at_work = {run.job: run.spent for run in self.running}
        states = []
        for job in self.work.jobs:
            if job.number not in self.due and job.number not in at_work:
                continue
            newest = self.job_costs[job.number][-MEASURED_RUNS - 1 :]
            first = costs.finder_cost(BATCH) + costs.product_cost(LOOKED_AT)
            expected = round(fmean(newest[1:] or newest)) if newest else first
            due, last = self.due.get(job.number), self.last_run.get(job.number)
            states.append(
                JobState(
                    pk=job.number,
                    due_at=None if due is None else BEGIN + timedelta(minutes=due),
                    last_run_at=None if last is None else BEGIN + timedelta(minutes=last),
                    is_at_work=job.number in at_work,
                    to_spend=max(expected - at_work.get(job.number, expected), 0),
                    expected_tokens=expected,
                )
            )
        return states

    def _refreshes(self, minute: int) -> list[Refresh]:
        """As ``discovery.sourcing.harvest``: what is likely to be asked before it is stale."""
        found = []
        for question, hits in self.hits.items():
            is_saved = self.month.questions[question].is_saved
            if not is_saved or minute < self.not_before.get(question, 0):
                continue
            self.not_before[question] = minute + LOOKED_AGAIN
            shown = self.listed.get(question, ())[:SHOWN]
            age = minute - self.lists[question] if question in self.lists else None
            is_old = age is None or age >= self.way.list_ttl * LIST_AGE
            stale = self._stale(shown, minute)
            is_just_asked = age is not None and age < JUST_ASKED
            if not (is_old or len(stale) > (0 if is_just_asked else FEW * len(shown))):
                continue
            changed = costs.finder_cost(round(len(shown) * USUAL_CHURN))
            comparable = sum(
                minute - self.bought.get(product, -BOUGHT_ANEW_AFTER) < BOUGHT_ANEW_AFTER
                for product in stale
            )
            by_difference = not is_just_asked and comparable * (1 - USUAL_CHURN) > changed
            anew = costs.finder_cost(len(self.listed.get(question, ())))
            first = 0
            if is_old or by_difference:
                first = anew + (changed if by_difference else 0)
            left = len(stale) - (round(comparable * (1 - USUAL_CHURN)) if by_difference else 0)
            hits_a_day = hits / max(minute / DAY, 1.0)
            expected = hits_a_day * self.way.product_ttl / DAY
            spared = anew + EACH * len(shown)
            if expected * spared < WORTH * (first + EACH * left):
                continue
            del self.not_before[question]
            found.append(
                Refresh(
                    key=f"{'niche' if first else 'products'}:{question}",
                    cost=first or EACH * min(left, max(self.batch // EACH, 1)),
                    hits_a_day=hits_a_day,
                    age=None if age is None else timedelta(minutes=age),
                )
            )
        return found

    def _refresh(self, key: str, minute: int) -> None:
        kind, _, number = key.partition(":")
        question = int(number)
        if kind == "niche":
            calls = self._list_by_difference(question, SHOWN, minute)
        else:
            stale = self._stale(self.listed[question][:SHOWN], minute)
            calls = self._bought(stale[: max(self.batch // EACH, 1)], minute, at_once=self.batch)
        for call in calls:
            if self.left - call.tokens < self.floor:
                return
            self.left -= call.tokens
            self.account.for_idle += call.tokens
            self._learn(call, minute)


def batched(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
