"""What models are searched by: all their words, in one text in small letters."""

from collections.abc import Sequence

from decai.units import Address

__all__ = ["search_text"]


def search_text(texts: Sequence[str], classes: Sequence[str], address: Address) -> str:
    """The text in which a search looks for words.

    Examples
    --------
    >>> search_text(["IMDB Sentiment"], ["negative", "positive"], Address("0xAb"))
    'imdb sentiment\\nnegative\\npositive\\n0xab'
    """
    return "\n".join((*texts, *classes, address)).casefold()
