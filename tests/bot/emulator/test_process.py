import signal
import subprocess
import sys

import pytest
from support.web import web

TOKEN = "1:" + "a" * 35
PROGRAM = "from bot.emulator import serve; serve(0, ready=lambda local: print(local.base_url, flush=True))"


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number):
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            base_url = program.stdout.readline().decode().strip()
            assert web.get(f"{base_url}{TOKEN}/getMe").json()["ok"] is True
            program.send_signal(number)
            out, err = program.communicate(timeout=60)
        finally:
            program.kill()
    assert (program.returncode, out, err) == (0, b"", b"")
