# pragma version 0.4.3
"""
@title Refusals
@license MIT
@notice A call that is refused changes nothing, and says why in one sentence: "part: reason".
@dev One place that reverts, since each `assert` with a reason takes 45 bytes of code more than a call of it.
"""


@internal
@pure
def _refuse(reason: String[64]):
    """
    @notice Reverts; it never returns.
    @param reason The sentence, the same as the Python twin's.
    """
    raise reason
