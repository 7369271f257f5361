"""Who sits at the terminal."""

import os
import pwd


def operator() -> str:
    """The user as the system knows them (no variable that anybody can set)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
