"""What a person may have got wrong, and how it is told: one sentence, no traceback."""

import sys
from collections.abc import Callable

STOPPED = 1
"""Exit code when the input was read and would make every number wrong."""
REFUSED = 2
"""Exit code when a command could not do what it was asked."""


class InputError(Exception):
    """A fault of the input or of its surroundings; the message says what, where and what to do."""


def one_line(error: BaseException) -> str:
    """Return the first paragraph of a library's message as one line, without a full stop."""
    paragraph = str(error).strip().split("\n\n")[0]
    return " ".join(paragraph.split()).rstrip(".") or type(error).__name__


def run(command: Callable[[], int]) -> int:
    """Run a command and return its exit code, with a fault told on stderr instead of raised."""
    try:
        return command()
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped; what was loaded before is untouched.", file=sys.stderr)
    return REFUSED
