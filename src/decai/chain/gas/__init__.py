"""What actions on a model cost: measured in whole transactions, beside the least that they could cost.

``subjects`` says what is measured of each kind of classifier, ``scenario`` on which terms, ``play`` what
happens, ``bounds`` what cannot be done without, ``rollup`` what it costs on a rollup; ``report`` puts it
together.
"""

from decai.chain.gas.report import fresh_chain, measure, report
from decai.chain.gas.row import GasRow, json_text, rows_in

__all__ = ["GasRow", "fresh_chain", "json_text", "measure", "report", "rows_in"]
