# pragma version 0.4.3
"""
@title Payments
@license MIT
@notice Pays; what a recipient refuses is credited to him, and he can withdraw it to any address.
@dev Specified in docs/mechanism.md#flow.
"""

import refusals

# @notice Somebody refused a payment and may withdraw it.
# @param recipient Who.
# @param amount How much, in wei.
event Credited:
    recipient: indexed(address)
    amount: uint256

# @notice A credit was paid out.
# @param account Whose credit it was.
# @param recipient Where it went.
# @param amount How much, in wei.
event Withdrawn:
    account: indexed(address)
    recipient: indexed(address)
    amount: uint256

credits: public(HashMap[address, uint256])


@external
@nonreentrant
def withdraw(recipient: address):
    """
    @notice Pays out what is credited to the sender.
    @param recipient Where it goes.
    """
    amount: uint256 = self.credits[msg.sender]
    if amount == 0:
        refusals._refuse("payments: nothing to withdraw")
    self.credits[msg.sender] = 0
    log Withdrawn(account=msg.sender, recipient=recipient, amount=amount)
    # Everything is written down; a recipient that calls back finds nothing to withdraw.
    if not raw_call(recipient, b"", value=amount, revert_on_failure=False):
        refusals._refuse("payments: the recipient refused")


@internal
def _pay(recipient: address, amount: uint256):
    """
    @notice Pays, or credits what is refused. To be called last, when all else is written down.
    @param recipient Who is paid.
    @param amount How much, in wei.
    """
    if amount == 0:
        return
    # A contract wallet may need more than a stipend of gas; whoever is paid has sent the transaction
    # himself, so he can only harm himself with it.
    if not raw_call(recipient, b"", value=amount, revert_on_failure=False):
        self.credits[recipient] += amount
        log Credited(recipient=recipient, amount=amount)
