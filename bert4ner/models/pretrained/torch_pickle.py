"""The pickles in PyTorch's files of weights, by a machine that knows the few steps in files of tensors.

It calls nothing that a pickle names, holds no more than the pickle's bytes, and stops at a number of steps that no file
of weights reaches. Keys are words or numbers: what else can be a key may take for ever to be compared.
"""

import pickle
import pickletools
from collections.abc import Callable
from typing import IO, Any, ClassVar

from bert4ner.models.pretrained.stores import some
from bert4ner.models.pretrained.torch_names import NAMES, Name, Refused, Storage, checked_key

MOST_STEPS = 100_000
"""In a pickle. A tensor takes some thirty, so this is enough for 3,000 tensors."""
_LONGEST, _LONGEST_PICKLE = 1 << 20, 16 << 20  # bytes: of one value, of all

_PUSHED: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), int),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING"), str),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES"), bytes),
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Bounded:
    """A file that is read no further than the longest pickle in a file of weights."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left, self.tell = file, _LONGEST_PICKLE, file.tell

    def read(self, size: int) -> bytes:
        return self._counted(b"" if size > _LONGEST else self._file.read(size), size)

    def readline(self) -> bytes:
        line = self._file.readline(_LONGEST)
        return self._counted(line, len(line))

    def _counted(self, content: bytes, size: int) -> bytes:
        self._left -= size
        if size > _LONGEST or self._left < 0:
            raise pickle.UnpicklingError("a value too long for a file of weights")
        return content


class Machine:
    """Reads one pickle.

    Attributes:
        storages: those that it met, by key.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.storages: dict[str, Storage] = {}
        self._file: Any = _Bounded(file)
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._left = MOST_STEPS

    def load(self) -> Any:
        """What was pickled: tensors in dictionaries, lists and tuples.

        Raises:
            Refused: it names something else.
            Exception: nearly any, where it is damaged or too large.
        """
        for code, argument, _ in pickletools.genops(self._file):
            self._count(1)
            if code.name == "STOP":
                return self._stack.pop()
            if code.name in _PUSHED:
                self._stack.append(_PUSHED[code.name]() if argument is None else argument)
            elif code.name in _TUPLES:
                self._stack[-_TUPLES[code.name] :] = [tuple(self._stack[-_TUPLES[code.name] :])]
            elif code.name in self._steps:
                self._steps[code.name](self, argument)
            elif code.name not in ("PROTO", "FRAME"):
                raise pickle.UnpicklingError(f"the step {code.name}, which files of weights do not take")
        raise EOFError("the pickle ends too early")

    def _count(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise pickle.UnpicklingError("more steps than any file of weights takes")

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def _items(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._items()))

    def _put(self, place: int | None) -> None:
        self._memo[len(self._memo) if place is None else place] = self._stack[-1]

    def _get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def _named(self, name: str | None) -> None:
        if name is None:
            attribute, module = self._stack.pop(), self._stack.pop()
        else:
            module, attribute = name.split(" ", 1)
        if type(module) is not str or type(attribute) is not str:
            raise pickle.UnpicklingError("a name that is no word")
        if (module, attribute) not in NAMES:
            raise Refused(some([f"{module}.{attribute}"]))
        self._stack.append(NAMES[module, attribute])

    def _call(self, _: Any) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, Name) or name.call is None or not isinstance(arguments, tuple):
            raise pickle.UnpicklingError("a call of what cannot be called")
        self._count(sum(len(each) for each in arguments if isinstance(each, list | tuple | dict)))  # they are copied
        self._stack.append(name.call(*arguments))

    def _set_state(self, _: Any) -> None:
        self._stack.pop()
        if not isinstance(self._stack[-1], dict):  # whose state is that of a module: versions
            raise pickle.UnpicklingError("a tensor that is changed")

    def _storage(self, _: Any) -> None:
        kind, name, key, _, numbers, *view = self._stack.pop()
        if type(kind) not in (str, bytes) or kind not in ("storage", b"storage") or view not in ([], [None]):
            raise pickle.UnpicklingError("an unknown kind of storage")
        known = isinstance(name, Name) and bool(name.type) and type(key) is str
        if not known or type(numbers) is not int or numbers < 0:
            raise pickle.UnpicklingError("a storage of unknown type")
        self._stack.append(self.storages.setdefault(key, Storage(key, name.type, numbers)))

    def _set(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def _set_all(self, _: Any) -> None:
        self._fill(self._items())

    def _fill(self, items: list[Any]) -> None:
        table = self._stack[-1]
        if not isinstance(table, dict):
            raise pickle.UnpicklingError("an entry of what has none")
        for key, value in zip(items[::2], items[1::2], strict=True):
            table[checked_key(key)] = value

    def _append(self, _: Any) -> None:
        self._extend([self._stack.pop()])

    def _append_all(self, _: Any) -> None:
        self._extend(self._items())

    def _extend(self, items: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise pickle.UnpicklingError("an item of what has none")
        self._stack[-1].extend(items)

    _steps: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
        **dict.fromkeys(("BINGET", "LONG_BINGET"), _get),
        **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _named),
        "MARK": _mark,
        "TUPLE": _tuple,
        "REDUCE": _call,
        "BUILD": _set_state,
        "BINPERSID": _storage,
        "SETITEM": _set,
        "SETITEMS": _set_all,
        "APPEND": _append,
        "APPENDS": _append_all,
    }
