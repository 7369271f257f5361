"""`python -m mia_bot.demo.tether ARGUMENTS`: `mia` in a child of the demo, which never outlives the demo.

The demo holds the other end of the child's standard input. However the demo ends, even by SIGKILL, the system
closes that end, and the child stops as it would on SIGTERM.
"""

import os
import signal
import threading

from mia_core.cli import main


def _stop_with_the_demo() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_the_demo, daemon=True).start()
    main()
