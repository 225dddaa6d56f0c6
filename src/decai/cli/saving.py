"""What sharing code saves, after ``decai deploy --clone``."""

from typing import TYPE_CHECKING, Any

from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.compose import Composition
    from decai.chain.deployment import Deployment, StepDone

__all__ = ["saving", "saving_told"]


def saving(done: "Deployment", what: "Composition") -> dict[str, Any] | None:
    """What a deployment has saved, for programs; None if the contract has its code for itself.

    Returns
    -------
    dict
        ``implementation`` and ``factory``, where they are; in gas ``clone``, ``shared`` (what was brought for
        others too, 0 if it was all there), ``alone`` (an estimate for a contract that has its code for
        itself; None if it would not fit into one) and ``saved`` (None then).
    """
    from decai.chain.clones import shared_parts
    from decai.chain.compose_clone import Clone
    from decai.chain.plan import gas_alone

    if not isinstance(what, Clone):
        return None
    parts = {part.title: part.address for part in shared_parts(what)}
    shared = sum(step.gas for step in _brought(done, parts))
    own = done.gas - shared
    try:
        alone = gas_alone(what)
    except InputError:
        return {**parts, "clone": own, "shared": shared, "alone": None, "saved": None}
    return {**parts, "clone": own, "shared": shared, "alone": alone, "saved": alone - own}


def _brought(done: "Deployment", parts: dict[str, Any]) -> "list[StepDone]":
    return [step for step in done.steps if step.title in parts]


def saving_told(saved: dict[str, Any]) -> list[str]:
    """The same for people, in lines."""
    alone, own, shared = saved["alone"], saved["clone"], saved["shared"]
    lines = [f"  a clone of {saved['implementation']}: {own:,} gas"]
    if alone is None:
        lines.append("  it does not fit into a contract that has its code for itself")
    else:
        share = saved["saved"] / alone
        lines.append(
            f"  with its code for itself about {alone:,} gas, so {saved['saved']:,} are saved ({share:.0%})"
        )
    if shared:
        lines.append(f"  {shared:,} gas went into what all clones like it on this chain share from now on")
    return lines
