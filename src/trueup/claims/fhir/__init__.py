"""Reads FHIR R4 resources into the clinical tables of `tables/clinical.py`."""

from trueup.claims.fhir.cases import Case, CaseFile, read_cases
from trueup.claims.fhir.reader import Clinical, Reader, read_files
from trueup.claims.fhir.value_sets import read_value_sets

__all__ = ["Case", "CaseFile", "Clinical", "Reader", "read_cases", "read_files", "read_value_sets"]
