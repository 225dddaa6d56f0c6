# pragma version 0.4.3
"""
@title Wallet
@license MIT
@notice A wallet that is a contract: whoever asks may make it call, and what it does when it is paid can be chosen.
"""

ACCEPT: constant(uint256) = 0
REFUSE: constant(uint256) = 1
# All gas that it was given is gone.
BURN: constant(uint256) = 2
# A megabyte is returned to whoever pays, or with a refusal.
RETURN_MUCH: constant(uint256) = 3
REVERT_WITH_MUCH: constant(uint256) = 4
# It calls back; what comes of it is kept.
CALL_BACK: constant(uint256) = 5

manner: public(uint256)
# Whom it calls back, and how.
_callee: address
_call: Bytes[4096]
_amount: uint256
calls_back: public(uint256)
came_back: public(bool)
answer: public(Bytes[256])


@external
def choose(manner: uint256):
    """
    @notice Decides what is done when it is paid.
    @param manner One of those above.
    """
    self.manner = manner


@external
def call_back(callee: address, data: Bytes[4096], amount: uint256):
    """
    @notice Decides that it calls back when it is paid.
    @param callee Whom.
    @param data What is called.
    @param amount What is sent along, in wei.
    """
    self.manner = CALL_BACK
    self._callee = callee
    self._call = data
    self._amount = amount
    self.calls_back = 0


@external
@payable
def execute(callee: address, data: Bytes[65536], amount: uint256):
    """
    @notice Calls, and is refused with the callee's words.
    @param callee Whom.
    @param data What is called.
    @param amount What is sent along, in wei.
    """
    raw_call(callee, data, value=amount)


@external
@payable
@raw_return
def __default__() -> Bytes[1048576]:
    """
    @notice It is paid.
    @return Nothing, or much.
    """
    if self.manner == REFUSE:
        raise "wallet: no, thank you"
    if self.manner == BURN:
        raise UNREACHABLE
    if self.manner == CALL_BACK:
        # What it is paid in the call back it keeps.
        if self.calls_back == 0:
            self.calls_back = 1
            self.came_back, self.answer = raw_call(
                self._callee, self._call, value=self._amount, max_outsize=256, revert_on_failure=False
            )
        return b""
    if self.manner == ACCEPT:
        return b""
    much: Bytes[1048576] = abi_encode(empty(uint256[32768]))
    if self.manner == REVERT_WITH_MUCH:
        raw_revert(much)
    return much
