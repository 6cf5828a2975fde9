"""Monthly case rates, how their dollars are made, and risk, in sentences."""

from __future__ import annotations

from collections.abc import Callable

from trueup.rules.describe_money import change_lines
from trueup.rules.prose import Words, day, ordinal, percent, plain, years

ROSTER = {"gate": "every accountable practice is on it", "participation": "the practices that the participation table lists are on it"}
CHANGE = {
    "rate_of_month": "A new rate holds for every month from its first day on, also for pregnancies already open.",
    "locked": "A pregnancy keeps the rate of the month in which the practice's trigger fell.",
}
CARRY = {
    "receiving": "A member who moves is paid for at the receiving practice's own rate.",
    "first": "A member who moves is paid for at the first practice's rate.",
}
SAME_MONTH = {
    "pay_both_at_change": "In the month a member moves, both practices are paid where both cared for her; in no other month are two paid.",
    "pay_both": "In a month in which two practices care for a member and both trigger, both are paid.",
    "holder_only": "In every month one practice is paid.",
}
UNDECIDED = {
    "incumbent": "While a move is not certain, the earlier practice is paid; a move that proves true is paid afterwards.",
    "newcomer": "While a move is not certain, the later practice is paid; a move that proves false is taken back.",
}
HANDOVER = {
    "continuing_only": "Of a month paid twice, only the continuing practice's payment counts in total cost.",
    "all": "Of a month paid twice, both payments count in total cost.",
}
BASIS = {
    "case_rate_and_ffs": "What the case rate pays for enters the target at that rate times the months paid, the rest from fee-for-service.",
    "ffs_history": "The target rests on fee-for-service history alone.",
}


def _choice(words: Words, path: str, texts: dict[str, str], question: str) -> str:
    """The sentence of the chosen word, marked where it is assumed."""
    entry = words.program.get(path) if words.program.known(path) else None
    text = texts.get(str(entry), plain(entry))
    return words.rule(text[:-1] + words.mark(path) + ".", question, path)


def case_rate_lines(words: Words) -> list[str]:
    """Who is paid a monthly case rate, for which months, and what it replaces. Empty for a program without one."""
    base = "case_rate"
    if not words.program.has(base):
        return []
    at: Callable[[str], str] = lambda key: f"{base}.{key}"  # noqa: E731
    still = {"continue": "After a stillbirth the months go on.", "stop": "After a stillbirth the months stop."}
    whole = {
        "whole": "The month of the trigger is covered whole.",
        "from_trigger": "The month of the trigger is covered from the trigger on.",
    }
    fees = {"True": "Professional delivery fees are covered.", "False": "Professional delivery fees stay fee-for-service."}
    payer = {"True": "A month in which another payer paid is not paid.", "False": "Another payer changes no month."}
    taken = {"True": "The other practice's month is taken back once the move is certain.", "False": "The other practice keeps its month."}
    shares = ", ".join(f"{part} {words.say(at(f'global_split.{part}'), percent)}" for part in ("antepartum", "delivery", "postpartum"))
    return [
        words.sentence(
            f"From {words.say(at('go_live'), day)} on, a practice is paid one amount for each month of a pregnancy from its trigger to "
            f"{words.say('episode.days_after')} days after delivery; after a loss or a death, to the end of its month.",
            at("go_live"),
        ),
        words.rule(
            f"A pregnancy whose end is never reported is paid to {words.say('episode.days_after')} days after the expected delivery, and "
            f"{words.say(at('months_after_expected_end'))} months more.",
            "How long a pregnancy is paid whose end is never reported",
            at("months_after_expected_end"),
        ),
        words.rule(
            "The roster of the year of the first trigger decides who is paid: "
            f"{words.say(at('roster'), lambda v: ROSTER.get(str(v), plain(v)))}.",
            "Who is on the yearly roster",
            at("roster"),
        ),
        _choice(words, at("rate_change"), CHANGE, "Whether a new rate reaches open pregnancies"),
        _choice(words, at("portability_rate"), CARRY, "Whose rate is paid after a move"),
        _choice(words, "attribution.monthly.undecided_move", UNDECIDED, "Who is paid while a move is not certain"),
        _choice(words, at("same_month"), SAME_MONTH, "Who is paid in a month with two practices"),
        _choice(words, at("recoup_other"), taken, "Whether the other practice's month is taken back"),
        _choice(words, at("handover_in_tcoc"), HANDOVER, "What of a month paid twice counts in total cost"),
        _choice(words, at("after_stillbirth"), still, "Whether months go on after a stillbirth"),
        _choice(words, at("stop_on_third_party"), payer, "Whether a month with another payer is paid"),
        _choice(words, at("trigger_month"), whole, "Whether visits before the trigger in its month are covered"),
        _choice(words, at("includes_delivery_professional"), fees, "Whether professional delivery fees are covered"),
        words.rule(
            f"A global code is split by these shares of its fee: {shares}.", "How a global code is split", at("global_split.antepartum")
        ),
        words.rule(
            f"A covered line is paid at zero with adjustment reason code {words.say(at('zero_pay_reason_code'))} and keeps its price.",
            "With which reason code a covered line is paid at zero",
            at("zero_pay_reason_code"),
        ),
    ]


def case_rate_price_lines(words: Words) -> list[str]:
    """How the dollars of a case rate are made, and on which basis a target stands. Empty for a program that says nothing of it."""
    lines: list[str] = []
    if words.program.has("prices.price_basis"):
        lines.append(_choice(words, "prices.price_basis", BASIS, "On which basis the target price stands"))
    if words.program.has("prices.case_rate"):
        lines += _case_rate_price(words, "prices.case_rate")
    if words.program.has("prices.completion"):
        lines += _completion(words, "prices.completion")
    if words.program.has("prices.challenge_days"):
        text = f"A draft price can be challenged for {words.say('prices.challenge_days')} days after it is published."
        lines.append(words.rule(text, "How long a draft price can be challenged", "prices.challenge_days"))
    return lines


def _case_rate_price(words: Words, base: str) -> list[str]:
    of = {"deliveries": "the base period's deliveries", "all": "the base period's deliveries and losses"}
    cap, risk, pool = (f"{base}.{key}" for key in ("winsorize_percentile", "risk", "credibility"))
    capped = f"Covered dollars of one pregnancy count up to the {words.say(cap, ordinal)} ({words.say(f'{base}.winsorize_method')})."
    if words.is_(cap, "off"):
        capped = f"Covered dollars of one pregnancy count in full{words.mark(cap)}."
    risks = {
        "off": "The case rate is not adjusted for risk.",
        "base_average": "The case rate carries the practice's average risk of the base.",
    }
    lines = [
        words.rule(
            "A practice's case rate is its covered dollars of "
            f"{words.say(f'{base}.base_population', lambda v: of.get(str(v), plain(v)))}, divided by the months it would have been paid.",
            "Which pregnancies the case rate is made of",
            f"{base}.base_population",
        ),
        words.rule(capped, "Whether very high covered dollars are capped", cap),
        words.rule(
            f"The case rate is trended by {words.say(f'{base}.trend_annual', percent)} a year over {years(words, f'{base}.trend_years')}.",
            "By how much a year, and over how many years, the case rate is trended",
            *(f"{base}.trend_annual", f"{base}.trend_years"),
        ),
        _choice(words, risk, risks, "Whether the case rate carries risk"),
        words.rule(
            f"The state's mean has the weight {words.say(f'{base}.weight_state', percent)} in it; credibility: {words.say(pool)}.",
            "Which weight the state's mean has in the case rate",
            f"{base}.weight_state",
        ),
    ]
    lines += change_lines(words, base, "the case rate")
    for item in words.program.ids(f"{base}.add_ons") if words.program.has(f"{base}.add_ons") else []:
        path = f"{base}.add_ons.{item}.amount_per_month"
        lines.append(words.sentence(f"Added for a newly covered service, `{item}`: {words.say(path)} dollars a month.", path))
    return lines


def _completion(words: Words, base: str) -> list[str]:
    method = f"{base}.method"
    if words.is_(method, "off"):
        return [words.sentence(f"Base dollars are not completed{words.mark(method)}.", method)]
    average, least, mature = (f"{base}.{key}" for key in ("average", "minimum_rate", "mature_days"))
    return [
        *_by_hand(words, f"{base}.manual"),
        words.rule(
            f"Base dollars not yet all paid are completed by {words.say(method)} over {words.say(average)} months; a completion below "
            f"{words.say(least, percent)} needs a factor set by hand, and claims count as complete after {words.say(mature)} days.",
            "How base dollars that are not all paid yet are completed",
            method,
        ),
    ]


def _by_hand(words: Words, base: str) -> list[str]:
    lines: list[str] = []
    for item in words.program.ids(base) if words.program.has(base) else []:
        kind, age = (plain(words.program.get(f"{base}.{item}.{key}")) for key in ("service_type", "age_months"))
        rate = f"{base}.{item}.factor"
        text = f"`{item}`: {kind} dollars of a month {age} months old count as {words.say(rate, percent)} complete, set by hand."
        lines.append(words.rule(text, f"`{item}`: how complete {kind} dollars of a month {age} months old are", rate))
    return lines


def risk_lines(words: Words) -> list[str]:
    """The risk factors and how their weights are made. Empty for a program without a risk section."""
    if not words.program.has("risk"):
        return []
    tags = {"pre_existing": "pre-existing", "emergent": "emergent", "influenceable": "influenceable"}
    lines = [
        words.rule(
            f"Only factors of these kinds set prices: {words.say('risk.uses')}; the others are shown.",
            "Which kinds of factors set prices",
            "risk.uses",
        ),
        words.rule(
            f"Earlier claims are read for {words.say('risk.lookback_days')} days before the pregnancy; early pregnancy ends on its day "
            f"{words.say('risk.early_days')}.",
            "How far back factors are read",
            "risk.lookback_days",
        ),
        words.rule(
            f"Models tried: {words.say('risk.models')}; {words.say('risk.folds')} folds by practice; cost capped at the "
            f"{words.say('risk.cap_percentile', ordinal)}; a factor needs "
            f"{words.say('risk.min_episodes')} episodes; signs: {words.say('risk.signs')}.",
            "How the weights of the factors are fitted",
            "risk.models",
        ),
    ]
    for item in words.program.ids("risk.factors"):
        path = f"risk.factors.{item}"
        tag = tags[words.program.text(f"{path}.tag")]
        if words.program.get(f"{path}.source") == "code":
            span = plain(words.program.get(f"{path}.span"))
            lines.append(words.sentence(f"`{item}` ({tag}): a code of {words.codes(path)}, {span}.", path))
        else:
            low, high = (words.say(f"{path}.{key}") if words.program.has(f"{path}.{key}") else "open" for key in ("band_from", "band_to"))
            lines.append(words.sentence(f"`{item}` ({tag}): {plain(words.program.get(f'{path}.source'))} from {low} to {high}.", path))
    return [*lines, *_comorbidity(words, "risk.comorbidity")]


def _comorbidity(words: Words, base: str) -> list[str]:
    """The published comorbidity score, which is shown and sets no price."""
    items = words.program.ids(base) if words.program.has(base) else []
    lines = ["- A published comorbidity score, with two weights for each condition, is shown beside every episode and sets no price."]
    for item in items:
        path = f"{base}.{item}"
        severe, without = (words.say(f"{path}.{key}") for key in ("weight_smm", "weight_nontransfusion"))
        what = (
            f"age from {words.say(f'{path}.band_from')}"
            if words.program.get(f"{path}.source") == "age"
            else f"a code of {words.codes(path)}"
        )
        text = f"`{item}` ({what}) adds {severe} for severe maternal morbidity, {without} where transfusion alone does not count as such."
        lines.append(words.sentence(text, path))
    return lines if items else []


def dispute_lines(words: Words) -> list[str]:
    """What can be disputed, until when, and what a lapsed clock means. Empty for a program that says nothing of it."""
    lines: list[str] = []
    lapse = {
        "denied": "without a decision by then it is denied",
        "upheld": "without a decision by then it is upheld",
        "escalated": "without a decision by then it goes to the next higher person and changes nothing",
    }
    for item in words.program.ids("disputes") if words.program.has("disputes") else []:
        path = f"disputes.{item}"
        what = {"any": "", "gain": " that pays", "loss": " that is owed"}[words.program.text(f"{path}.outcome")]
        about = plain(words.program.get(f"{path}.against"))
        later = words.say(f"{path}.when_decision_lapses", lambda v: lapse.get(str(v), plain(v)))
        held = words.say(f"{path}.holds_payment", lambda v: "waits" if v else "goes on")
        lines.append(
            words.rule(
                f"`{item}`: a practice can dispute an {about}{what} for {words.say(f'{path}.days_to_raise')} days; it is decided "
                f"within {words.say(f'{path}.days_to_decide')} days, by another person than its maker; {later}. Meanwhile payment {held}.",
                f"`{item}`: until when a practice can dispute an {about}{what}",
                f"{path}.days_to_raise",
            ).replace(" an settlement", " a settlement")
        )
    return lines
