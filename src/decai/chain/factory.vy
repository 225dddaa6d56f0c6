# pragma version 0.4.3
"""
@title Factory of clones
@license MIT
@notice Makes contracts that share their code: a clone hands every call on to the code of an implementation, and has
    what is its own, such as the weights that it starts from, behind that in its own code.
@dev Specified in docs/mechanism.md#clones. It is at the same address on every chain, and so is whatever follows from
    the address of a clone: that this factory has made it of this very code, and that nothing was in its
    storage before it began.
"""

interface Implementation:
    def initialize(owner: address): nonpayable

# @notice There is a further clone.
# @param clone Where it is.
# @param implementation Whose code it shares.
# @param creator Who had it made, and owns it at first.
event Cloned:
    clone: indexed(address)
    implementation: indexed(address)
    creator: indexed(address)

# EIP-1167: before and behind the address of the implementation.
BEFORE: constant(Bytes[10]) = x"363d3d373d3d3d363d73"
BEHIND: constant(Bytes[15]) = x"5af43d82803e903d91602b57fd5bf3"
OWN: constant(uint256) = 77
MOST: constant(uint256) = 24_576 - OWN
# Copies what follows on it, as many bytes as its second and third say, into the code.
COPY: constant(Bytes[7]) = x"80600a5f395ff3"

# How many clones there are.
numClones: public(uint256)


@external
def clone(implementation: address, data: Bytes[MOST]) -> address:
    """
    @notice Makes a clone and lets it begin; it belongs to the sender.
    @param implementation Whose code it shares.
    @param data What is its own, as clone.vy reads it.
    @return Where it is.
    """
    number: uint256 = self.numClones + 1
    self.numClones = number
    # No two are alike, and nobody can have one made at the address of somebody else's.
    salt: bytes32 = convert((convert(msg.sender, uint256) << 96) | number, bytes32)
    size: bytes2 = convert(convert(len(data) + OWN, uint16), bytes2)
    made: address = raw_create(
        concat(x"61", size, COPY, BEFORE, convert(implementation, bytes20), BEHIND, salt, data), salt=salt
    )
    extcall Implementation(made).initialize(msg.sender)
    log Cloned(clone=made, implementation=implementation, creator=msg.sender)
    return made
