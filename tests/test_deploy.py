"""deploy/: its files parse, and what they name is there."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from math import ceil
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families as families
from serving import free_port, served

import scholargraph
from scholargraph.cli import cli
from scholargraph.web import conversation, front, host, service
from scholargraph.web.exchanges import Exchange
from scholargraph.web.service import EXTENSION, Settings

ROOT = Path(scholargraph.__file__).parent
DEPLOY = ROOT / "deploy"
UNITS = ("scholargraph.service", "scholargraph-backup.service", "scholargraph-backup.timer")
SECTIONS = {"Unit", "Service", "Install", "Timer"}
INSTALLED = "/opt/scholargraph/bin/scholargraph"
ADDRESS = ceil(conversation.MOST_ADDRESS / 1024)
README = (DEPLOY / "README.md").read_text("utf-8")

# Docker's and OCI's instructions that a Containerfile of ours may have.
INSTRUCTIONS = set(
    "ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK RUN STOPSIGNAL USER VOLUME WORKDIR".split()
)


def unit(name):
    """The settings of a unit by section, of one that is given twice the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string((DEPLOY / name).read_text("utf-8"))
    return parser


def parsed(words):
    """What the command line says to *words* after ``scholargraph``; a mistake is an exception."""
    command, *rest = words
    return cli.commands[command].make_context(command, list(rest), resilient_parsing=False).params


def instructions():
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Containerfile").read_text("utf-8"), flags=re.M)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest.strip()


def variables_read():
    """The variables of the environment that settings come from."""

    class Asked(dict):
        def get(self, name, default=None):
            names.add(name)
            return default

    names = set()
    Settings.from_environment(Asked())
    return names


@pytest.mark.parametrize("name", UNITS)
def test_units_have_known_sections(name):
    assert set(unit(name).sections()) <= SECTIONS


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="this system has no systemd")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_no_fault(tmp_path, name):
    # The timer's service has to be beside it, and what is started has to exist.
    for each in UNITS:
        text = (DEPLOY / each).read_text("utf-8").replace(INSTALLED, sys.executable)
        (tmp_path / each).write_text(text)

    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True
    )

    assert (found.returncode, found.stderr) == (0, "")


def test_the_unit_starts_the_documented_command():
    command = shlex.split(unit("scholargraph.service")["Service"]["ExecStart"])
    documented = re.search(r"^scholargraph (serve .*)$", README, re.M)[1]

    params = parsed(command[1:])

    assert command[0] == INSTALLED
    assert params["proxies"] == parsed(shlex.split(documented))["proxies"] == 1


def test_the_unit_waits_for_a_graceful_stop():
    settings = unit("scholargraph.service")["Service"]

    assert host.GRACE < int(settings["TimeoutStopSec"]) <= 2 * host.GRACE
    assert settings["KillMode"] == "mixed"
    assert int(settings["LimitNOFILE"]) >= host.CONNECTIONS + host.OTHER_FILES


def test_the_backup_is_a_command_that_works(store, tmp_path):
    command = shlex.split(unit("scholargraph-backup.service")["Service"]["ExecStart"])
    assert command[:2] == ["/bin/sh", "-c"]
    folder = tmp_path / "backups"
    folder.mkdir()
    script = command[2].replace("%%", "%").replace("$$", "$")
    script = script.replace(INSTALLED, f"{sys.executable} -P -m scholargraph.cli")
    script = script.replace("/var/backups/scholargraph", str(folder))

    subprocess.run(
        ["/bin/sh", "-c", script], env={"SCHOLARGRAPH_STORE": str(store.path)}, check=True
    )

    (backup,) = folder.iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z", backup.name)
    assert (backup / "format.json").exists()


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_variable_that_is_named_is_read(path):
    named = set(re.findall(r"SCHOLARGRAPH_[A-Z_]+", path.read_text("utf-8")))

    assert named <= variables_read()


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_option_that_is_named_exists(path):
    known = {
        option
        for command in cli.commands.values()
        for param in command.params
        for option in param.opts
    }
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    told = re.findall(r"`[^`]*`" if path.suffix == ".md" else r"#.*", text)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(told)))
    podmans = {"--build-arg", "--format", "--secret", "--help"}

    assert named - podmans <= known


def test_the_environment_file_is_settings(tmp_path):
    lines = (DEPLOY / "scholargraph.env").read_text("utf-8").splitlines()
    settings = dict(line[1:].split("=", 1) for line in lines if line.startswith("#SCHOLARGRAPH_"))
    assert all(line.startswith("#") or not line for line in lines)

    found = Settings.from_environment(settings | {"SCHOLARGRAPH_TOKEN": "x"})

    assert (found.readers, found.token) == (4, "x")


def test_the_container_file_has_known_instructions_and_no_registry():
    found = list(instructions())

    assert {name for name, _ in found} <= INSTRUCTIONS
    images = [rest.split()[0] for name, rest in found if name == "FROM"]
    assert images == ["${PYTHON}", "${PYTHON}"]
    (default,) = (rest for name, rest in found if name == "ARG")
    assert "/" not in default


def test_the_container_file_copies_what_there_is():
    copies = [rest.split() for name, rest in instructions() if name == "COPY"]
    sources = [source for words in copies if "--from=build" not in words for source in words[:-1]]

    assert all(list(ROOT.glob(source)) for source in sources)
    packages = {"data", "extract", "graph", "web"}
    assert packages <= set(sources)


def test_the_container_serves():
    found = dict(instructions())
    words = json.loads(found["ENTRYPOINT"]) + json.loads(found["CMD"])

    params = parsed(words[1:])

    assert (words[0], params["host"], str(params["port"])) == (
        "scholargraph",
        "0.0.0.0",
        found["EXPOSE"],
    )
    assert found["USER"] != "root"


def test_the_container_knows_whether_it_is_healthy(store, tmp_path):
    check = dict(instructions())["HEALTHCHECK"]
    _, flag, program = json.loads(check[check.index("[") :])
    assert flag == "-c"

    def status(address):
        command = [sys.executable, "-c", program.replace("http://127.0.0.1:5000", address)]
        return subprocess.run(command, capture_output=True).returncode

    with served(store.path, cwd=tmp_path) as address:
        healthy = status(address)

    assert healthy == 0
    assert status(f"http://127.0.0.1:{free_port()}") != 0


def test_proxies_let_through_what_the_server_takes():
    nginx, caddy = ((DEPLOY / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    megabytes = Settings().max_body // 2**20
    longest = service.PATIENCE + Settings().query_timeout

    assert nginx.count("{") == nginx.count("}") and caddy.count("{") == caddy.count("}")
    assert f"client_max_body_size {megabytes}m;" in nginx and f"max_size {megabytes}MB" in caddy
    assert int(re.search(r"proxy_read_timeout (\d+)s", nginx)[1]) > 2 * longest
    assert int(re.search(r"response_header_timeout (\d+)s", caddy)[1]) > 2 * longest
    assert f"buffers 4 {ADDRESS}k" in nginx
    assert "proxy_buffering off" in nginx and "flush_interval -1" in caddy


def test_prometheus_is_told_where_the_figures_are(client):
    settings = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    (job,) = settings["scrape_configs"]

    assert client.get(job["metrics_path"]).status_code == 200
    assert all((DEPLOY / name).exists() for name in settings["rule_files"])


def series(client):
    """The names of all series, after one of each kind of exchange."""
    observer = client.application.extensions[EXTENSION].observer
    observer.finished(Exchange("GET", "/sparql", 503, 0.1, 1, "", "sparql", False, "ASK {}"))
    text = client.get("/metrics").text
    return {sample.name for family in families(text) for sample in family.samples}


def test_rules_are_about_figures_that_there_are(client):
    (group,) = yaml.safe_load((DEPLOY / "scholargraph-rules.yml").read_text("utf-8"))["groups"]
    rules = {rule["alert"]: rule["expr"] for rule in group["rules"]}
    named = {name for expr in rules.values() for name in re.findall(r"\b\w+(?=\{job)", expr)}

    assert len(rules) == len(group["rules"])
    assert named <= series(client) | {"up", "scholargraph_log_lines_dropped_total"}


def test_the_readme_names_every_figure(client):
    table = README.partition("## What is measured")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:scholargraph|process)_\w+)`", table))
    named.add("scholargraph_answer_cache_misses_total")  # written as `_misses_total`
    found = {re.sub(r"_(bucket|sum|count)$", "", name) for name in series(client)}
    found = {name for name in found if not name.endswith("_created")}
    found |= {"scholargraph_triples", "scholargraph_log_lines_dropped_total"}  # later, or with logs
    unsaid = {name for name in found if name.startswith(("scholargraph_subprocess_", "process_st"))}

    assert named - unsaid == found - unsaid


def test_the_readme_names_every_file():
    assert {path.name for path in DEPLOY.iterdir()} - {"README.md"} == set(
        re.findall(r"\]\(([\w.-]+)\)", README)
    )


def limits():
    """The rows of the README's table of limits."""
    table = README.partition("## Limits")[2].partition("\n\nEach")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return {what: (limit, option) for what, limit, option, *_ in rows[2:]}


def test_the_limits_of_options_are_their_defaults():
    defaults = {
        option: param.default for param in cli.commands["serve"].params for option in param.opts
    }
    stated = {
        option.strip("`"): float(limit.split()[0].rstrip(";").replace(",", ""))
        for limit, option in limits().values()
        if option.startswith("`")
    }

    assert len(stated) >= 5
    assert {option: float(defaults[option]) for option in stated} == stated


def test_the_limits_of_the_server_are_the_codes():
    stated = {what: limit for what, (limit, _) in limits().items()}

    assert {
        "answer of a query": f"{Settings().max_answer // 2**30} GB",
        "seconds that a query waits": f"{service.PATIENCE:g}",
        "body of an update or upload": f"{Settings().max_body // 2**20} MB",
        "body of a query": f"{front.MOST_QUERY // 2**20} MB",
        "address, headers": f"{ADDRESS} KB each",
        "a body that stands still": (
            f"{conversation.BODY_SECONDS:g} s, then {conversation.BODY_RATE // 1024} KB a second"
        ),
        "pages at once": f"{front.PAGES.together}; {front.PAGES.each} for one client",
        "downloads at once": f"{front.DOWNLOADS.together}; {front.DOWNLOADS.each} for one client",
    }.items() <= stated.items()
