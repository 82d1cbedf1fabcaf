"""Memory that is given back: a process of many threads and weeks must not keep what each of them had once."""

#: From malloc.h of the GNU C library; see mallopt(3).
_M_ARENA_MAX = -8
#: One for each thread, up to eight for each core, is what the library would make. Each keeps the most that
#: its threads ever took, and with the interpreter's lock hardly two of them allocate at the same time.
_ARENAS = 2


def share_arenas() -> None:
    """Let all threads that are to come take their memory from a few arenas, where the C library has some."""
    import ctypes  # noqa: PLC0415 - most commands have no threads

    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (AttributeError, OSError, TypeError):
        return  # another library: musl's and macOS' have no arenas of this kind
