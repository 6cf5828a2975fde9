"""A pool that points share, in sentences."""

from __future__ import annotations

from trueup.rules.prose import Words, operator, percent, plain


def points_lines(words: Words) -> list[str]:
    """What a case earns, who shares the pool, and what becomes of what nobody earned."""
    base, program = "settlement", words.program
    lines = ["- Payments come on top of fee-for-service; no claim is paid less."]
    for slot in program.ids(f"{base}.points"):
        path = f"{base}.points.{slot}.points"
        lines.append(
            words.rule(f"`{slot}`: a case that meets it earns {words.say(path)} points.", f"What `{slot}` is worth in points", path)
        )
    for pool in program.ids(f"{base}.pools"):
        path = f"{base}.pools.{pool}.amount"
        lines.append(words.rule(f"The pool of {pool} is {words.say(path)} dollars.", f"The pool of {pool}", path))
    least, sign = f"{base}.minimum_cases", f"{base}.minimum_cases_operator"
    cap, rate, excess, other = (f"{base}.{key}" for key in ("case_cap", "payment_cap_rate", "cap_excess", "exclusive_with"))
    capped = f"One case earns at most {words.say(cap)} points."
    limited = f"One practice gets at most {words.say(rate, percent)} of the pool; what is cut off is {words.say(excess)}."
    lines += [
        "- The pool is split in proportion to points, to the cent. Where nobody earned a point, nobody is paid and the pool stays whole.",
        words.rule(
            f"A practice shares in it with a number of cases {words.say(sign, operator)} {words.say(least)}.",
            "How many cases a practice needs",
            *(least, sign),
        ),
        words.rule(
            f"A case has no cap{words.mark(cap)}." if words.is_(cap, "off") else capped, "Whether the points of a case are capped", cap
        ),
        words.rule(
            f"A practice has no cap{words.mark(rate)}." if words.is_(rate, "off") else limited,
            "Whether the share of one practice is capped",
            rate,
            excess,
        ),
        words.rule(
            f"A case earns nothing while its practice takes part in {words.say(other, plain)}.",
            "Which other program a practice leaves this one for",
            other,
        ),
    ]
    gates = program.ids(f"{base}.gates")
    return [*lines, *(words.sentence(f"Gate `{g}`: failing it means that nothing is paid.", f"{base}.gates.{g}.multiplies") for g in gates)]
