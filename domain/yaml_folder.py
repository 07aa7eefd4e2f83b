"""A folder of a user's own YAML files: actions, features."""

from collections.abc import Iterator
from pathlib import Path

from .errors import Fault
from .yaml_reader import MAX_BYTES

SUFFIX = ".yaml"
#: A file is read so much further than its limit that even a byte order mark can't hide that it is too long.
_BEYOND = 4


def raw_files(folder: Path, setting: str, faults: list[Fault]) -> Iterator[tuple[Path, bytes]]:
    """Each file of the folder and its bytes, by name; `setting` is where the brief names the folder.

    What can't be read is added to `faults`, and the others go on.
    """
    if not folder.is_dir():
        faults.append(Fault(str(folder), 0, "", "there is no such folder", f"see `{setting}` in the brief"))
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".yml", ".yaml"} and path.suffix != SUFFIX:
            faults.append(Fault(str(path), 0, "", f"the file's name must end in `{SUFFIX}`"))
        elif path.suffix == SUFFIX:
            try:
                with path.open("rb") as file:
                    raw = file.read(MAX_BYTES + _BEYOND)
            except OSError as error:
                faults.append(Fault(str(path), 0, "", f"can't be read: {error.strerror}"))
            else:
                yield path, raw
