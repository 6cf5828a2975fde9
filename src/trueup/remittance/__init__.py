"""Money files: X12 835 and 820, the T-MSIS value-based payment record, and the remittance detail that a practice reads.

`contents.py` says what every writer takes; it knows no ledger. Each writer puts one file on disk, whole or not at all, with a totals
file beside it. The same remittances and settings give the same bytes.
"""
