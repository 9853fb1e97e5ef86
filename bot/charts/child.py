"""The process that draws: charts in at standard input, pictures out at standard output, until the input ends.

It ends with its parent whatever happened to that: the operating system closes a dead process's end of the pipe, and
reading then finds the end of the file. It imports nothing of the bot but the drawing.

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
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not become part of a picture
    try:
        serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the parent is gone, or done: there is nobody left to flush anything to


def serve(charts: BinaryIO, answers: BinaryIO) -> None:
    """Answer one chart after another; EOFError at the end of the charts."""
    from bot.charts.draw import draw  # after SIGINT is ignored: this takes most of the start

    while True:
        chart = pickle.load(charts)
        try:
            kind, answer = DRAWN, draw(chart)
        except Exception:  # noqa: BLE001 - whatever is wrong with one chart is told, and the next one is drawn
            kind, answer = REFUSED, traceback.format_exc().encode()
        answers.write(HEADER.pack(kind, len(answer)))
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    main()
