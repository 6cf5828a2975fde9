"""What claims of each kind are made of: services with revenue code and price, and diagnoses. Code numbers only; prices are ours."""

from __future__ import annotations

Service = tuple[str | None, str | None, int]  # HCPCS code, revenue code, price in cents


# Menus have numbers from 1, in this order. A service is `revenue/code:cents`, a dash for no code; an asterisk and a number say how often it
# stands there, and so how often it is drawn.
_MENUS = {
    "office_first": "99213:7800*8 99214:11000*7 99212:5600*2 99203:9700*2 99204:14200 99215:15400 99392:9800 99393:10600 99395:12600",
    "office_next": (
        "81002:350*4 36415:400*6 90471:2100*3 96127:550*3 85025:950*3 83036:1000*2 G0444:1900 90686:2200 87880:1700 94010:2900"
    ),
    "laboratory": (
        "80053:1300*6 85025:950*6 80061:1400*4 84443:1700*3 83036:1000*4 82947:500*2 87086:880*3 36415:400*5 81001:420*3 82306:2900 "
        "84439:900 87491:3500 87591:3500 86803:1500 83540:800 82728:1300 80307:6200*2"
    ),
    "pharmacy": "-:420 -:610 -:780 -:990 -:1150 -:1380 -:1720 -:2100 -:2860 -:3900 -:5400 -:8800 -:14600 -:38500 -:61200",
    "emergency_first": "0450/99283:16900*4 0450/99284:31500*5 0450/99285:47800*3 0450/99282:9900*2",
    "emergency_next": (
        "0300/85025:950*3 0300/80053:1300*3 0320/71046:4600*2 0320/73630:4100 0260/96374:6100*2 0260/96361:2900 0636/J2405:120*2 "
        "0636/J1885:240*2 0730/93005:1900"
    ),
    "outpatient": (
        "0510/G0463:12100*4 0750/45378:62000 0750/43239:71000 0350/70450:18900 0350/74177:31500 0420/97110:3100*3 0420/97140:2900*2 "
        "0403/77067:13800 0300/85025:950*2 0300/80053:1300*2"
    ),
    "therapy": "90834:8800*4 90837:12500*3 90832:6800*3 90791:14000 97110:3100*3 H0020:1600*3 H2014:2400 T1017:3300*2",
    "stay_first": "0120/-:148000 0120/-:162000 0200/-:391000 0206/-:247000",
    "stay_next": (
        "0250/-:21000 0300/-:17500 0270/-:9800 0320/-:15600 0350/-:33000 0420/-:8700 0410/-:12900 0730/-:5200 0258/-:7600 0636/-:28800 "
        "0450/-:31000"
    ),
    "prenatal_first": "99213:7800*6 99214:11000*3 99212:5600",
    "prenatal_next": "81002:350",
    "prenatal_laboratory": "80055:4900 80081:7700 85025:950 87086:880 82950:700 87653:3600 87491:3500 36415:400 81420:60000",
    "imaging": "76801:11200 76805:12800*2 76811:16800 76815:7600 76816:9900*2 59025:4300 76819:7900",
    # by line: room, labor room, drugs, laboratory, supplies, operating room
    "delivery": "0120/-:640000 0720/-:110000 0250/-:21000 0300/-:24000 0270/-:16000 0360/-:18000",
    # itemized vaginal, global vaginal, itemized cesarean, global cesarean
    "professional_delivery": "59409:98000 59400:210000 59514:112000 59510:238000",
    "anesthesia": "01967:56000 01961:36000",
    "postpartum": "59430:19500*2 99213:7800",
    "nursery": "0170/-:84000 0300/-:9000",
    "newborn": "99460:9200*2 99238:7000 99468:88000",
    "loss": "59820:39000 59812:31000",
}  # fmt: skip
# The menus of the first line and of the others by kind of claim, from 0; the dashes are kinds that are not used.
_KINDS = [
    "office", "laboratory", "pharmacy", "emergency", "outpatient", "therapy", "stay", "-", "-", "-", "prenatal", "prenatal_laboratory",
    "imaging", "delivery", "professional_delivery", "anesthesia", "postpartum", "nursery", "newborn", "loss", "emergency",
]  # fmt: skip
# What a pregnancy may be complicated by; a third are.
CONDITIONS = [
    "O24410", "O1002", "O1092", "O99210", "O99212", "O99320", "O99340", "O4703", "O3421", "O0993", "O1493", "O1400", "O1203", "O99013",
    "O9989", "O99824", "O3660X0", "O09523", "O4200", "O6981X0",
]  # fmt: skip
# What everybody else is coded with, the frequent first.
_DIAGNOSES = [
    "I10", "Z00129", "E119", "E785", "F329", "F411", "Z23", "J069", "M5450", "F419", "Z79899", "K219", "R519", "R109", "J029", "E669",
    "Z0000", "F17210", "M25561", "J45909", "N390", "R079", "G8929", "B349", "E039", "R5383", "K5900", "H6690", "R112", "F902", "J209",
    "M542", "R059", "L309", "Z6830", "D649", "F4310", "Z720", "E6601", "R509", "G43909", "J302", "M25562", "Z113", "F319", "N3000",
    "K529", "H109", "R0602", "Z794", "F4323", "D509", "L209", "G4733", "Z0289", "E1165", "I2510", "R739", "F840", "B3731", "J189",
    "N183", "J449", "M1990", "R42", "E559", "L7000", "F39", "Z01419", "Z1231", "A084", "K029", "J0190", "M79604", "R55", "Z1211",
    "I509", "R319", "S93401A", "K5730", "F909", "H5213", "Z7982", "L0291", "R1013", "M4802", "B179", "E1140", "J329", "R071", "Z1159",
    "F429", "F200", "N179", "S0990XA", "T7840XA", "R3915", "G40909", "I4891", "M797", "Z6841", "E1122", "R002", "L700", "H6121",
    "Z5986", "Z590", "J111", "K589", "M25511", "R21", "M546", "Z3009", "N912", "N760", "R197", "S161XXA", "M170", "E8881", "K760",
    "I872", "E876", "R946", "Z9981", "E871", "D72829", "F331", "Z8249", "Z87891", "M549", "R000", "R0789", "K2970", "K802", "K8020",
    "N200", "N281", "G5600", "G629", "H2513", "H409", "I639", "I739", "I82409", "J3089", "J310", "J4520", "J9601", "L0390", "L2089",
    "L821", "M1711", "M545", "M62838", "M810", "N400", "N529", "N951", "R0981", "R1084", "R202", "R251", "R262", "R310", "R339",
    "R4182", "R531", "R600", "R634", "R809", "S0083XA", "S39012A", "S60221A", "S8001XA", "S80211A", "W19XXXA", "Y92009", "Z1389",
    "Z139", "Z20822", "Z713", "Z7189", "Z739", "Z8679", "Z86718", "Z8719", "Z91148", "Z9049", "Z951",
]  # fmt: skip


def _services(text: str) -> list[Service]:
    found: list[Service] = []
    for word in text.split():
        body, _, times = word.partition("*")
        what, cents = body.split(":")
        revenue, _, code = what.rpartition("/")
        found += [(None if code == "-" else code, revenue or None, int(cents))] * int(times or 1)
    return found


def mixed(menu: list[Service]) -> list[Service]:
    """The menu with the repeats of a service as far apart as can be, so that neighbors differ. A menu without repeats stays as it is."""
    times = {service: menu.count(service) for service in menu}
    if max(times.values()) == 1:
        return menu
    seen: dict[Service, int] = {}
    places: list[tuple[float, int, Service]] = []
    for position, service in enumerate(menu):
        nth = seen[service] = seen.get(service, 0) + 1
        places.append(((nth - 0.5) / times[service], position, service))
    return [service for _, _, service in sorted(places, key=lambda place: place[:2])]


def _largest_prime(limit: int) -> int:
    return next(n for n in range(limit, 1, -1) if all(n % d for d in range(2, int(n**0.5) + 1)))


MENUS: dict[str, list[Service]] = {name: mixed(_services(text)) for name, text in _MENUS.items()}
_NUMBER = {name: number for number, name in enumerate(MENUS, 1)}
FIRST = [_NUMBER.get(f"{kind}_first", _NUMBER.get(kind, 1)) for kind in _KINDS]
NEXT = [_NUMBER.get(f"{kind}_next", _NUMBER.get(kind, 1)) for kind in _KINDS]
# Their count is prime, so that steps through them do not repeat.
DIAGNOSES = _DIAGNOSES[: _largest_prime(len(_DIAGNOSES))]
