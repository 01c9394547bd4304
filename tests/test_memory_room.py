"""How much memory there is, by the machine and by its control groups."""

import subprocess
import sys

import pytest

from scholargraph.graph.memory_room import available

GB = 1 << 30


@pytest.fixture
def root(tmp_path):
    """A machine with 8 GB available; `write` its files."""
    write(tmp_path, {"proc/meminfo": f"MemTotal: {16 << 20} kB\nMemAvailable: {8 << 20} kB\n"})
    return tmp_path


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_without_groups_the_machine_decides(root):
    assert available(root) == 8 * GB


def test_a_group_of_version_2_bounds_it_and_its_cached_files_do_not_count(root):
    write(
        root,
        {
            "proc/self/cgroup": "0::/system.slice/graph.service\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.max": f"{4 * GB}\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.current": f"{3 * GB}\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.stat": (
                f"anon {GB}\ninactive_file {2 * GB}\n"
            ),
        },
    )

    assert available(root) == 3 * GB


@pytest.mark.parametrize(("above", "room"), [("max", 8), (str(6 * GB), 1), (str(4 * GB), 0)])
def test_a_group_above_bounds_it_too(root, above, room):
    write(
        root,
        {
            "proc/self/cgroup": "0::/system.slice/graph.service\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.max": "max\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.current": f"{GB}\n",
            "sys/fs/cgroup/system.slice/graph.service/memory.stat": "inactive_file 0\n",
            "sys/fs/cgroup/system.slice/memory.max": f"{above}\n",
            "sys/fs/cgroup/system.slice/memory.current": f"{5 * GB}\n",
            "sys/fs/cgroup/system.slice/memory.stat": "inactive_file 0\n",
        },
    )

    assert available(root) == room * GB


def test_a_container_of_version_1_finds_its_group_at_the_top(root):
    write(
        root,
        {
            "proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/abc\n1:cpu:/docker/abc\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GB}\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GB}\n",
            "sys/fs/cgroup/memory/memory.stat": f"inactive_file 0\ntotal_inactive_file {GB}\n",
        },
    )

    assert available(root) == 2 * GB


def test_where_the_kernel_does_not_say_there_is_none(tmp_path):
    assert available(tmp_path) == 0


def test_what_is_taken_counts():
    # In a process of its own: here threads of earlier tests may end meanwhile.
    program = """
from scholargraph.graph.memory_room import data_bytes
before = data_bytes()
taken = bytearray(50 << 20)
print(data_bytes() - before >= len(taken))
"""
    answer = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True)

    assert answer.stdout.decode().strip() == "True"
