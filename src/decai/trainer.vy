# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version prague
"""
@title Shared model
@license MIT
@notice A classifier that anyone may use for free and anyone may improve. To add data, three steps: the incentive
    mechanism checks the request and takes a deposit, the data handler records the contribution, the
    classifier learns it. Later, good contributors get refunds and take the deposits of bad ones.
@dev The facade over the parts, all of which live at this one address; the twin of trainer.py. Specified in
    docs/mechanism.md#flow.
"""

import batches
import classifier as model
import classifier_base
import clone
import data_handler
import flow
import incentive as mechanism
import incentive_base
import ownable
import parameters
import payments
import refusals
import samples

initializes: ownable
initializes: payments
initializes: data_handler
initializes: classifier_base[ownable := ownable]
initializes: model
initializes: incentive_base[ownable := ownable]
initializes: mechanism[base := incentive_base, classifier := model, data_handler := data_handler]
initializes: flow[classifier := model, data_handler := data_handler, incentive := mechanism]
initializes: batches[flow := flow, payments := payments]

exports: ownable.__interface__
exports: payments.__interface__
exports: samples.__interface__
exports: data_handler.__interface__
exports: classifier_base.__interface__
exports: model.__interface__
exports: incentive_base.__interface__
exports: mechanism.__interface__
exports: batches.__interface__

# @notice A sample was contributed as a list of numbers.
# @param d Its features.
# @param c What it is said to be.
# @param t When, in seconds since the epoch.
# @param sender By whom.
# @param cost The deposit, in wei.
event AddData:
    d: DynArray[int64, parameters.MAX_FEATURES]
    c: uint64
    t: uint256
    sender: indexed(address)
    cost: uint256

struct Claim:
    features: DynArray[uint256, samples.MAX_WORDS]
    label: uint64
    added: uint256
    author: address

MOST_CLAIMS: constant(uint256) = 32
PAGE: constant(uint256) = 256

composition: public(constant(String[parameters.COMPOSITION_LENGTH])) = parameters.COMPOSITION
if not parameters.SHARED:
    _name: immutable(String[parameters.NAME_LENGTH])
    _description: immutable(String[parameters.DESCRIPTION_LENGTH])
    _encoder: immutable(String[parameters.ENCODER_LENGTH])


@deploy
def __init__(
    name_: String[parameters.NAME_LENGTH],
    description_: String[parameters.DESCRIPTION_LENGTH],
    encoder_: String[parameters.ENCODER_LENGTH],
    classes: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    state: uint256[parameters.STATE_WORDS],
    start: uint256[parameters.START_WORDS],
):
    """
    @notice Puts the parts together; who deploys is the first owner.
    @param name_ What the model is called.
    @param description_ What it is for.
    @param encoder_ What turns a text, a picture or numbers into its features.
    @param classes The names of the classes, by label.
    @param state What the classifier begins with in storage.
    @param start What it starts from besides, packed.
    """
    if not parameters.SHARED:
        _name = name_
        _description = description_
        _encoder = encoder_
    ownable.__init__()
    incentive_base.__init__()
    mechanism.__init__()
    model.__init__(classes, state, start)


@external
def initialize(newOwner: address):
    """
    @notice Lets a clone begin, as a constructor does a contract that has its code for itself. For the factory, which
        does it once, in the transaction that makes the clone.
    @param newOwner Who is the first owner.
    """
    assert parameters.SHARED
    if msg.sender != parameters.FACTORY:
        refusals._refuse("clone: only the factory lets it begin")
    ownable._begin(newOwner)
    incentive_base._begin()
    mechanism._begin()
    model._begin()


@external
@view
def name() -> String[parameters.LONGEST_TEXT]:
    """
    @return What the model is called.
    """
    if parameters.SHARED:
        return clone._text(0)
    return _name


@external
@view
def description() -> String[parameters.LONGEST_TEXT]:
    """
    @return What it is for.
    """
    if parameters.SHARED:
        return clone._text(1)
    return _description


@external
@view
def encoder() -> String[parameters.LONGEST_TEXT]:
    """
    @return What turns a text, a picture or numbers into its features.
    """
    if parameters.SHARED:
        return clone._text(2)
    return _encoder


@external
@view
def classifier() -> address:
    """
    @return Where the classifier is: here.
    """
    return self


@external
@view
def dataHandler() -> address:
    """
    @return Where the data handler is: here.
    """
    return self


@external
@view
def incentiveMechanism() -> address:
    """
    @return Where the incentive mechanism is: here.
    """
    return self


@external
@payable
@nonreentrant
def addData(data: DynArray[int64, parameters.MAX_FEATURES], classification: uint64):
    """
    @notice Contributes a sample. The value sent is the most that the sender will pay; the change is paid back.
    @param data The features of the sample.
    @param classification What it is said to be.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    cost: uint256 = flow._add_data(features, fits, classification, msg.value)
    log AddData(d=data, c=classification, t=block.timestamp, sender=msg.sender, cost=cost)
    payments._pay(msg.sender, unsafe_sub(msg.value, cost))


@external
@payable
@nonreentrant
def addDataPacked(features: DynArray[uint256, samples.MAX_WORDS], classification: uint64):
    """
    @notice Contributes a sample, like addData, for less gas.
    @param features Packed.
    @param classification What they are said to be.
    """
    samples._require_packed(features)
    cost: uint256 = flow._add_data(features, True, classification, msg.value)
    log flow.AddDataPacked(d=features, c=classification, t=block.timestamp, sender=msg.sender, cost=cost)
    payments._pay(msg.sender, unsafe_sub(msg.value, cost))


@external
@nonreentrant
def refund(data: DynArray[int64, parameters.MAX_FEATURES], classification: uint64, addedTime: uint256):
    """
    @notice Claims the sender's own deposit back.
    @param data The features that he contributed.
    @param classification What he said they are.
    @param addedTime When, in seconds since the epoch.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    self._pay_claim(features, fits, classification, addedTime, msg.sender, False)


@external
@nonreentrant
def report(
    data: DynArray[int64, parameters.MAX_FEATURES],
    classification: uint64,
    addedTime: uint256,
    originalAuthor: address,
):
    """
    @notice Claims somebody else's deposit, or what is left of it.
    @param data The features that were contributed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    self._pay_claim(features, fits, classification, addedTime, originalAuthor, True)


@external
@nonreentrant
def refundPacked(features: DynArray[uint256, samples.MAX_WORDS], classification: uint64, addedTime: uint256):
    """
    @notice Claims the sender's own deposit back, like refund, for less gas.
    @param features Packed.
    @param classification What he said they are.
    @param addedTime When, in seconds since the epoch.
    """
    self._pay_claim(features, True, classification, addedTime, msg.sender, False)


@external
@nonreentrant
def reportPacked(
    features: DynArray[uint256, samples.MAX_WORDS],
    classification: uint64,
    addedTime: uint256,
    originalAuthor: address,
):
    """
    @notice Claims somebody else's deposit, like report, for less gas.
    @param features Packed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    """
    self._pay_claim(features, True, classification, addedTime, originalAuthor, True)


@external
@nonreentrant
def claimMany(claims: DynArray[Claim, MOST_CLAIMS]):
    """
    @notice Makes many claims in their order, each a refund if the sender is the author and a report if not, and
        pays once. All of them succeed, or none.
    @param claims What the contributions are known by.
    """
    amount: uint256 = 0
    for claim: Claim in claims:
        amount += self._claim(
            claim.features, True, claim.label, claim.added, claim.author, claim.author != msg.sender
        )
    payments._pay(msg.sender, amount)


@external
@view
def getClaimableAmount(
    data: DynArray[int64, parameters.MAX_FEATURES], classification: uint64, addedTime: uint256, originalAuthor: address
) -> uint256:
    """
    @param data The features that were contributed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    @return What is left of the deposit of a contribution, in wei; 0 if there is none like it.
    """
    return data_handler._left(self._contribution(data, classification, addedTime, originalAuthor))


@external
@view
def getInitialDeposit(
    data: DynArray[int64, parameters.MAX_FEATURES], classification: uint64, addedTime: uint256, originalAuthor: address
) -> uint256:
    """
    @param data The features that were contributed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    @return The deposit of a contribution, in wei; 0 if there is none like it.
    """
    return data_handler._deposit(self._contribution(data, classification, addedTime, originalAuthor))


@external
@view
def getNumClaims(
    data: DynArray[int64, parameters.MAX_FEATURES], classification: uint64, addedTime: uint256, originalAuthor: address
) -> uint256:
    """
    @param data The features that were contributed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    @return How many claims were made on a contribution; 0 if there is none like it.
    """
    return data_handler._num_claims(self._contribution(data, classification, addedTime, originalAuthor))


@external
@view
def hasClaimed(
    data: DynArray[int64, parameters.MAX_FEATURES],
    classification: uint64,
    addedTime: uint256,
    originalAuthor: address,
    claimer: address,
) -> bool:
    """
    @param data The features that were contributed.
    @param classification What they were said to be.
    @param addedTime When, in seconds since the epoch.
    @param originalAuthor By whom.
    @param claimer Who may have claimed it.
    @return Whether the author was refunded, or somebody else was paid a share. Who took what was left after the
        owner's or anybody's wait is told by the event alone.
    """
    key: bytes32 = self._key(data, classification, addedTime, originalAuthor)
    contribution: uint256 = data_handler.contributions[key]
    if claimer == originalAuthor:
        return data_handler._is_refunded(contribution)
    number: uint256 = incentive_base._number(incentive_base.accounts[claimer])
    return number != 0 and data_handler._has_reported(key, contribution, number)


@external
@view
def contributionWords(keys: DynArray[bytes32, PAGE]) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the ledger.
    @param keys What contributions are known by.
    @return Their words as they are kept, 0 for one that is not known.
    """
    words: DynArray[uint256, PAGE] = []
    for key: bytes32 in keys:
        words.append(data_handler.contributions[key])
    return words


@external
@view
def accountWords(owners: DynArray[address, PAGE]) -> DynArray[uint256, PAGE]:
    """
    @notice A page of accounts.
    @param owners Whose.
    @return Their words as they are kept.
    """
    words: DynArray[uint256, PAGE] = []
    for account: address in owners:
        words.append(incentive_base.accounts[account])
    return words


@internal
@view
def _contribution(
    data: DynArray[int64, parameters.MAX_FEATURES], label: uint64, added: uint256, author: address
) -> uint256:
    """
    @param data The features that were contributed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return The word of a contribution, 0 if there is none like it.
    """
    return data_handler.contributions[self._key(data, label, added, author)]


@internal
@pure
def _key(
    data: DynArray[int64, parameters.MAX_FEATURES], label: uint64, added: uint256, author: address
) -> bytes32:
    """
    @param data The features that were contributed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return What a contribution is known by; 0, which none is, if these are no features.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    # A list that does not fit may have the packed form of another, which it must not find.
    if not fits:
        return empty(bytes32)
    return data_handler._key(features, label, added, author)


@internal
def _pay_claim(
    features: DynArray[uint256, samples.MAX_WORDS],
    fits: bool,
    label: uint64,
    added: uint256,
    author: address,
    reported: bool,
):
    """
    @notice Makes one claim and pays it.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @param reported Whether this is not the author's own claim.
    """
    payments._pay(msg.sender, self._claim(features, fits, label, added, author, reported))


@internal
def _claim(
    features: DynArray[uint256, samples.MAX_WORDS],
    fits: bool,
    label: uint64,
    added: uint256,
    author: address,
    reported: bool,
) -> uint256:
    """
    @notice Makes a claim on a contribution.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @param reported Whether this is not the author's own claim.
    @return What to pay to the sender, in wei.
    """
    # A list that does not fit may have the packed form of another, which it must not find.
    key: bytes32 = empty(bytes32)
    if fits:
        key = data_handler._key(features, label, added, author)
    contribution: uint256 = data_handler._find(key)
    if reported:
        return mechanism._report(key, contribution, features, label, added, author)
    return mechanism._refund(key, contribution, features, label, added)
