"""The ledger: what is owed and paid, double entry, append-only and hash-chained, on SQLite or PostgreSQL.

`trueup.ledger.book.Ledger` is the whole of it for callers; `trueup.ledger.obligations` has the words in which a run states what it owes.
"""
