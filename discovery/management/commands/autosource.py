"""AutoSourcing from the terminal: what runs by itself, and when."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from discovery.management.terminal import EXIT_BAD_INPUT, UNBOUNDED_WIDTH, SearchCommand
from discovery.models import SourcingJob
from discovery.sourcing.forecast import NO_YIELD, forecast, yields
from discovery.sourcing.job_text import OWNER_MAY_NOT_ACT
from discovery.sourcing.jobs import copy_job, pause_job, resume_job, run_now
from discovery.sourcing.planner_text import reason_text
from discovery.sourcing.planning import plan
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.starting import AlreadyAtWork, OwnerMayNotAct
from discovery.sourcing.switches import set_switch, switches
from discovery.text import formats


class Command(SearchCommand):
    """List the jobs, or do one thing to one of them."""

    help = "List the jobs of AutoSourcing, start or pause one, or say what the planner would do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done; nothing lists the jobs."""
        super().add_arguments(parser)
        parser.epilog = "Exit codes: 0 done, 2 there is no such job, or it cannot start now."
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--run", metavar="JOB", help="start a run of this job: number or name")
        action.add_argument("--pause", metavar="JOB", help="let it run no more by itself")
        action.add_argument("--resume", metavar="JOB", help="let it run by itself again")
        action.add_argument("--copy", metavar="JOB", help="keep it once more, paused")
        action.add_argument(
            "--plan", action="store_true", help="say what would run now, and start nothing"
        )
        action.add_argument("--on", action="store_true", help="let jobs run by themselves")
        action.add_argument("--off", action="store_true", help="let no job run by itself")

    def run(self, options: Mapping[str, Any]) -> None:
        """Do it, or list the jobs."""
        if options["run"]:
            self._start(self._job(options["run"]))
        elif options["pause"]:
            job = self._job(options["pause"])
            pause_job(job=job, now=timezone.now())
            self._write(_("“%(name)s” is paused.") % {"name": job.name})
        elif options["resume"]:
            job = self._job(options["resume"])
            resume_job(job=job, now=timezone.now())
            self._write(
                _("“%(name)s” runs next: %(when)s") % {"name": job.name, "when": _next(job)}
            )
        elif options["copy"]:
            made = copy_job(job=self._job(options["copy"]), now=timezone.now())
            self._write(_("“%(name)s” is kept as job %(job)s, paused.") % _named(made))
        elif options["plan"]:
            self._show_plan()
        elif options["on"] or options["off"]:
            set_switch(runs_jobs=bool(options["on"]))
            self._write(_switched())
        else:
            self._list()

    def _job(self, named: str) -> SourcingJob:
        """The job of that number or that name; ends the command when it is none, or several."""
        jobs = SourcingJob.objects.select_related("owner", "niche", "profile").order_by("pk")
        by_number = jobs.filter(pk=int(named)) if named.isascii() and named.isdigit() else ()
        found = list(by_number) or list(jobs.filter(name=named))
        if not found:
            self._refuse(_("There is no job “%(name)s”.") % {"name": named})
        if len(found) > 1:
            numbers = ", ".join(str(job.pk) for job in found)
            self._refuse(
                _("Several jobs are called “%(name)s”; name one by its number: %(numbers)s.")
                % {"name": named, "numbers": numbers}
            )
        return found[0]

    def _start(self, job: SourcingJob) -> None:
        try:
            run = run_now(job=job, now=timezone.now())
        except AlreadyAtWork:
            self._refuse(_("“%(name)s” is at work already.") % {"name": job.name})
        except OwnerMayNotAct:
            self._refuse(_(OWNER_MAY_NOT_ACT))
        self._write(_("“%(name)s” is started: run %(run)s.") % {"name": job.name, "run": run.pk})

    def _show_plan(self) -> None:
        made = plan(now=timezone.now())
        self._write(reason_text(made.decision.reason))
        for pk in made.decision.start:
            self._write(_("  starts: %(name)s") % {"name": f"{pk} {made.jobs[pk].name}"})
        for pk in made.decision.skip:
            self._write(_("  left out: %(name)s") % {"name": f"{pk} {made.jobs[pk].name}"})
        for key in made.decision.refresh:
            self._write(_("  refreshes: %(name)s") % {"name": key})
        if (balance := made.state.balance) is not None:
            self._write(
                _("Tokens: %(left)s of %(capacity)s, of which %(floor)s are kept back.")
                % {
                    "left": formats.number(balance.left),
                    "capacity": formats.number(balance.capacity),
                    "floor": formats.number(balance.floor),
                }
            )

    def _list(self) -> None:
        jobs = list(SourcingJob.objects.select_related("owner", "niche").order_by("pk"))
        self._write(_switched())
        if not jobs:
            self._write(_("There is no job yet."))
            return
        brought = yields([job.pk for job in jobs])
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("#", justify="right", no_wrap=True)
        for heading in (_("Job"), _("Owner"), _("Source"), _("Marketplace"), _("Next run")):
            table.add_column(heading, no_wrap=True)
        for heading in (_("Tokens a day"), _("Picks"), _("Tokens a pick")):
            table.add_column(heading, justify="right", no_wrap=True)
        for job in jobs:
            total = brought.get(job.pk, NO_YIELD)
            # Text, never markup: a name may hold anything.
            table.add_row(
                *map(
                    Text,
                    (
                        str(job.pk),
                        job.name,
                        job.owner.get_username(),
                        str(job.get_source_display()),
                        job.marketplace,
                        _next(job),
                        _tokens_a_day(job),
                        formats.number(total.picks),
                        formats.number(total.tokens_a_pick),
                    ),
                )
            )
        width = None if self.stdout.isatty() else UNBOUNDED_WIDTH
        Console(file=self.stdout, width=width).print(table)  # type: ignore[arg-type]

    def _write(self, text: str) -> None:
        self.stdout.write(text)

    def _refuse(self, message: str) -> NoReturn:
        self.say(message)
        sys.exit(EXIT_BAD_INPUT)


def _named(job: SourcingJob) -> dict[str, str]:
    return {"name": job.name, "job": str(job.pk)}


def _next(job: SourcingJob) -> str:
    if job.is_paused:
        return str(job.get_state_display())
    return formats.when(job.next_run_at) if job.next_run_at else _("only when started")


def _tokens_a_day(job: SourcingJob) -> str:
    try:
        return formats.number(forecast(job, now=timezone.now()).tokens_a_day)
    except SourceGone:
        return "–"


def _switched() -> str:
    return (
        _("Jobs run by themselves.")
        if switches().runs_jobs
        else _("Jobs no longer run by themselves.")
    )
