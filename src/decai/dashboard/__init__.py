"""The pages: people use, teach and check shared models in a browser, with their own wallets.

`server` puts pages and REST API into one process. A page gets all that it shows and does from
`context.Dashboard`, which holds the network, the outbox of transactions and the models.
"""

from decai.dashboard.options import Options

__all__ = ["Options"]
