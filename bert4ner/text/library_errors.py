"""What the package tokenizers raises, panics of its Rust code included, as errors of this library."""

from collections.abc import Iterator
from contextlib import contextmanager

import tokenizers

from bert4ner.errors import CheckpointError

_PROBE = "本品 The 3.5g，\u3000①é\u0301😀\n"


@contextmanager
def library_errors(what: str) -> Iterator[None]:
    """Turn any error of the block into one line that begins with `what`, but for this library's own.

    Raises:
        CheckpointError: something went wrong.
    """
    try:
        yield
    except CheckpointError:
        raise
    except BaseException as error:
        # tokenizers raises bare Exception; a panic in Rust is no Exception, and its class cannot be imported.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise CheckpointError(f"{what}: {' '.join(str(error).split())[:200]}") from None


def probe(library: tokenizers.Tokenizer) -> None:
    """Cut a short text, so that a part which loads but cannot work is found before work begins."""
    library.encode(_PROBE, add_special_tokens=False)
