"""The drawing process: reads charts from standard input and writes pictures to standard output until the input ends.

It always ends with its parent: the operating system closes a dead process's end of the pipe, and the read returns end
of file. Of the bot it imports only the drawing code.

An answer is one byte, then a length in eight bytes, big-endian, then as many bytes: DRAWN and a PNG, or REFUSED and
the reason in UTF-8.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import traceback
from typing import BinaryIO

DRAWN, REFUSED = b"+", b"-"
HEADER = struct.Struct(">cQ")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the parent ends this one
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not end up in a picture
    try:
        serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the parent is gone or has finished: there is nothing to flush


def serve(charts: BinaryIO, answers: BinaryIO) -> None:
    """Answer one chart after another. Raises EOFError at the end of the input."""
    from bot.charts.draw import draw  # after SIGINT is ignored: this takes most of the start

    while True:
        chart = pickle.load(charts)
        try:
            kind, answer = DRAWN, draw(chart)
        except Exception:  # noqa: BLE001 - report the error of this chart, then draw the next one
            kind, answer = REFUSED, traceback.format_exc().encode()
        answers.write(HEADER.pack(kind, len(answer)))
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    main()
