"""A process that another one started: it ends when that one is gone."""

from __future__ import annotations

import os
import signal
import threading


def end_with_stdin() -> None:
    """End as by SIGTERM once whoever started this process is gone, however it went."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="stdin", daemon=True).start()
