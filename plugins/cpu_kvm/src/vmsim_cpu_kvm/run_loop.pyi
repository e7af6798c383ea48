from enum import IntEnum

class RunResult(IntEnum):
    REACHED_LIMIT = 0
    WAITING = 1
    STOPPED = 2
    ENDLESS_LOOP = 3
    FAILED = 4
    NEEDS_ALIAS = 5
    ENDLESS_EXCEPTIONS = 6
    AT_BREAKPOINT = 7
    REFUSED = 8
