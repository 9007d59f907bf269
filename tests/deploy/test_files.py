"""What deploys the site names only what exists, holds no secret, and reads as its tools read it."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from arbvault.processes import POLITE_SECONDS
from arbvault.web import LAST_REQUESTS
from tests.deploy.dockerfile import read_stages

ROOT = Path(settings.BASE_DIR)
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
BLUEPRINT = yaml.safe_load((ROOT / "render.yaml").read_text())
OURS = {name: it for name, it in COMPOSE["services"].items() if "build" in it}
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD", "KEEPA_API_KEY", "DATABASE_URL", "EMAIL_URL"}


def settings_known() -> set[str]:
    source = (ROOT / "arbvault/settings.py").read_text()
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', source))


# --- compose --------------------------------------------------------------------------------------


def test_the_containers_of_the_site_are_one_image_with_different_commands() -> None:
    assert set(OURS) == {"migrate", "web", "worker", "sandbox"}
    assert len({it["image"] for it in OURS.values()}) == 1
    assert len({tuple(it["command"]) for it in OURS.values()}) == len(OURS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_runs_with_as_little_as_it_needs(name: str) -> None:
    service = OURS[name]
    steps = read_stages((ROOT / "Dockerfile").read_text())[-1].steps
    user = next(step.text for step in steps if step.name == "USER")
    assert service["user"] == user
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "mem_limit" in service


def test_every_setting_that_compose_hands_on_is_one() -> None:
    for service in OURS.values():
        assert set(service["environment"]) - {"PROMETHEUS_MULTIPROC_DIR"} <= settings_known()


def test_settings_that_compose_does_not_name_reach_the_site_all_the_same() -> None:
    for service in OURS.values():
        assert service["env_file"] == [{"path": ".env", "required": False}]


def test_what_is_counted_and_dumped_lies_where_a_read_only_container_may_write() -> None:
    counts = OURS["web"]["environment"]["PROMETHEUS_MULTIPROC_DIR"]
    assert counts.startswith(OURS["web"]["tmpfs"][0].split(":")[0] + "/")
    for name in ("web", "worker"):  # BACKUP_DIR is a folder of ARBVAULT_VAR
        assert "BACKUP_DIR" not in OURS[name]["environment"]
        assert OURS[name]["volumes"] == ["data:/data"]


def test_backups_go_past_the_pooler() -> None:
    for service in OURS.values():
        assert "@postgres:5432/" in service["environment"]["BACKUP_DATABASE_URL"]


def test_what_compose_refers_to_exists() -> None:
    names = set(COMPOSE["services"])
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", ())) <= names
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
        for config in service.get("configs", ()):
            assert config["source"] in COMPOSE["configs"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), source
    assert (ROOT / COMPOSE["configs"]["pgbouncer"]["file"]).exists()


def test_who_may_be_late_to_stop_has_the_time() -> None:
    def seconds(name: str) -> int:
        return int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s"))

    assert seconds("worker") > POLITE_SECONDS
    assert seconds("sandbox") > POLITE_SECONDS
    assert seconds("web") > LAST_REQUESTS
    assert LAST_REQUESTS < POLITE_SECONDS


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_way_to_the_database_is_there_until_the_last_answer_is_stored(name: str) -> None:
    needed = COMPOSE["services"][name]["depends_on"]
    assert "postgres" in needed
    for optional in ("pgbouncer", "sandbox"):  # compose stops in the reverse order
        assert needed[optional] == {"condition": "service_started", "required": False}


def test_migrations_go_past_the_pooler_and_everybody_waits_for_them() -> None:
    assert "@postgres:5432/" in OURS["migrate"]["environment"]["DATABASE_URL"]
    for name in ("web", "worker"):
        condition = OURS[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_no_secret_is_written_down() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if name in SECRETS:
                assert "${" in value, name
    for line in (ROOT / "deploy/compose.env.example").read_text().splitlines():
        name, _, value = line.lstrip("# ").partition("=")
        if name in SECRETS:
            assert value == "", name
    for service in services_of_the_blueprint():
        for variable in service.get("envVars", ()):
            if variable["key"] in SECRETS:
                assert "value" not in variable, variable["key"]


# --- the blueprint --------------------------------------------------------------------------------


def services_of_the_blueprint() -> list[dict[str, Any]]:
    (project,) = BLUEPRINT["projects"]
    (environment,) = project["environments"]
    return list(environment["services"])


def test_the_blueprint_starts_what_compose_starts() -> None:
    started = {it["type"]: it.get("dockerCommand", "") for it in services_of_the_blueprint()}
    assert started["web"].split() == OURS["web"]["command"]
    assert started["worker"].split() == OURS["worker"]["command"]
    (web,) = (it for it in services_of_the_blueprint() if it["type"] == "web")
    assert web["preDeployCommand"].split() == OURS["migrate"]["command"]
    assert web["healthCheckPath"] == "/readyz"


def test_web_and_worker_of_the_blueprint_share_what_they_must() -> None:
    told = {
        it["type"]: {variable["key"] for variable in it["envVars"]}
        for it in services_of_the_blueprint()
        if it["type"] in {"web", "worker"}
    }
    shared = {"DATABASE_URL", "SECRET_KEY", "REDIS_URL", "KEEPA_API_KEY"}
    assert shared <= told["web"]
    assert shared <= told["worker"]
    assert told["web"] | told["worker"] <= settings_known()


# --- units ----------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units as they would be installed, with this checkout in the place of the server's."""
    written = []
    for unit in UNITS:
        name = unit.name.replace("@.", "@8000.")
        text = unit.read_text().replace("/srv/arbitragevault", str(ROOT))
        (tmp_path / name).write_text(re.sub(r"^(User|Group)=.*$", "", text, flags=re.MULTILINE))
        written.append(tmp_path / name)
    return written


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="No systemd on this machine.")
def test_systemd_understands_the_units(units: list[Path]) -> None:
    analyze = shutil.which("systemd-analyze") or ""
    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, units)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_service_is_shut_in_and_has_the_time_to_stop() -> None:
    services = [unit for unit in UNITS if unit.suffix == ".service"]
    assert len(services) == 4
    for unit in services:
        text = unit.read_text()
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n"):
            assert line in text, unit.name
        if "Restart=" in text:
            (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
            assert int(seconds) > POLITE_SECONDS


# --- PgBouncer ------------------------------------------------------------------------------------


def test_pgbouncer_pools_by_transaction_and_lies_where_compose_looks_for_it() -> None:
    ini = configparser.ConfigParser(comment_prefixes=(";",))
    ini.read(ROOT / "deploy/pgbouncer.ini")
    told = ini["pgbouncer"]
    assert told["pool_mode"] == "transaction"
    targets = {it["target"] for it in COMPOSE["services"]["pgbouncer"]["configs"]}
    assert told["auth_file"] in targets
    example = (ROOT / "deploy/compose.env.example").read_text()
    assert f"DATABASE_HOST=pgbouncer:{told['listen_port']}" in example
    assert ini["databases"]["vault"].startswith("host=postgres port=5432 ")
