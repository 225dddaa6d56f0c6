"""What the events of one model come to: its contributions, claims and accounts, in rows of the catalog.

It takes events at their word, but only what a decai model can say: a contract that says anything else is no
longer followed. Whether the rules were kept is for ``decai model verify`` to find out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from decai.catalog.balances import Balances, in_parts
from decai.catalog.facts import Fact, fact_of
from decai.catalog.records import ModelState
from decai.catalog.search import search_text
from decai.catalog.tables import claims, contributions, events, models
from decai.chain.abi import Event, path_of
from decai.chain.base import Log
from decai.chain.sample_form import SampleForm
from decai.errors import BrokenRulesError, ChainError
from decai.protocols import MAX_CLASSES, Path
from decai.units import Address

__all__ = ["Ledger", "digest_of"]

_ZERO: Final = Address("0x0000000000000000000000000000000000000000")
_LONGEST_FAULT: Final = 500


def digest_of(packed: bytes) -> bytes:
    """What a sample is found by: a hash of its features in their packed form."""
    return sha256(packed).digest()


@dataclass(slots=True)
class _Deposit:
    """A contribution, as far as claims change it."""

    number: int
    author: Address
    left: int
    claims: int
    is_written: bool
    is_changed: bool = False


class Ledger:
    """One model's rows, while events are taken into them.

    Parameters
    ----------
    connection, model_id
        In whose transaction, and of which model.
    """

    def __init__(self, connection: Connection, model_id: int) -> None:
        self._connection = connection
        self._id = model_id
        row = connection.execute(select(models).where(models.c.id == model_id)).one()
        self._form = SampleForm(row.lane_bits, row.offset)
        self._max_features: int = row.max_features
        self._classes: list[str] = json.loads(row.classes)
        self._texts = row.name, row.description, row.encoder, row.classifier, row.incentive
        self._address: Address = row.address
        self._figures: dict[str, Any] = {
            key: row._mapping[models.c[key]]
            for key in ("owner", "deployed", "last_time", "contributions", "valid", "claims", "at_stake")
        }
        self._balances = Balances(connection, model_id)
        self._known: dict[bytes, _Deposit] = {}
        self._events: list[dict[str, Any]] = []
        self._contributions: list[dict[str, Any]] = []
        self._claims: list[dict[str, Any]] = []

    def take(self, logs: Sequence[Log], through: int) -> str | None:
        """Take all events up to a block.

        Parameters
        ----------
        logs
            Those of the model, in order, all after what was taken before.
        through
            The last block that they were looked for in.

        Returns
        -------
        str or None
            What no decai model says, if there is such an event; it, and what comes after it, is not taken.
        """
        facts: list[Fact] = []
        fault: str | None = None
        log: Log
        try:
            for log in logs:
                if (fact := fact_of(log, self._form, self._max_features)) is not None:
                    facts.append(fact)
        except ChainError as error:
            fault, through = str(error), log.block
        self._look_up(facts)
        try:
            for fact in facts:
                log = fact.log
                self._apply(fact)
        except ChainError as error:
            fault, through = str(error), log.block
        self._write(through, fault)
        return fault

    def _look_up(self, facts: Sequence[Fact]) -> None:
        """Look for the contributions that events speak of, all at once."""
        columns = contributions.c
        wanted = select(columns.key, columns.number, columns.author, columns.left, columns.claims)
        for some in in_parts(sorted({fact.key for fact in facts if fact.key is not None})):
            query = wanted.where(columns.model_id == self._id, columns.key.in_(some))
            for key, number, author, left, count in self._connection.execute(query):
                self._known[bytes(key)] = _Deposit(number, author, left, count, is_written=True)

    def _apply(self, fact: Fact) -> None:
        log, values, figures = fact.log, fact.values, self._figures
        if figures["deployed"] is None:
            if fact.name != "OwnershipTransferred" or values["previousOwner"] != _ZERO:
                raise BrokenRulesError("its events do not begin with its deployment")
            figures["deployed"] = log.time
        plain = fact.plain()
        if fact.contribution is not None:
            plain["number"] = self._add(fact)
        elif fact.name == "Claimed":
            plain["number"] = self._claim(fact)
        elif fact.name == "AddClass":
            self._add_class(values["name"], values["index"])
        elif fact.name == "OwnershipTransferred":
            figures["owner"] = values["newOwner"]
        figures["last_time"] = log.time
        self._events.append(
            {
                "model_id": self._id,
                "block": log.block,
                "position": log.position,
                "time": log.time,
                "transaction": log.transaction,
                "name": fact.name,
                "account": fact.account,
                "values": json.dumps(plain),
            }
        )

    def _add(self, fact: Fact) -> int:
        made, key, log = fact.contribution, fact.key, fact.log
        assert made is not None
        assert key is not None
        if made.label >= len(self._classes):
            raise BrokenRulesError("it tells of a contribution of a class that it does not have")
        if key in self._known:
            raise BrokenRulesError("it tells of the same contribution twice")
        number = self._figures["contributions"]
        self._known[key] = _Deposit(number, made.author, made.cost, 0, is_written=False)
        self._contributions.append(
            {
                "model_id": self._id,
                "number": number,
                "key": key,
                "features": fact.packed,
                "digest": digest_of(fact.packed),
                "label": made.label,
                "added": made.added,
                "author": made.author,
                "deposit": made.cost,
                "block": log.block,
                "position": log.position,
                "transaction": log.transaction,
            }
        )
        self._figures["contributions"] += 1
        self._figures["at_stake"] += made.cost
        self._balances.change(made.author, contributions=1, deposited=made.cost)
        return int(number)

    def _claim(self, fact: Fact) -> int:
        values, log = fact.values, fact.log
        deposit = self._known.get(values["key"])
        if deposit is None:
            raise BrokenRulesError("it tells of a claim on what nobody contributed")
        path = path_of(Event(fact.name, dict(values)))
        claimer, amount = values["claimer"], values["amount"]
        if amount > deposit.left:
            raise BrokenRulesError("it tells of a claim that paid more than there was")
        if (path is Path.REFUND) != (claimer == deposit.author):
            raise BrokenRulesError("it tells of a claim by somebody who cannot make it")
        deposit.left -= amount
        deposit.claims += 1
        deposit.is_changed = True
        self._claims.append(
            {
                "model_id": self._id,
                "block": log.block,
                "position": log.position,
                "number": deposit.number,
                "claimer": claimer,
                "path": int(path),
                "amount": amount,
                "time": log.time,
                "transaction": log.transaction,
            }
        )
        self._figures["claims"] += 1
        self._figures["at_stake"] -= amount
        if path is Path.REFUND:
            self._figures["valid"] += 1
            self._balances.change(claimer, claims=1, valid=1, refunded=amount)
        else:
            self._balances.change(claimer, claims=1, rewarded=amount)
            self._balances.change(deposit.author, lost=amount)
        return deposit.number

    def _add_class(self, name: str, label: int) -> None:
        if label == len(self._classes) < MAX_CLASSES:
            self._classes.append(name)
        elif not 2 <= label < len(self._classes) or self._classes[label] != name:
            raise BrokenRulesError("it tells of a class that cannot come next")

    def _write(self, through: int, fault: str | None) -> None:
        deposits = self._known
        for row in self._contributions:
            deposit = deposits[row["key"]]
            row["left"], row["claims"] = deposit.left, deposit.claims
        for table, rows in (
            (events, self._events),
            (contributions, self._contributions),
            (claims, self._claims),
        ):
            if rows:
                self._connection.execute(insert(table), rows)
        changed = [
            {"at": each.number, "now_left": each.left, "now_claims": each.claims}
            for each in deposits.values()
            if each.is_written and each.is_changed
        ]
        if changed:
            columns = contributions.c
            statement = update(contributions).where(
                columns.model_id == self._id, columns.number == bindparam("at")
            )
            new: dict[str, Any] = {"left": bindparam("now_left"), "claims": bindparam("now_claims")}
            self._connection.execute(statement.values(new), changed)
        self._balances.write()
        state = {} if fault is None else {"state": ModelState.BROKEN, "fault": fault[:_LONGEST_FAULT]}
        words = search_text(self._texts, self._classes, self._address)
        self._connection.execute(
            update(models)
            .where(models.c.id == self._id)
            .values(scanned=through, classes=json.dumps(self._classes), words=words, **self._figures, **state)
        )
