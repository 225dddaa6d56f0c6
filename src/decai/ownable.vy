# pragma version 0.4.3
"""
@title Ownable
@license MIT
@notice One owner, who may hand the model on. He cannot touch contributions, deposits or waits.
@dev Specified in docs/mechanism.md#flow.
"""

import parameters
import refusals

# @notice The model was handed on, or deployed.
# @param previousOwner Who owned it before; the zero address at deployment.
# @param newOwner Who owns it from now on.
event OwnershipTransferred:
    previousOwner: indexed(address)
    newOwner: indexed(address)

owner: public(address)


@deploy
def __init__():
    """
    @notice Whoever deploys is the first owner; code that clones share has none.
    """
    if parameters.SHARED:
        pass
    else:
        self._begin(msg.sender)


@external
def transferOwnership(newOwner: address):
    """
    @notice Hands the model on.
    @param newOwner Who is the owner from now on; nobody can be again if it is the zero address.
    """
    self._require_owner()
    log OwnershipTransferred(previousOwner=self.owner, newOwner=newOwner)
    self.owner = newOwner


@internal
def _begin(owner: address):
    """
    @notice The model begins.
    @param owner The first one.
    """
    self.owner = owner
    log OwnershipTransferred(previousOwner=empty(address), newOwner=owner)


@internal
@view
def _require_owner():
    """
    @notice Refuses everybody but the owner.
    """
    if msg.sender != self.owner:
        refusals._refuse("trainer: only the owner may do this")
