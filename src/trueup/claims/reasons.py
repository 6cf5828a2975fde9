"""Why a file is rejected, a row quarantined or something odd noted: every code with its meaning.

`numbers` are the entries of the bad-input catalog a code answers. Dispositions: RF nothing of the load is kept, Q the row (for claims the
whole version) is quarantined, W accepted with a warning, N accepted after a stated normalization.
"""

from __future__ import annotations

from dataclasses import dataclass

from trueup.errors import IntakeError, Place


@dataclass(frozen=True)
class Reason:
    """One code: what it means, what is done with the row or file, and for file rejections the error's stable number."""

    code: str
    disposition: str
    meaning: str
    numbers: tuple[int, ...] = ()
    error: str = ""


_ALL = (
    # files
    Reason("enc.utf16", "RF", "the file is UTF-16 and that was not declared", (2,), "TRU-I010"),
    Reason("enc.nul", "RF", "the file holds NUL bytes", (5,), "TRU-I011"),
    Reason("enc.undecodable", "RF", "the file cannot be read in the declared encoding", (3,), "TRU-I012"),
    Reason("enc.invalid_in_key", "Q", "an id, code, date or amount holds bytes that are not UTF-8", (4,)),
    Reason("enc.invalid", "W", "the file holds bytes that are not UTF-8; they became a replacement character", (3,)),
    Reason("fmt.columns", "RF", "the header does not parse under the declared delimiter", (7,), "TRU-I013"),
    Reason("fmt.header", "RF", "a required column is missing or a column name occurs twice", (12, 13), "TRU-I014"),
    Reason("fmt.field_count", "Q", "the row has more or fewer fields than the header, or its quotes do not close", (8, 9)),
    Reason("fmt.field_count_share", "RF", "too many rows have another number of fields than the header", (8, 9, 20), "TRU-I015"),
    Reason("fmt.row_failures", "RF", "too many rows cannot be trusted for the file to be what it seems", (20,), "TRU-I016"),
    Reason("fmt.parquet", "RF", "the Parquet file cannot be read", (15,), "TRU-I017"),
    Reason("fmt.column_type", "RF", "a Parquet column holds nested values or bytes", (), "TRU-I018"),
    Reason("fmt.quote", "RF", "a quote that does not close swallowed rows", (9,), "TRU-I032"),
    Reason("fmt.unreadable", "RF", "the delimited file cannot be read to its end", (15,), "TRU-I033"),
    Reason("fmt.newlines", "N", "line ends of several kinds were made one", (6,)),
    Reason("fmt.empty", "W", "the file has no rows", (16,)),
    Reason("fmt.unrecognized", "W", "the file is not an input table; it was left out", ()),
    Reason("fmt.unknown_column", "W", "the column is not part of the table's layout; it was left out", (11,)),
    Reason("arc.truncated", "RF", "the gzip file is cut off or damaged", (15,), "TRU-I019"),
    Reason("arc.expansion", "RF", "the gzip file expands beyond the limit", (15,), "TRU-I020"),
    Reason("arc.archive", "RF", "the file is an archive; only plain and gzip files are read", (15,), "TRU-I021"),
    Reason("dup.file", "W", "the same content is loaded already; nothing was added", (17,)),
    Reason("dup.name_new_content", "RF", "a file of this name was loaded with other content", (18,), "TRU-I022"),
    Reason("fmt.nothing_recognized", "RF", "no file is an input table", (13,), "TRU-I023"),
    Reason("date.received_missing", "RF", "rows carry no date of their own and none was given for the batch", (), "TRU-I024"),
    Reason("id.tin_owner", "RF", "a tax ID belongs to two entities on the same day", (33,), "TRU-I025"),
    # ids
    Reason("id.missing", "Q", "an id that the row cannot do without is empty"),
    Reason("id.tin_len", "Q", "a payee's tax ID does not have nine digits (W for other providers)", (22,)),
    Reason("id.scientific", "Q", "an id was turned into scientific notation; its digits are gone", (23,)),
    Reason("id.scientific_share", "RF", "many ids of a column were turned into scientific notation", (23,), "TRU-I026"),
    Reason("id.float_suffix", "Q", "an id ends in .0 while others of its column do not (N where all do)", (24,)),
    Reason("id.trimmed", "N", "blanks around an id, or hyphens in a tax ID or NPI, were removed", (25,)),
    Reason("id.case_variant", "W", "ids differ only by case or by O and zero; they are kept apart", (26,)),
    Reason("id.tin_missing", "W", "the billing tax ID is missing; the line counts, the payee falls back to the NPI", (27,)),
    Reason("id.placeholder", "Q", "an id is a placeholder, not somebody's number", (28,)),
    Reason("id.npi_luhn", "W", "the NPI fails its check digit", (29,)),
    Reason("id.npi_format", "Q", "a payee's NPI is not ten digits beginning with 1 or 2 (W for other providers)", (30,)),
    Reason("id.npi_type", "W", "the tax ID field holds an NPI", (31,)),
    Reason("id.npi_two_tins", "W", "an NPI billed under two tax IDs in one month", (32,)),
    Reason("id.member_conflict", "Q", "one member id has two birth dates (W where only the sex differs)", (34,)),
    Reason("dem.age", "W", "a pregnancy diagnosis on a member younger than 10 or older than 60", (49,)),
    Reason("id.person_two_members", "W", "one person has several member ids", (35,)),
    Reason("id.baby_on_mother", "W", "a newborn's diagnosis on a member older than a year", (36,)),
    Reason("phi.ssn_pattern", "Q", "an id or a text holds what has the shape of a social security number", (37,)),
    Reason("geo.zip", "Q", "a ZIP code that is not five or nine digits"),
    # dates
    Reason("date.ambiguous", "RF", "a date column needs a declared format, or mixes formats", (38,), "TRU-I027"),
    Reason("date.invalid", "Q", "not a day of the calendar", (39,)),
    Reason("date.excel_serial", "Q", "a spreadsheet's day number instead of a date", (40,)),
    Reason("date.two_digit", "Q", "the year has two digits or none", (41,)),
    Reason("date.future", "Q", "the service lies after the day the row was received", (42,)),
    Reason("date.order", "Q", "an end lies before its start", (43,)),
    Reason("date.long_span", "W", "a claim or stay of more than 366 days", (43,)),
    Reason("date.paid_before_service", "W", "paid before the service", (44,)),
    Reason("date.open_ended", "N", "a far-future end date means no end", (45,)),
    Reason("date.zone", "Q", "a time of day or zone that may move the date", (46,)),
    Reason("date.missing", "Q", "a date the row cannot do without is empty"),
    Reason("date.after_death", "Q", "a service more than 30 days after the member's death (W within 30 days)", (50,)),
    # amounts and units
    Reason("amt.format", "Q", "an amount with separators, signs or symbols other than digits and a decimal point", (51,)),
    Reason("amt.format_share", "RF", "the file writes amounts in another notation", (51,), "TRU-I028"),
    Reason("amt.implied", "Q", "an amount padded with zeros and without a decimal point: cents or dollars cannot be told", (52,)),
    Reason("amt.implied_share", "RF", "the file pads amounts with zeros and omits the decimal point", (52,), "TRU-I029"),
    Reason("amt.precision", "Q", "an amount with a fraction of a cent", (53,)),
    Reason("amt.not_number", "Q", "an amount that is not a number; an empty paid amount is not zero", (54,)),
    Reason("amt.negative_original", "Q", "an original claim with a negative paid amount", (55,)),
    Reason("adj.void_positive", "W", "a void with a positive amount; voids never add dollars, whatever their sign", (56, 57)),
    Reason("amt.relation", "W", "paid above charge, allowed below paid and other payers, or nothing paid for units", (59,)),
    Reason("amt.outlier_entry", "Q", "an amount that looks like an entry error: all nines, or above ten times its code's p99.99", (60,)),
    Reason("unit.implausible", "W", "units of zero or less, or a thousand deliveries", (61,)),
    Reason("unit.not_number", "W", "units that are not a number; they were left empty"),
    Reason("amt.zero_encounter", "W", "an encounter record with nothing paid: it needs a pricing rule", (63,)),
    Reason("non_claim", "Q", "a gross adjustment without a claim", (64,)),
    Reason("amt.double_level", "Q", "a claim's total and its lines are both given as lines", (58, 65)),
    Reason("amt.binary_float", "N", "amounts came as binary numbers and were within a millionth of a cent of whole cents"),
    Reason("num.not_number", "Q", "not a number"),
    Reason("num.not_flag", "Q", "neither yes nor no"),
    Reason("word.unknown", "Q", "a word that the column does not allow"),
    # claim life cycle
    Reason("dup.row", "Q", "an exact copy of an earlier row", (66,)),
    Reason("dup.conflict", "Q", "rows with one key and different content", (67,)),
    Reason("dup.similar_lines", "W", "two lines of a claim with the same code, day and units", (68,)),
    Reason("adj.no_target", "Q", "a void or replacement that does not say what it acts on: no target, and its version number is empty"),
    Reason("adj.unknown_record_type", "Q", "the adjustment code is unknown or empty", (74,)),
    Reason("adj.unknown_status", "Q", "the claim status is unknown or empty"),
    Reason("adj.family_as_target", "N", "a void or replacement names only its family; that is taken for its target"),
    Reason("claim.version_seq", "Q", "the version number is not a positive whole number"),
    Reason("claim.line_number", "Q", "the line number is not a whole number"),
    Reason("claim.type_unknown", "Q", "the claim type is not one of the known words"),
    Reason("claim.type_missing", "W", "the claim type is empty; the claim counts as undetermined"),
    Reason("claim.header_conflict", "Q", "lines of one version disagree on member, claim type or what they replace"),
    Reason("claim.line_untrusted", "Q", "another line of the same version is quarantined"),
    # codes
    Reason("code.modifier_glued", "N", "modifiers were split from the procedure code", (84,)),
    Reason("code.drg_version_missing", "W", "a DRG without its grouper", (86,)),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}


class FileRejected(IntakeError):
    """A load stopped by one file. Nothing was kept. `reason` is the catalog's code."""

    def __init__(self, reason: str, message: str, *, source: str, line: int | None = None, next_step: str = "") -> None:
        self.reason = reason
        super().__init__(REASONS[reason].error, f"({reason}) {message}", place=Place(source, line), next_step=next_step)


def message_of(code: str) -> str:
    """A code's meaning as the message of a finding."""
    return REASONS[code].meaning
