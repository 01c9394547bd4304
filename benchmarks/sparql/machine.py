"""What the figures depend on besides the servers: the machine and the versions."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]


def description() -> dict[str, Any]:
    """Processor, memory and load, now."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.platform(),
        "load_after": os.getloadavg(),
    }


def versions() -> dict[str, str]:
    """Ours, as a commit where there is one, and the packages that matter."""
    found = {name: version(name) for name in ("scholargraph", "pyoxigraph", "httptools", "flask")}
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--tags"],
        capture_output=True,
        text=True,
        check=False,
    )
    found["commit"] = asked.stdout.strip() or "none"
    return {"python": platform.python_version(), **found}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
