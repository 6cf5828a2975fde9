"""Hospital measures computed from clinical records: low-risk cesarean birth and severe obstetric complications."""
