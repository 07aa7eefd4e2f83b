"""Scratch folders leave nothing behind, and take nothing from who is still at work."""

import signal
import subprocess
import sys
from pathlib import Path

from kizuna.tools.scratch import scratch_folder, sweep_scratch

_HOLD = """
import sys, time
from pathlib import Path
from kizuna.tools.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows.parquet").write_text("rows")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_scratch_folder_is_its_owners_alone_and_gone_at_the_end(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "spark") as folder:
        (folder / "rows.parquet").write_text("rows", encoding="ascii")
        assert folder.stat().st_mode & 0o077 == 0
        assert (tmp_path / "spark").stat().st_mode & 0o077 == 0
    assert list((tmp_path / "spark").iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_holds_stays(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    try:
        held = Path(other.stdout.readline().strip())
        with scratch_folder(tmp_path) as ours:
            sweep_scratch(tmp_path)
            assert (held / "rows.parquet").exists() and ours.exists()
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert held.exists()
        with scratch_folder(tmp_path):
            assert not held.exists()
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
