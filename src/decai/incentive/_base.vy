# pragma version 0.4.3
"""
@title What the incentive mechanisms share
@license MIT
@notice One word that counts in all, and one for each account.
@dev Specified in docs/mechanism.md#claims; the twin of incentive/_base.py.

    The totals, from the lowest bits: the time of the last contribution (40), the time of the last change of the
    model (40), contributions (48), valid contributions (48), accounts that have a number (32).
    An account: its valid contributions (48), its number from 1 on (32), its deposits that were validated (176).
"""

import clone
import ownable
import parameters
import refusals

uses: ownable

CHANGED: constant(uint256) = 40
SUBMITTED: constant(uint256) = 80
VALID: constant(uint256) = 128
ACCOUNTS: constant(uint256) = 176
TIME_MASK: constant(uint256) = 2**40 - 1
COUNT_MASK: constant(uint256) = 2**48 - 1
NUMBER: constant(uint256) = 48
NUMBER_MASK: constant(uint256) = 2**32 - 1
VALID_DEPOSIT: constant(uint256) = 80

if parameters.SHARED:
    # Of the terms of a clone.
    REFUND_WAIT: constant(uint256) = 96
    WAIT_MASK: constant(uint256) = 2**32 - 1

totals: public(uint256)
accounts: public(HashMap[address, uint256])


@deploy
def __init__():
    """
    @notice The model begins, unless this is the code that clones share.
    """
    if parameters.SHARED:
        pass
    else:
        self._begin()


@external
@view
def refundWaitTimeS() -> uint32:
    """
    @return How long after a contribution it can be claimed, in seconds.
    """
    if parameters.SHARED:
        return convert(self._refund_wait(clone._terms()), uint32)
    return parameters.REFUND_WAIT


@external
@view
def lastUpdateTimeS() -> uint256:
    """
    @return When the last contribution came in, or the model was deployed, in seconds since the epoch.
    """
    return self._last_update()


@external
@view
def totalSubmitted() -> uint256:
    """
    @return How many contributions there are.
    """
    return (self.totals >> SUBMITTED) & COUNT_MASK


@external
@view
def totalGoodDataCount() -> uint256:
    """
    @return How many contributions were validated.
    """
    return self._total_valid()


@external
@view
def addressStats(account: address) -> (uint128, uint128):
    """
    @param account Whose.
    @return Its valid contributions, and 0 for its contributions in all, which are not counted.
    """
    return convert(self.accounts[account] & COUNT_MASK, uint128), 0


@external
@view
def numValidForAddress(account: address) -> uint128:
    """
    @param account Whose.
    @return Its valid contributions.
    """
    return convert(self.accounts[account] & COUNT_MASK, uint128)


@internal
def _begin():
    """
    @notice The time of deployment counts as the time of the last update.
    """
    assert block.timestamp <= TIME_MASK, "trainer: time is out of range"
    self.totals = (block.timestamp << CHANGED) | block.timestamp


@internal
@pure
def _refund_wait(terms: uint256) -> uint256:
    """
    @param terms Of a clone.
    @return How long after a contribution it can be claimed, in seconds.
    """
    assert parameters.SHARED
    return (terms >> REFUND_WAIT) & WAIT_MASK


@internal
@view
def _last_update() -> uint256:
    """
    @return When the last contribution came in, or the model was deployed, in seconds since the epoch.
    """
    return self.totals & TIME_MASK


@internal
@view
def _total_valid() -> uint256:
    """
    @return How many contributions were validated.
    """
    return (self.totals >> VALID) & COUNT_MASK


@internal
@view
def _is_settled() -> bool:
    """
    @return Whether the model may be consulted: it has not changed in this block.
    """
    return (self.totals >> CHANGED) & TIME_MASK != block.timestamp


@internal
@view
def _is_from_owner() -> bool:
    """
    @return Whether the sender owns the model now.
    """
    return msg.sender == ownable.owner


@internal
@view
def _require_time():
    """
    @notice Refuses to change the model at a time that the totals have no room for.
    """
    if block.timestamp > TIME_MASK:
        refusals._refuse("trainer: time is out of range")


@internal
@view
def _has_waited(added: uint256) -> bool:
    """
    @param added When a contribution came in, at most the time of this block.
    @return Whether the refund wait is over.
    """
    if parameters.SHARED:
        return unsafe_sub(block.timestamp, added) >= self._refund_wait(clone._terms())
    return unsafe_sub(block.timestamp, added) >= convert(parameters.REFUND_WAIT, uint256)


@internal
def _settle_add_data():
    """
    @notice Takes note of a contribution.
    """
    if parameters.SHARED:
        if self.totals == 0:
            # This is the code that clones share, and no model.
            refusals._refuse("clone: this code is for clones alone")
    # Counts of 48 bits are never full.
    counts: uint256 = unsafe_add(self.totals >> SUBMITTED, 1)
    self.totals = (counts << SUBMITTED) | (block.timestamp << CHANGED) | block.timestamp


@internal
def _settle_change():
    """
    @notice Takes note of a change of the model that is no contribution; the cost does not depend on it.
    """
    totals: uint256 = self.totals
    self.totals = totals ^ ((((totals >> CHANGED) & TIME_MASK) ^ block.timestamp) << CHANGED)


@internal
def _settle_refund(author: address, deposit: uint256):
    """
    @notice Takes note that a contribution was validated.
    @param author Whose it is; his first one gives his account its number.
    @param deposit Its deposit, in wei.
    """
    totals: uint256 = unsafe_add(self.totals, 1 << VALID)
    account: uint256 = unsafe_add(self.accounts[author], 1)
    if account == 1:
        totals = unsafe_add(totals, 1 << ACCOUNTS)
        account |= (totals >> ACCOUNTS) << NUMBER
    self.totals = totals
    # 2^48 deposits below 2^96 each fit.
    self.accounts[author] = unsafe_add(account, deposit << VALID_DEPOSIT)


@internal
@pure
def _num_valid(account: uint256) -> uint256:
    """
    @param account The word of an account.
    @return Its valid contributions.
    """
    return account & COUNT_MASK


@internal
@pure
def _number(account: uint256) -> uint256:
    """
    @param account The word of an account.
    @return Its number, 0 before its first valid contribution.
    """
    return (account >> NUMBER) & NUMBER_MASK


@internal
@pure
def _valid_deposit(account: uint256) -> uint256:
    """
    @param account The word of an account.
    @return The sum of its deposits that were validated, in wei.
    """
    return account >> VALID_DEPOSIT
