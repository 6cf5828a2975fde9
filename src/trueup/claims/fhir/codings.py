"""Codes as the house writes them: the code system by its short name, ICD codes without a point and in capitals.

A code system that is not known keeps its URL, so that its codes are in nobody's value set by accident; the reader counts it as a finding.
Source: the URLs are those of the FHIR terminology pages (hl7.org/fhir/R4/terminologies-systems.html).
"""

from __future__ import annotations

from collections.abc import Iterable

from trueup.claims.fhir.nodes import Json, parts, text

_SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": "icd-10-cm",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd-9-cm",
    "http://www.cms.gov/medicare/coding/icd10": "icd-10-pcs",
    "http://hl7.org/fhir/sid/icd-10-pcs": "icd-10-pcs",
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://www.ama-assn.org/go/cpt": "cpt",
    "http://www.nlm.nih.gov/research/umls/hcpcs": "hcpcs",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "http://hl7.org/fhir/sid/cvx": "cvx",
    "https://nahdo.org/sopt": "payer-type",
    "https://www.cms.gov/medicare/medicare-fee-for-service-payment/hospitalacqcond/coding": "present-on-admission",
}
_OWN = "http://terminology.hl7.org/"  # FHIR's own words: status, class, category; they keep their URL and need no short name
_SHORT = {"icd10cm": "icd-10-cm", "icd10pcs": "icd-10-pcs", "icd9cm": "icd-9-cm", "snomedct": "snomed", "snomed-ct": "snomed"}
_POINTED = frozenset({"icd-10-cm", "icd-9-cm", "icd-10-pcs"})
KNOWN_SYSTEMS = frozenset(_SYSTEMS.values())


def system_word(written: str) -> str:
    """A code system's short name, from its URL or from one of the short forms in use; anything else as it was written."""
    key = written.strip().rstrip("/").lower()
    return _SYSTEMS.get(key) or _SHORT.get(key) or (key if key in KNOWN_SYSTEMS else written.strip())


def is_known(system: str) -> bool:
    """Whether a code system, as `system_word` writes it, is one of the house's or of FHIR itself."""
    return system in KNOWN_SYSTEMS or system.startswith(_OWN)


def code_word(system: str, code: str) -> str:
    """A code as the canonical tables hold it."""
    return code.strip().upper().replace(".", "") if system in _POINTED else code.strip()


def codings(concepts: Iterable[Json]) -> list[tuple[int, str, str]]:
    """Position of the concept, system and code, each once; a coding without a code is none, one without a system has the system ``."""
    found = dict.fromkeys(
        (position, system, code_word(system, code))
        for position, concept in enumerate(concepts)
        for coding in parts(concept, "coding")
        if (code := text(coding, "code")) is not None
        for system in (system_word(text(coding, "system") or ""),)
    )
    return list(found)
