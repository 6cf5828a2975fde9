"""Stable codes of rule, assumptions, value-set and worked-example errors, and what each one means.

`CODES` is the only list: an error with a code that is not here cannot be made (`rule_error`), and the reference page of errors is
generated from it.
"""

from __future__ import annotations

from trueup.errors import Place, RuleError

CODES: dict[str, str] = {
    "TRU-R001": "the file cannot be read: it is absent, not UTF-8, or not YAML",
    "TRU-R002": "a key occurs twice in one mapping",
    "TRU-R003": "a scalar is written in a form that YAML readers disagree on; quote it",
    "TRU-R004": "the key is not known here",
    "TRU-R005": "the key belongs to another part of the file",
    "TRU-R006": "a required key is missing",
    "TRU-R007": "the value has the wrong type or is not one of the allowed words",
    "TRU-R008": "a number or date has no cite of its own and none above it",
    "TRU-R009": "a cite does not name a source of the file",
    "TRU-R010": "an id occurs twice in one list",
    "TRU-R011": "the program, or the version of its rules, does not exist or was not named",
    "TRU-R012": "a file says something else than its folder or another file",
    "TRU-R013": "the rule path does not exist",
    "TRU-R014": "a value is unknown, so what needs it is refused until an assumptions file supplies it",
    "TRU-R015": "a value names something that the file does not declare",
    "TRU-R016": "the shares of a split do not add up to one",
    "TRU-R017": "a part of the rules needs another part that the file does not have",
    "TRU-R018": "monthly payment begins after the first performance period has ended",
    "TRU-R020": "two performance periods overlap",
    "TRU-R021": "days between two performance periods belong to none",
    "TRU-R022": "a period ends before it begins",
    "TRU-R030": "an assumption names a path whose value is known",
    "TRU-R031": "an assumption or setting names a path that does not exist",
    "TRU-R032": "an assumption gives a value where a value set is due, or the other way round",
    "TRU-R040": "a value set does not exist",
    "TRU-R041": "a value-set file has the wrong header or number of fields",
    "TRU-R042": "a code occurs twice in a value set for the same days",
    "TRU-R043": "a value set holds no code",
    "TRU-R044": "the code system is not known",
    "TRU-R045": "a code is not in its canonical form",
    "TRU-R046": "an effective date or value of a code is wrong",
    "TRU-R047": "a code has no cite",
    "TRU-R048": "one code is in two lists that contradict each other",
    "TRU-R050": "a worked-example file is not a list of cases, or a case misses a part",
    "TRU-R051": "a case names a table that does not exist",
    "TRU-R052": "a case names a column that its table does not have",
    "TRU-R053": "a value of a case has not the type of its column",
    "TRU-R054": "two cases of a file have the same name",
    "TRU-R090": "the program has more exclusion rules than the engine can hold",
    "TRU-R100": "a version of a measure has no cite",
    "TRU-R101": "the years of a measure's versions overlap, or end before they begin",
    "TRU-R102": "the parts of a measure do not fit its statistic",
    "TRU-R103": "a rule names a measure that no library has",
    "TRU-R104": "a measure's id occurs twice in the libraries",
    "TRU-R105": "a measure compares a fact that its units do not have",
    "TRU-R106": "a measure counts codes of a system that no claim event carries",
    "TRU-R140": "a measure earns points and is no slot of the scorecard",
    "TRU-R141": "a pool stands for a period that is no performance period",
    "TRU-R142": "a program excludes its own participants",
    "TRU-R130": "the order in which a tie is broken does not end with what is never equal",
    "TRU-R131": "truncation lacks a value that its method uses",
    "TRU-R132": "a period of a panel does not consist of whole months",
    "TRU-R150": "the kind of program is not known",
    "TRU-R151": "the scorecard that a rule file names does not exist",
    "TRU-R152": "a scorecard and the rule file that names it give one name to two sources",
    "TRU-R120": "a tier table leaves a gap: some score has no tier",
    "TRU-R121": "two tiers of a tier table overlap, or one ends before it begins",
    "TRU-R122": "a tier occurs twice in its table",
    "TRU-R123": "a rate, an override or the insufficient-cases rule names a tier that is not there, or a tier has no rate",
    "TRU-R124": "a rate table has two rates, or none, on a day between its first and last",
    "TRU-R125": "a weight of a metric is negative, or the weights do not add up to one",
    "TRU-R126": "the gate of the tiers names a metric that is not there",
    "TRU-R127": "the benchmark of a metric is not better than its threshold",
    "TRU-Q010": "a measure of a scorecard has no direction: nothing says which way is better",
    "TRU-Q011": "a slot lacks what the method of scoring needs",
    "TRU-Q012": "deciles do not have nine edges",
    "TRU-Q013": "a benchmark is not better than its threshold",
    "TRU-Q020": "a scorecard mixes slots and sets, or has neither",
    "TRU-Q021": "a scorecard does not hold as many measures as it says",
    "TRU-Q022": "the weights of a scorecard do not add up to one",
    "TRU-Q023": "slots and domains of a scorecard do not fit together",
    "TRU-Q024": "a part of the scoring needs another part that the scorecard does not have",
    "TRU-Q025": "a cut point earns more points than a measure can",
    "TRU-Q026": "a ladder on the score is not a ladder",
    "TRU-Q027": "the score decides a gate that the settlement does not have",
}

WARNINGS: dict[str, str] = {
    "cfg.period_gap": "days lie between two periods as published; the rule file reads them as belonging to one",
    "cfg.sample_list": "a rule, not an assumption, uses a sample list from the assumptions folder",
    "cfg.unused_value_set": "no rule and no assumption uses the value set",
    "cfg.reading": "a cite points to a reading that READING.md does not hold",
}


def rule_error(code: str, message: str, source: str, line: int | None = None, next_step: str = "") -> RuleError:
    """A `RuleError` at a place; `code` must be in `CODES`."""
    if code not in CODES:
        raise KeyError(code)
    return RuleError(code, message, place=Place(source, line), next_step=next_step)
