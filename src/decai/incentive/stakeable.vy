# pragma version 0.4.3
"""
@title Stakeable
@license MIT
@notice A deposit with every contribution; refunds for good ones, shares of bad ones.
@dev Specified in docs/mechanism.md#stakeable; the twin of incentive/stakeable.py.
"""

import classifier
import clone
import data_handler
import incentive_base as base
import parameters
import refusals
import samples

uses: base
uses: classifier
uses: data_handler

# @notice An author's contribution was validated.
# @param recipient The author.
# @param amount What was paid back, in wei.
event Refund:
    recipient: address
    amount: uint256

# @notice Somebody else than the author claimed.
# @param recipient Who.
# @param amount What was paid, in wei.
event Report:
    recipient: address
    amount: uint256

REFUND: constant(uint8) = 0
REPORT: constant(uint8) = 1
OWNER: constant(uint8) = 2
ANYONE: constant(uint8) = 3

if parameters.SHARED:
    # Of the terms of a clone.
    COST_WEIGHT_MASK: constant(uint256) = 2**84 - 1
    OWNER_WAIT: constant(uint256) = 128
    ANY_WAIT: constant(uint256) = 160

# Whether a reporter's share is weighted by his validated deposits, and not by their number.
sharesByDeposit: public(constant(bool)) = parameters.SHARES_BY_DEPOSIT
# Wei; kept where shares are weighted by deposit.
totalValidDeposit: public(uint256)


@deploy
def __init__():
    """
    @notice Refuses what no model should be deployed with.
    """
    assert parameters.COST_WEIGHT < 2**84, "stakeable: the cost weight must be below 2^84 wei"
    assert parameters.REFUND_WAIT <= parameters.OWNER_WAIT and parameters.OWNER_WAIT <= parameters.ANY_WAIT, (
        "stakeable: the waits must be in order: refund, owner, anybody"
    )


@external
@view
def costWeight() -> uint256:
    """
    @return What the cost of a contribution is proportional to, in wei.
    """
    if parameters.SHARED:
        return clone._terms() & COST_WEIGHT_MASK
    return parameters.COST_WEIGHT


@external
@view
def ownerClaimWaitTimeS() -> uint32:
    """
    @return How long after a contribution the owner may take what is left, in seconds.
    """
    if parameters.SHARED:
        return convert(self._owner_wait(clone._terms()), uint32)
    return parameters.OWNER_WAIT


@external
@view
def anyAddressClaimWaitTimeS() -> uint32:
    """
    @return How long after a contribution anybody may take what is left, in seconds.
    """
    if parameters.SHARED:
        return convert(self._any_wait(clone._terms()), uint32)
    return parameters.ANY_WAIT


@external
@view
def getNextAddDataCost(currentTimeS: uint256 = block.timestamp) -> uint256:
    """
    @param currentTimeS When, in seconds since the epoch, not before the last contribution; now by default.
    @return What a contribution costs then, in wei.
    """
    if base._last_update() > currentTimeS:
        refusals._refuse("stakeable: the last update is after this time")
    return self._add_data_cost(currentTimeS)


@internal
@view
def _begin():
    """
    @notice Refuses terms that no clone should begin with.
    """
    assert parameters.SHARED
    terms: uint256 = clone._terms()
    if base._refund_wait(terms) > self._owner_wait(terms) or self._owner_wait(terms) > self._any_wait(terms):
        refusals._refuse("stakeable: the waits must be in order: refund, owner, anybody")


@internal
@pure
def _owner_wait(terms: uint256) -> uint256:
    """
    @param terms Of a clone.
    @return How long after a contribution the owner may take what is left, in seconds.
    """
    assert parameters.SHARED
    return (terms >> OWNER_WAIT) & base.WAIT_MASK


@internal
@pure
def _any_wait(terms: uint256) -> uint256:
    """
    @param terms Of a clone.
    @return How long after a contribution anybody may take what is left, in seconds.
    """
    assert parameters.SHARED
    return (terms >> ANY_WAIT) & base.WAIT_MASK


@internal
@view
def _add_data_cost(now: uint256) -> uint256:
    """
    @param now When, in seconds since the epoch.
    @return What a contribution costs then, in wei, below 2^96.
    """
    # At most 2^84 * 3600, and the divisor is not 0.
    if parameters.SHARED:
        weight: uint256 = clone._terms() & COST_WEIGHT_MASK
        return unsafe_div(unsafe_mul(weight, 3600), isqrt(max(1, unsafe_sub(now, base._last_update()))))
    return unsafe_div(
        unsafe_mul(parameters.COST_WEIGHT, 3600), isqrt(max(1, unsafe_sub(now, base._last_update())))
    )


@internal
@view
def _quote_add_data(payment: uint256) -> uint256:
    """
    @param payment The most that the sender will pay, in wei.
    @return What a contribution costs now, in wei.
    """
    cost: uint256 = self._add_data_cost(block.timestamp)
    if payment < cost:
        refusals._refuse("stakeable: the value sent is below the cost")
    return cost


@internal
def _settle_add_data():
    """
    @notice Takes note of a contribution that was let in.
    """
    base._settle_add_data()


@internal
def _refund(
    key: bytes32,
    contribution: uint256,
    features: DynArray[uint256, samples.MAX_WORDS],
    label: uint64,
    added: uint256,
) -> uint256:
    """
    @notice The author's claim on his own deposit.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @return What to pay to the author, in wei.
    """
    deposit: uint256 = data_handler._deposit(contribution)
    left: uint256 = data_handler._left(contribution)
    self._require_unclaimed(not data_handler._is_refunded(contribution))
    self._require_left(deposit == 0 or left != 0)
    self._require_waited(added)
    self._require_settled()
    if classifier._predict(features) != label:
        refusals._refuse("stakeable: the model disagrees")
    base._settle_refund(msg.sender, deposit)
    if sharesByDeposit:
        self.totalValidDeposit += deposit
    data_handler._handle_claim(key, contribution, msg.sender, REFUND, 0, left)
    log Refund(recipient=msg.sender, amount=left)
    return left


@internal
def _report(
    key: bytes32,
    contribution: uint256,
    features: DynArray[uint256, samples.MAX_WORDS],
    label: uint64,
    added: uint256,
    author: address,
) -> uint256:
    """
    @notice The claim of somebody else on a deposit.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return What to pay to the sender, in wei.
    """
    if msg.sender == author:
        refusals._refuse("stakeable: the author cannot report")
    left: uint256 = data_handler._left(contribution)
    self._require_left(left != 0)
    path: uint8 = REPORT
    number: uint256 = 0
    amount: uint256 = left
    # Nothing is added in the future.
    age: uint256 = unsafe_sub(block.timestamp, added)
    if parameters.SHARED:
        age = self._phase(age)
    if age >= convert(parameters.ANY_WAIT, uint256):
        path = ANYONE
    elif age >= convert(parameters.OWNER_WAIT, uint256) and base._is_from_owner():
        path = OWNER
    else:
        self._require_waited(added)
        account: uint256 = base.accounts[msg.sender]
        number = base._number(account)
        self._require_unclaimed(number == 0 or not data_handler._has_reported(key, contribution, number))
        if number == 0:
            refusals._refuse("stakeable: the reporter has no valid contributions")
        self._require_settled()
        if classifier._predict(features) == label:
            refusals._refuse("stakeable: the model agrees")
        amount = min(left, self._share(data_handler._deposit(contribution), account))
        if amount == 0:
            refusals._refuse("stakeable: the share is nothing")
    data_handler._handle_claim(key, contribution, msg.sender, path, number, amount)
    log Report(recipient=msg.sender, amount=amount)
    return amount


@internal
@view
def _phase(age: uint256) -> uint256:
    """
    @param age Of a contribution to a clone, in seconds.
    @return An age at which as many waits are over, if they were those in parameters.vy: none, the owner's, all.
    """
    assert parameters.SHARED
    terms: uint256 = clone._terms()
    if age >= self._any_wait(terms):
        return convert(parameters.ANY_WAIT, uint256)
    if age >= self._owner_wait(terms):
        return convert(parameters.OWNER_WAIT, uint256)
    return 0


@internal
@view
def _share(deposit: uint256, account: uint256) -> uint256:
    """
    @param deposit In wei.
    @param account The word of a reporter's account.
    @return The reporter's share of the deposit, in wei.
    """
    if sharesByDeposit:
        if self.totalValidDeposit == 0:
            return 0
        return deposit * base._valid_deposit(account) // self.totalValidDeposit
    # Factors of 96 and 48 bits; whoever has valid contributions is counted in the total.
    return unsafe_div(unsafe_mul(deposit, base._num_valid(account)), base._total_valid())


@internal
@pure
def _require_left(is_left: bool):
    """
    @notice Refuses a claim on nothing.
    @param is_left Whether there is anything to claim.
    """
    if not is_left:
        refusals._refuse("stakeable: nothing is left")


@internal
@pure
def _require_unclaimed(is_unclaimed: bool):
    """
    @notice Refuses a second claim of one kind.
    @param is_unclaimed Whether the sender has not claimed yet.
    """
    if not is_unclaimed:
        refusals._refuse("stakeable: already claimed")


@internal
@view
def _require_waited(added: uint256):
    """
    @notice Refuses what comes before the refund wait is over.
    @param added When the contribution came in, in seconds since the epoch.
    """
    if not base._has_waited(added):
        refusals._refuse("stakeable: not enough time has passed")


@internal
@view
def _require_settled():
    """
    @notice Nobody can turn the model and claim in one block.
    """
    if not base._is_settled():
        refusals._refuse("stakeable: the model was updated in this block")
