"""A disk that loses power: what of a folder would be left, if only what was synced had reached it.

`Disk` stands in the place of `os.fsync`. What other code writes, renames or removes is found by looking at the folder;
what a library syncs by itself, past Python, counts as not synced.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.data.durable import is_left_over

Tree = dict[str, Any]
"""The names in a folder, each with its bytes or with the tree of a folder."""


@dataclass(frozen=True)
class Cut:
    """What may be left in the folder if the power is cut at some moment."""

    least: Tree
    """No name changed since its folder was synced."""
    most: Tree
    """All names changed, though their folders were not synced."""


class Disk:
    """Follows what is synced below a folder, which exists; the syncing itself is left out.

    Args:
        root: the folder; what is in it at first counts as synced.
        at: called with the cut of each moment at which something is synced, before it is.
    """

    def __init__(self, root: Path, at: Callable[[Cut], None] = lambda cut: None) -> None:
        self.root, self.at = root, at
        self.contents: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.kinds: dict[int, bool] = {}
        self.held: list[int] = []
        for folder, _, files in os.walk(root):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                descriptor = os.open(path, os.O_RDONLY)
                self._note(descriptor)
                os.close(descriptor)

    def __enter__(self) -> "Disk":
        self.original, os.fsync = os.fsync, self.sync
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync = self.original
        for descriptor in self.held:
            os.close(descriptor)

    def sync(self, descriptor: int) -> None:
        """Takes the place of `os.fsync`."""
        self.at(self.cut())
        self._note(descriptor)

    def _note(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        number = status.st_ino
        self.held.append(os.dup(descriptor))  # or the number would be given to another file
        self.kinds[number] = stat.S_ISDIR(status.st_mode)
        if self.kinds[number]:
            entries = list(os.scandir(descriptor))
            self.names[number] = {each.name: each.inode() for each in entries}
            self.kinds.update({each.inode(): each.is_dir() for each in entries})
        else:
            self.contents[number] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def cut(self) -> Cut:
        """What may be left now."""
        return Cut(self._least(self.root.stat().st_ino), self._most(self.root))

    def _least(self, folder: int) -> Tree:
        return {
            name: self._least(number) if self.kinds[number] else self.contents.get(number, b"")
            for name, number in self.names.get(folder, {}).items()
        }

    def _most(self, folder: Path) -> Tree:
        return {
            each.name: self._most(each) if each.is_dir() else self.contents.get(each.stat().st_ino, b"")
            for each in folder.iterdir()
        }

    def unsynced(self) -> list[str]:
        """Files that bear their final name although their bytes were not synced."""
        return [
            path.relative_to(self.root).as_posix()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not is_left_over(path.name)
            if self.contents.get(path.stat().st_ino) != path.read_bytes()
        ]


def put(tree: Tree, folder: Path) -> Path:
    """Write what is left into a new folder."""
    folder.mkdir(parents=True)
    for name, content in tree.items():
        if isinstance(content, dict):
            put(content, folder / name)
        else:
            (folder / name).write_bytes(content)
    return folder
