"""Why something failed, for the log and the operator: never with words that people said."""

from mia_core.errors import MiaError
from mia_core.outage import advice, cause_of


def reason_of(error: Exception) -> str:
    """Our own errors' sentence, and of an outage of the database what to do about it.

    Of any other exception its kind and place, for its words can hold a person's.
    """
    if isinstance(error, MiaError):
        return str(error)
    if told := advice(error):
        return told
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}" if trace else ""
    return f"{type(cause_of(error)).__name__}{place}"
