"""What the tab key offers; each function gets the beginning of a word."""

from glob import escape, glob

__all__ = ["datasets", "encoders", "models", "run_folders", "scenarios"]


def scenarios(incomplete: str) -> list[tuple[str, str]]:
    """Scenarios that ship, with their titles, and TOML files."""
    from decai.simulation.scenario import available

    files = [(path, "") for path in sorted(glob(f"{escape(incomplete)}*.toml"))]
    return [item for item in available().items() if item[0].startswith(incomplete)] + files


def datasets(incomplete: str) -> list[tuple[str, str]]:
    """Data sets, with their titles."""
    from decai.dataset import available, info

    return [(name, info(name).title) for name in available() if name.startswith(incomplete)]


def encoders(incomplete: str) -> list[tuple[str, str]]:
    """Encoders, with their titles."""
    from decai.encoder import available

    return [(about.name, about.title) for about in available() if about.name.startswith(incomplete)]


def run_folders(incomplete: str) -> list[str]:
    """Folders of runs here, one level below, or in ``runs``."""
    begin = escape(incomplete)
    patterns = [f"{begin}*/run.json", f"{begin}*/*/run.json"]
    return sorted({path.removesuffix("/run.json") for pattern in patterns for path in glob(pattern)})


def models(incomplete: str) -> list[tuple[str, str]]:
    """Known models, by address and name."""
    from decai.chain.known import known_models
    from decai.errors import DecaiError

    try:
        known = known_models()
    except DecaiError:
        return []
    begins = incomplete.lower()
    return [
        item
        for model in known
        for item in ((model.address, model.name), (model.name, model.address))
        if item[0].lower().startswith(begins)
    ]
