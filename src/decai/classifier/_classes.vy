# pragma version 0.4.3
"""
@title Classes
@license MIT
@notice The names of the classes of a classifier that can be given more of them, and the events that tell of it.
@dev Specified in docs/mechanism.md#further-classes.
"""

import clone
import parameters
import refusals

# Of a further class.
MOST_VALUES: constant(uint256) = 1024

# @notice The model has a further class.
# @param name What it is called.
# @param index Its label.
event AddClass:
    name: String[parameters.CLASS_LENGTH]
    index: uint256

# @notice What a further class starts from; comes before AddClass.
# @param index Its label.
# @param samples Of how many samples.
# @param values Of each feature, value + 2^64 * index; or of all, packed as a sample is.
event ClassStart:
    index: indexed(uint256)
    samples: uint256
    values: DynArray[uint256, MOST_VALUES]

if not parameters.SHARED:
    _names: immutable(DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES])
    _state: immutable(uint256[parameters.STATE_WORDS])
_added: HashMap[uint256, String[parameters.CLASS_LENGTH]]


@deploy
def __init__(
    names: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES], state: uint256[parameters.STATE_WORDS]
):
    """
    @notice Keeps what there was at deployment for good.
    @param names Of the classes, by label, two at least.
    @param state What the classifier keeps of them, in words.
    """
    if parameters.SHARED:
        pass
    else:
        assert len(names) >= 2, "classes: at least two classes are needed"
        _names = names
        _state = state


@external
@view
def startWords() -> DynArray[uint256, parameters.MOST_STATE_WORDS]:
    """
    @return What was kept of the classes when the model was deployed, in words.
    """
    words: DynArray[uint256, parameters.MOST_STATE_WORDS] = []
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        for i: uint256 in range(clone._num_state_words(layout), bound=parameters.MOST_STATE_WORDS):
            words.append(clone._state_word(i, layout))
        return words
    for word: uint256 in _state:
        words.append(word)
    return words


@internal
@view
def _begin():
    """
    @notice Refuses a clone with fewer classes than two.
    """
    assert parameters.SHARED
    if (clone._layout() >> clone.CLASSES) & clone.PLACE_MASK < 2:
        refusals._refuse("classes: at least two classes are needed")


@internal
@view
def _name(label: uint256) -> String[parameters.LONGEST_TEXT]:
    """
    @param label Of a class that there is.
    @return Its name.
    """
    if parameters.SHARED:
        if label < (clone._layout() >> clone.CLASSES) & clone.PLACE_MASK:
            return clone._class_name(label)
        return self._added[label]
    if label < len(_names):
        return _names[label]
    return self._added[label]


@internal
def _add(label: uint256, name: String[parameters.CLASS_LENGTH]):
    """
    @notice Names a further class.
    @param label The next one.
    @param name Of the class.
    """
    self._added[label] = name
    log AddClass(name=name, index=label)
