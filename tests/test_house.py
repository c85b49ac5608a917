"""The house stays as its map says: rooms, direction of imports, doors, sizes, and reasons beside dependencies."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for room in ("collector", "jobs") for path in (ROOT / room).rglob("*.py"))

ROOMS_BELOW = {
    "collector.errors": set(),
    "collector.form": {"collector.errors", "collector.form"},
    "collector.kobo": {"collector.errors", "collector.form", "collector.kobo"},
    "collector.reporting": {"collector.errors", "collector.form", "collector.reporting"},
    "collector.quality": {"collector.errors", "collector.form", "collector.quality", "collector.indicators"},
    "collector.indicators": {"collector.errors", "collector.form", "collector.indicators"},
    "collector.workbook": {
        "collector.errors",
        "collector.form",
        "collector.quality",
        "collector.indicators",
        "collector.workbook",
    },
    "collector.delivery": {
        "collector.errors",
        "collector.form",
        "collector.indicators",
        "collector.workbook",
        "collector.delivery",
    },
    "collector.sandbox": {"collector.errors", "collector.form", "collector.sandbox"},
    "collector.tablets": {"collector.errors", "collector.form", "collector.tablets"},
}
"""Room → rooms it may import. `jobs` may import every room; only `jobs` imports `sandbox` and `tablets`."""

DOORS = {
    "requests": {"collector/kobo", "collector/tablets"},
    "sqlalchemy": {"collector/reporting", "jobs"},
    "openpyxl": {"collector/form", "collector/workbook", "collector/sandbox"},
    "pyxform": {"collector/form", "collector/sandbox", "collector/tablets"},
    "jpype": {"collector/tablets"},
    "starlette": {"collector/sandbox"},
    "cryptography": {"collector/form"},
    "alembic": {"collector/reporting"},
    "apscheduler": {"jobs"},
    "typer": {"jobs"},
    "smtplib": {"collector/delivery"},
    "msoffcrypto": {"collector/delivery"},
}
"""Library → the only rooms that may import it."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2]) if module.startswith("collector.") else module.split(".")[0]


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from collector.reporting import ledger` names a module, `from collector import errors` too
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_to_the_rooms_below(path):
    room = room_of(name_of(path))
    if room in {"jobs", "collector"}:
        return
    ours = {room_of(name) for name in imports_of(path) if name.startswith(("collector", "jobs"))}
    assert ours <= ROOMS_BELOW[room]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_has_its_door(path):
    place = path.relative_to(ROOT).as_posix()
    for name in imports_of(path):
        rooms = DOORS.get(name.split(".")[0])
        assert rooms is None or place.startswith(tuple(rooms)), f"{place} imports {name}"


def test_a_pull_loads_no_library_before_it_needs_it():
    """Each of them takes 5 to 10 MB: workbooks, keys, migrations, the scheduler, the converter, the other database."""
    seldom = ("openpyxl", "cryptography", "alembic", "apscheduler", "pyxform", "psycopg")
    asked = f"import sys, jobs.pull, jobs.runs; print([name for name in {seldom} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_jobs_know_the_clock_and_the_environment(path):
    if path.is_relative_to(ROOT / "jobs"):
        return
    text = path.read_text("utf-8")
    assert not re.search(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(", text)
    assert "os.environ" not in text


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for(path):
    if path.name != "__init__.py":
        assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_functions_fit_a_screen_and_files_a_sitting():
    lengths = []
    for path in MODULES:
        text = path.read_text("utf-8")
        assert text.count("\n") <= 400, f"{path} is longer than a sitting"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node) is not None
                start = (node.body[1] if documented and len(node.body) > 1 else node.body[0]).lineno
                lengths.append((node.end_lineno or start) - start + 1)
    assert statistics.median(lengths) < 10
    assert max(lengths) <= 60


def test_there_is_no_attic():
    assert not [path for path in MODULES if path.stem in {"utils", "helpers", "misc", "common"}]
    words = re.compile(r"class \w*(Manager|Helper|Service)\b")
    assert not [path for path in MODULES if words.search(path.read_text("utf-8"))]


def test_the_map_in_the_readme_names_every_module_and_no_other():
    readme = (ROOT / "README.md").read_text("utf-8")
    drawn, folder = set(), ""
    for line in readme.split("<!-- map -->")[1].splitlines():
        words = line.split()
        if words and not line.startswith(" ") and words[0].endswith("/"):
            folder = words[0]
        drawn |= {folder + word for word in words if re.fullmatch(r"\w+\.py", word)}
    standing = {path.relative_to(ROOT).as_posix() for path in MODULES if path.name != "__init__.py"}
    assert drawn == standing


def test_each_dependency_gives_its_reason_on_its_line():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert "#" in line, f"{dependency} has no reason"


def test_what_people_run_is_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in ("make demo", "make test"):
        assert command in readme
