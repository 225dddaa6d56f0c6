# pragma version 0.4.3
"""
@title Data handler
@license MIT
@notice The ledger of contributions: who gave what when, what is left of it, who has claimed. A contribution is
    one word, found by the hash of what it is known by; the data itself stands in the events alone.
@dev Specified in docs/mechanism.md#data-handler; the twin of data_handler.py.

    A word, from the lowest bits: what is left of the deposit (96), the deposit (96), the number of the first
    reporter who was paid a share (32), how many claims were made (29), and three flags: the author was
    refunded, nothing is left after a claim, it exists. Once nothing is left, the lowest 32 bits hold the number of
    the reporter who took the last share, if one did.
"""

import refusals
import samples

DEPOSIT: constant(uint256) = 96
REPORTER: constant(uint256) = 192
CLAIMS: constant(uint256) = 224
CLAIMS_MASK: constant(uint256) = 2**29 - 1
AMOUNT_MASK: constant(uint256) = 2**96 - 1
NUMBER_MASK: constant(uint256) = 2**32 - 1
REFUNDED: constant(uint256) = 2**253
CLOSED: constant(uint256) = 2**254
EXISTS: constant(uint256) = 2**255

# @notice A claim was paid, on whichever path; with the contributions these tell the whole history.
# @param key What the contribution is known by.
# @param claimer Who was paid.
# @param path 0 refund, 1 report, 2 the owner's, 3 anyone's.
# @param amount How much, in wei.
event Claimed:
    key: indexed(bytes32)
    claimer: indexed(address)
    path: uint8
    amount: uint256

# The words, by key.
contributions: public(HashMap[bytes32, uint256])
# The reporters, by number, that a word has no room for.
_reported: HashMap[bytes32, HashMap[uint256, bool]]


@internal
@pure
def _key(
    features: DynArray[uint256, samples.MAX_WORDS], label: uint64, added: uint256, author: address
) -> bytes32:
    """
    @notice What a contribution is known by; the same whichever entry point it came through.
    @param features Packed.
    @param label What they are said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return The hash of all four, ABI-encoded.
    """
    return keccak256(abi_encode(features, label, added, author))


@internal
def _handle_add_data(key: bytes32, deposit: uint256):
    """
    @notice Records a contribution.
    @param key What it is known by.
    @param deposit What was kept of the payment, in wei, below 2^96.
    """
    self.contributions[key] = EXISTS | (deposit << DEPOSIT) | deposit


@internal
@view
def _check_new(key: bytes32):
    """
    @notice Refuses a contribution that is known already.
    @param key What it is known by.
    """
    if self.contributions[key] != 0:
        refusals._refuse("data handler: already added")


@internal
@view
def _find(key: bytes32) -> uint256:
    """
    @notice Finds a contribution.
    @param key What it is known by.
    @return Its word.
    """
    contribution: uint256 = self.contributions[key]
    if contribution == 0:
        refusals._refuse("data handler: no such contribution")
    return contribution


@internal
@pure
def _left(contribution: uint256) -> uint256:
    """
    @param contribution A word of the ledger.
    @return What is left of the deposit, in wei.
    """
    if contribution & CLOSED != 0:
        return 0
    return contribution & AMOUNT_MASK


@internal
@pure
def _deposit(contribution: uint256) -> uint256:
    """
    @param contribution A word of the ledger.
    @return The deposit, in wei.
    """
    return (contribution >> DEPOSIT) & AMOUNT_MASK


@internal
@pure
def _num_claims(contribution: uint256) -> uint256:
    """
    @param contribution A word of the ledger.
    @return How many claims were made on it.
    """
    return (contribution >> CLAIMS) & CLAIMS_MASK


@internal
@pure
def _is_refunded(contribution: uint256) -> bool:
    """
    @param contribution A word of the ledger.
    @return Whether its author was refunded.
    """
    return contribution & REFUNDED != 0


@internal
@view
def _has_reported(key: bytes32, contribution: uint256, reporter: uint256) -> bool:
    """
    @param key What the contribution is known by.
    @param contribution Its word.
    @param reporter The number of an account, not 0.
    @return Whether that account was paid a share of it.
    """
    first: uint256 = (contribution >> REPORTER) & NUMBER_MASK
    if first == 0:
        return False
    if first == reporter or (contribution & CLOSED != 0 and contribution & NUMBER_MASK == reporter):
        return True
    return self._reported[key][reporter]


@internal
def _handle_claim(
    key: bytes32, contribution: uint256, claimer: address, path: uint8, reporter: uint256, amount: uint256
):
    """
    @notice Records a claim that is paid.
    @param key What the contribution is known by.
    @param contribution Its word.
    @param claimer Who is paid.
    @param path 0 refund, 1 report, 2 the owner's, 3 anyone's.
    @param reporter On path 1 the number of the claimer's account, 0 where the mechanism does not ask for it.
    @param amount How much, in wei, at most what is left.
    """
    # No sum reaches the next field: a claim costs far too much for 2^29 of them.
    word: uint256 = unsafe_add(contribution, 1 << CLAIMS)
    word = unsafe_sub(word, amount)
    closed: bool = word & AMOUNT_MASK == 0
    if closed:
        word |= CLOSED
    if path == 0:
        word |= REFUNDED
    if reporter != 0:
        if (word >> REPORTER) & NUMBER_MASK == 0:
            word |= reporter << REPORTER
        elif closed:
            word |= reporter
        else:
            self._reported[key][reporter] = True
    self.contributions[key] = word
    log Claimed(key=key, claimer=claimer, path=path, amount=amount)
