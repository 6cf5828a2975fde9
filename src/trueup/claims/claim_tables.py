"""The claim tables of a batch: lines, diagnoses, procedures, and the versions that repeat a line number.

A load may hold a hundred million lines. Each table is one pass over the rows: they are sorted out of core, in as few bytes as their values
allow, and written. Columns of few values travel as numbers (ENUM); in the file they are text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from hashlib import md5
from pathlib import Path

import duckdb

from trueup.claims.canonical import sql_text
from trueup.claims.profile import FEW_VALUES
from trueup.claims.staging import fetch, run
from trueup.claims.verdicts import NOT_CONTENT
from trueup.engine.files import literal
from trueup.tables import CANONICAL

# Small enough that the lines of a handful of members can be fetched without reading the rest.
_LINES_A_ROW_GROUP = 40_960
_CODES_A_ROW_GROUP = 122_880
_DICTIONARY = 8192
_FORMAT = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT {_DICTIONARY}"
_TRUSTED = "ANTI JOIN row_verdicts USING (file_no, source_row)"
_VERSION = "claim_id, version_seq, record_type"
_VERSION_ID = "concat(claim_id, ':', version_seq, ':', record_type)"
# Text with nearly as many values as rows, or made when a row is written.
_LONG = {"batch_id", "version_id", "claim_id", "replaces_claim_id", "member_id", "care_group", "row_hash"}
_MOST_VALUES = 65_536
# Missing on most lines, and made row by row.
_SPARSE = ("replaces_claim_id", "hcpcs_modifiers")
_STEMS = ("diagnosis_code", "diagnosis_poa", "procedure_code", "procedure_date")
_LINES = CANONICAL["claim_lines"].columns
# What tells that a line is of pregnancy or birth: ICD-10-CM chapter O and Z33-Z39; the obstetric section of ICD-10-PCS; CPT 59000-59899.
_MATERNITY = {"diagnosis_code": "^(O|Z3[34679A]).*", "procedure_code": "^1[0-9A-Z]{6}$"}


def _md5(text: str) -> int:
    """The MD5 of a text as the engine's `md5_number` gives it."""
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest(), "little")


def _xor(terms: list[str]) -> str:
    return reduce(lambda made, term: f"xor({made}, {term})", terms)


@dataclass
class ClaimTables:
    """Writes the trusted rows of the view `checked_claims` to `folder`.

    `kinds` are the view's columns with their types. `values` are the texts of each column that has few, in order; those of `complete` are
    missing nowhere.
    """

    con: duckdb.DuckDBPyConnection
    batch_id: str
    folder: Path
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    complete: set[str] = field(default_factory=set[str])
    care_group: str = ""

    def write(self) -> dict[str, int]:
        """Write every table that has rows, and beside lines `repeated_versions`, whatever it has. Returns rows by table."""
        self.kinds = {str(row[0]): str(row[1]) for row in fetch(self.con, "DESCRIBE checked_claims")}
        self._learn_values()
        self._note("batch_id", [self.batch_id])
        self._place_members()
        self._gather_code_rows()
        written = {
            "claim_lines": self._write_lines(),
            "claim_diagnoses": self._write_codes("claim_diagnoses", "diagnosis", "diagnosis_poa", "present_on_admission"),
            "claim_procedures": self._write_codes("claim_procedures", "procedure", "procedure_date", "procedure_date"),
        }
        if written["claim_lines"]:
            self._write_repeated_versions()
        return {table: rows for table, rows in written.items() if rows}

    # --- columns of few values ------------------------------------------------------------------------------------------------------------

    def _numbered(self, stem: str) -> list[str]:
        """The columns `<stem>_1`, `<stem>_2` and so on, in order."""
        found = [c for c in self.kinds if c.startswith(f"{stem}_") and c.removeprefix(f"{stem}_").isdigit()]
        return sorted(found, key=lambda c: int(c.removeprefix(f"{stem}_")))

    def _learn_values(self) -> None:
        """Note the values of the text columns, unless a column has too many. One pass over the rows.

        The numbered columns of one kind of code share their values.
        """
        of = {c: c for c in (*_LINES, "diagnosis_system", "procedure_system") if self.kinds.get(c) == "VARCHAR" and c not in _LONG}
        of |= {c: stem for stem in ("diagnosis_code", "diagnosis_poa", "procedure_code") for c in self._numbered(stem)}
        sets, flags = ", ".join(f"({c})" for c in of), ", ".join(f"grouping({c})" for c in of)
        names = "[" + ", ".join(f"'{name}'" for name in of.values()) + "]"
        found = (
            f"SELECT DISTINCT {names}[list_position([{flags}], 0)] AS name, coalesce({', '.join(of)}) AS x "
            f"FROM checked_claims GROUP BY GROUPING SETS ({sets})"
        )
        run(self.con, f"CREATE TEMP TABLE column_values AS {found}")
        few = f"SELECT name FROM column_values GROUP BY name HAVING count(*) <= {_MOST_VALUES}"
        listed = "SELECT name, list(x ORDER BY x) FILTER (x IS NOT NULL), bool_or(x IS NULL)"
        for name, values, is_missing in fetch(self.con, f"{listed} FROM column_values WHERE name IN ({few}) GROUP BY name"):
            if not is_missing:
                self.complete.add(str(name))
            self._note(str(name), [str(x) for x in values or list[str]()])

    def _note(self, name: str, values: list[str]) -> None:
        self.values[name] = values
        run(self.con, f"SET VARIABLE values_{name} = CAST($values AS VARCHAR[])", {"values": values})
        run(self.con, f"CREATE TYPE kind_{name} AS ENUM (SELECT unnest(getvariable('values_{name}')))")

    def _cast(self, column: str, name: str) -> str:
        return f"CAST({column} AS kind_{name})" if name in self.values else column

    def _encoded(self, name: str) -> str:
        """A column as its ENUM: looked up by position where it has so few values that this is faster than a cast."""
        if len(self.values.get(name, range(FEW_VALUES + 1))) > FEW_VALUES:
            return self._cast(name, name)
        listed = f"getvariable('values_{name}')"
        return f"list_extract(CAST({listed} AS kind_{name}[]), list_position({listed}, {name}))"

    # --- lines ----------------------------------------------------------------------------------------------------------------------------

    def _place_members(self) -> None:
        """Table `members`: each member's place in the order of the claim tables, those with a code of pregnancy or birth first."""
        # Not `regexp_matches`: the engine extracts once per value of a dictionary, but matches every row.
        found = [f"regexp_extract({c}, '{form}') <> ''" for stem, form in _MATERNITY.items() for c in self._numbered(stem)]
        found.append("hcpcs_code BETWEEN '59000' AND '59899'")
        members = f"SELECT member_id, coalesce(bool_or({' OR '.join(found)}), false) AS is_maternity FROM checked_claims GROUP BY member_id"
        place = "CAST(row_number() OVER (ORDER BY NOT is_maternity, member_id) AS INTEGER) AS member_place"
        run(self.con, f"CREATE TEMP TABLE members AS SELECT member_id, is_maternity, {place} FROM ({members}) WHERE member_id IS NOT NULL")
        first_other = int(fetch(self.con, "SELECT count(*) + 1 FROM members WHERE is_maternity")[0][0])
        self.care_group = f"CASE WHEN member_place < {first_other} THEN 'maternity' ELSE 'other' END"

    def _write_lines(self) -> int:
        carried = [c for c in _LINES if c in self.kinds and not self._is_single(c)]
        read = ", ".join(f"{self._encoded(c)} AS {c}" for c in carried)
        rows = f"SELECT file_no, {read}, {self._row_hash()} AS row_hash FROM checked_claims"
        lines = f"SELECT {', '.join(carried)}, row_hash, member_place FROM ({rows}) {_TRUSTED} JOIN members USING (member_id)"
        order = ", ".join(c for c in ("member_place", "source_file", "source_row") if c not in self.values or c in carried)
        ordered = f"SELECT * FROM ({lines}) ORDER BY {order}"
        return self._write("claim_lines", ordered, {c: c for c in _LINES}, _LINES_A_ROW_GROUP)

    def _is_single(self, column: str) -> bool:
        """Whether a column is the same on all rows, or missing on all, and not needed before it is written."""
        values = self.values.get(column)
        return values is not None and column != "record_type" and (not values or (len(values) == 1 and column in self.complete))

    def _row_hash(self) -> str:
        """The SQL of a digest of a line's content: whoever sends it again gets the same digest, whatever columns his file has.

        It is the XOR of a term for each filled column: for a text, 63 bits of the MD5 of `column=text` XOR that of `column=`; for a number
        or a day, a product with a constant of the column. Nothing in it says where and when the line came, nor the version and line
        number under which two lines are compared. The engine's own hash is not used: it may change with the engine's version.
        """
        beyond = NOT_CONTENT | {"version_id", "claim_id", "version_seq", "record_type", "claim_line_number"}
        content = [c for c in (*_LINES, "diagnosis_system", "procedure_system") if c in self.kinds and c not in beyond]
        content += [c for stem in _STEMS for c in self._numbered(stem)]
        texts: list[str] = []
        numbers: list[str] = []
        constant = 0
        for column in content:
            factor = _md5(column) >> 97 | 1
            match self.kinds[column]:
                case "VARCHAR" if self._is_single(column):
                    constant ^= _md5(f"{column}={self.values[column][0]}") ^ _md5(f"{column}=") if self.values[column] else 0
                case "VARCHAR" if column in _SPARSE:
                    texts.append(f"text_digest('{column}', {column})")
                case "VARCHAR":
                    texts.append(f"few_texts_digest('{column}', {column})")
                    constant ^= _md5(f"{column}=")
                case "DATE":
                    numbers.append(f"day_digest({column}, {factor})")
                case "INTEGER" | "BIGINT":
                    numbers.append(f"number_digest({column}, {factor})")
                case _:
                    numbers.append(f"number_digest(CAST({column} * 1000 AS BIGINT), {factor})")
        text = f"CAST({_xor([*texts, f'{constant}::UHUGEINT'])} & 9223372036854775807::UHUGEINT AS BIGINT)"
        return _xor([text, *numbers])

    # --- diagnoses and procedures ---------------------------------------------------------------------------------------------------------

    def _gather_code_rows(self) -> None:
        """Table `code_rows`: the lines that tell the codes of their versions.

        Where all lines of a version agree, its first line stands for them. Of the other versions every line is there.
        """
        codes = {c: stem for stem in _STEMS for c in self._numbered(stem)}
        codes |= {c: c for c in ("record_type", "diagnosis_system", "procedure_system") if c in self.kinds}
        cast = ", ".join(f"{self._cast(c, name)} AS {c}" for c, name in codes.items())
        odd = "(SELECT version_key FROM odd_versions WHERE needs_all_lines) AS o USING (version_key)"
        telling = (
            f"SELECT *, o.version_key IS NOT NULL AS is_one_of_many FROM (SELECT *, hash({_VERSION}) AS version_key FROM checked_claims) "
            f"LEFT JOIN {odd} WHERE claim_line_number = 1 OR o.version_key IS NOT NULL"
        )
        rows = (
            f"SELECT claim_id, version_seq, known_date, {cast}, member_id, member_place, file_no * 1099511627776 + source_row AS place, "
            f"is_one_of_many FROM ({telling}) {_TRUSTED} JOIN members USING (member_id)"
        )
        run(self.con, f"CREATE TEMP TABLE code_rows AS {rows}")

    def _write_codes(self, table: str, stem: str, beside: str, extra: str) -> int:
        """Codes by position, one row per version however many of its lines repeat it.

        A version whose lines agree is sorted as one row, with its codes beside each other, and taken apart when it is written. Of the
        others each code is a row like that, alone in its place.
        """
        codes = self._numbered(f"{stem}_code")
        if not codes:
            return 0
        positions = [int(c.rsplit("_", 1)[1]) for c in codes]
        missing = f"CAST(NULL AS {CANONICAL[table].columns[extra]})"
        extras = [f"{beside}_{i}" if f"{beside}_{i}" in self.kinds else missing for i in positions]
        version = f"{_VERSION}, member_id, member_place, {stem}_system, known_date, place"
        wide = [f"{c} AS code_{i}" for i, c in zip(positions, codes, strict=True)]
        wide += [f"{x} AS extra_{i}" for i, x in zip(positions, extras, strict=True)]
        agreed = (
            f"SELECT {version}, 0 AS position, CASE WHEN false THEN {codes[0]} END AS code, {', '.join(wide)} FROM code_rows "
            f"WHERE NOT is_one_of_many AND ({' OR '.join(f'{c} IS NOT NULL' for c in codes)})"
        )
        split = f"unnest([{', '.join(codes)}]) AS code, unnest({positions}) AS position, unnest([{', '.join(extras)}]) AS extra"
        least = ", ".join(f"min({c}) AS {c}" for c in ("member_id", "member_place", f"{stem}_system", "known_date", "extra"))
        alone = ", ".join(f"CASE WHEN position = {i} THEN {x} END" for x in ("code", "extra") for i in positions)
        others = (
            f"SELECT {version}, position, code, {alone} FROM (SELECT {_VERSION}, position, code, {least} "
            f"FROM (SELECT {version}, {split} FROM code_rows WHERE is_one_of_many) "
            f"WHERE code IS NOT NULL GROUP BY {_VERSION}, position, code) "
            f"JOIN (SELECT {_VERSION}, min(place) AS place FROM code_rows WHERE is_one_of_many GROUP BY {_VERSION}) USING ({_VERSION})"
        )
        rows = f"SELECT *, {_VERSION_ID} AS version_id FROM ({agreed} UNION ALL {others} ORDER BY member_place, place, position, code)"
        in_turn = {name: f"unnest([{', '.join(f'{name}_{i}' for i in positions)}])" for name in ("code", "extra")}
        apart = (
            f"SELECT version_id, claim_id, member_id, member_place, {stem}_system AS code_system, known_date, "
            f"unnest({positions}) AS position, {in_turn['code']} AS code, {in_turn['extra']} AS {extra} FROM ({rows})"
        )
        names = {"code": f"{stem}_code", "code_system": f"{stem}_system", extra: beside}
        return self._write(table, f"SELECT * FROM ({apart}) WHERE code IS NOT NULL", names, _CODES_A_ROW_GROUP)

    # --- writing --------------------------------------------------------------------------------------------------------------------------

    def _write(self, table: str, rows: str, names: dict[str, str], row_group: int) -> int:
        """Write sorted rows as a canonical table; `names` says whose values a column holds. Returns their number; none leave no file."""
        target = self.folder / f"{table}.parquet"
        items = ", ".join(f"{self._written(table, c, kind, names.get(c, c))} AS {c}" for c, kind in CANONICAL[table].columns.items())
        file = f"{literal(target)} ({_FORMAT}, ROW_GROUP_SIZE {row_group})"
        count = int(fetch(self.con, f"COPY (SELECT {items} FROM ({rows})) TO {file}")[0][0])
        if not count:
            target.unlink(missing_ok=True)
        return count

    def _written(self, table: str, column: str, kind: str, name: str) -> str:
        """A column as it is written: text again, since the bytes of an ENUM depend on how threads shared the rows."""
        if column == "version_id" and table == "claim_lines":
            return _VERSION_ID
        if column == "batch_id" or (column == name and self._is_single(column)):
            return f"CAST(getvariable('values_{name}')[1] AS {kind})"
        if column == "care_group":
            return self.care_group
        if table == "claim_lines" and column not in {*self.kinds, "row_hash"}:
            return f"CAST(NULL AS {kind})"
        return f"CAST({column} AS {kind})"

    def _write_repeated_versions(self) -> None:
        """Write the versions that give one line number twice, for the index of the workspace."""
        lines, target = self.folder / "claim_lines.parquet", self.folder / "repeated_versions.parquet"
        run(self.con, f"CREATE OR REPLACE TEMP VIEW written_lines AS FROM read_parquet({literal(lines)})")
        rows = f"SELECT * FROM ({sql_text('repeated_versions.sql')}) ORDER BY version_id"
        run(self.con, f"COPY ({rows}) TO {literal(target)} ({_FORMAT})")
