"""Rates and relative prices of the synthetic state, each with where it comes from.

Public figures, rounded; they set magnitudes and describe nobody:

- Births: about 14,000 of 35,000 births a year of one small state are Medicaid births (2022). `BIRTHS_A_YEAR` and the later siblings
  make about 1,160 births a year of 20,000 members, so about 240,000 members make a state of that size.
- Cesarean about one birth in three (32.4 percent), preterm about one in ten (10.4 percent), twins about 31 of 1,000 infants, which is 1.6
  percent of deliveries, home and birth-center births together 2 percent: NCHS, Births: Final Data for 2022 and 2023.
- Stillbirths 5.5 to 6 of 1,000 births: NCHS, Fetal Mortality in the United States, 2021-2022.
- Hypertensive disorders of pregnancy 13 to 16 percent of delivery stays: CDC, MMWR April 2022. Gestational diabetes about 8 percent: NCHS,
  birth certificates of 2021.
- Intensive neonatal care about one newborn in ten: NCHS, birth certificates of 2023.
- Relative hospital prices: MS-DRG weights, CMS FY 2026 IPPS final rule, Table 5 (before the cap on decreases).

Our own choices, where no public figure fits: all dollar prices of single services (`PRICES`, plausible relative to one another, the
numbers of CPT and HCPCS codes only), practice effects, risk effects, the claims lag, and the share of claims that is changed or planted.
Shares are per mille unless a name says otherwise; money is integer cents.
"""

from __future__ import annotations

BIRTHS_A_YEAR = 540  # per ten thousand members
MINIMUM_BIRTHS_PER_YEAR = 150
REGION_MEMBERS = 20_000
MINIMUM_MEMBERS = 2_000

# --- the pregnancy, per mille of deliveries -------------------------------------------------------------------------------------------
STILLBIRTH = 6
TWINS = 16
TRIPLETS = 1
LOSSES_PER_BIRTH = 100
SHORT_INTERVAL = 60
LATER_SIBLING = 40
PRIOR_CESAREAN = 150
HYPERTENSION = 140
DIABETES = 85
SUBSTANCE_USE = 45
MENTAL_HEALTH = 120
# conditions that were there before the pregnancy and change nothing but what care costs; shares are ours, high enough to be measured
HEART_DISEASE = 30
SICKLE_CELL = 20
HOMELESSNESS = 50
CESAREAN_IF_PRIOR = 860
CESAREAN_IF_TWINS = 750
CESAREAN_IF_NONE = 266
CESAREAN_IF_HYPERTENSION_MORE = 80
GESTATION_WEEKS = {  # per mille of single births by completed week
    24: 1,
    25: 1,
    26: 1,
    27: 2,
    28: 2,
    29: 2,
    30: 3,
    31: 3,
    32: 4,
    33: 6,
    34: 10,
    35: 14,
    36: 28,
    37: 98,
    38: 192,
    39: 376,
    40: 194,
    41: 60,
    42: 3,
}
LOSS_WEEKS = {6: 160, 7: 170, 8: 170, 9: 140, 10: 110, 11: 80, 12: 60, 13: 40, 15: 25, 17: 15, 19: 10, 20: 8, 21: 7, 22: 5}
AGE_BANDS = ((15, 19, 65), (20, 24, 250), (25, 29, 300), (30, 34, 235), (35, 39, 120), (40, 45, 30))

# --- groups that results are shown by: shares are ours and describe nobody; the last is "not recorded" ------------------------------------
RACE_SHARES = (520, 240, 70, 110, 60)
ETHNICITY_SHARES = (640, 290, 70)
AREAS = 10  # invented areas, five bands of the area index
HIGHEST_RISK = 6_000  # per mille, of a member of a panel

# --- effects on true cost, per mille, multiplied --------------------------------------------------------------------------------------
RISK_EFFECTS = {
    "age_35_or_more": 1080,
    "hypertension": 1180,
    "diabetes": 1150,
    "substance_use": 1350,
    "multiple_gestation": 1450,
    "prior_cesarean": 1050,
    "heart_disease": 1400,
    "sickle_cell": 1300,
    "homelessness": 1150,
}
# level in the first year, and yearly change, by position of the practice in its region
PRACTICE_EFFECTS = (
    (1020, -12), (960, 4), (1080, -30), (1000, 10), (930, 0), (900, -5), (1010, 0), (1050, 5),
    (880, 6), (1120, -10), (1000, -25), (1060, -20), (970, 15), (1030, -8), (1010, -35), (1040, 0),
)  # fmt: skip

# --- claims ---------------------------------------------------------------------------------------------------------------------------
# claims lag: (cumulative per ten thousand, days from service to receipt), linear between the points
LAG_PROFESSIONAL = (
    (0, 1),
    (1000, 3),
    (3000, 8),
    (5000, 14),
    (7000, 25),
    (8000, 38),
    (9000, 65),
    (9500, 95),
    (9800, 150),
    (9950, 240),
    (10000, 365),
)
LAG_INSTITUTIONAL = (
    (0, 3),
    (1000, 8),
    (3000, 15),
    (5000, 23),
    (7000, 36),
    (8000, 50),
    (9000, 80),
    (9500, 115),
    (9800, 170),
    (9950, 260),
    (10000, 365),
)
LAG_PHARMACY = ((0, 0), (9000, 1), (9900, 5), (10000, 30))
REPLACED, CHAINED, VOIDED, VOID_AND_REPLACED, DENIED, DENIED_LINE, DUPLICATE_ROWS = 130, 15, 25, 15, 110, 60, 25  # per ten thousand claims

COPIED_CODES = 25  # laboratory, imaging and anesthesia claims with the codes of a visit, per mille
ZERO_PAID_CHARGE_CENTS = 18_500  # what a line that is paid within another line is charged

DRG_BASE_CENTS = 620_000  # the price of weight 1.0000
DRG_WEIGHTS = {  # MS-DRG: weight times 10,000; CMS FY 2026 final rule, Table 5
    "768": 10716, "776": 6547, "783": 24551, "784": 10601, "785": 9578, "786": 16495, "787": 11168, "788": 9588,
    "789": 18022, "790": 59435, "791": 40590, "792": 24492, "793": 41696, "794": 14759, "795": 1998,
    "796": 11670, "797": 10004, "798": 9571, "805": 10792, "806": 7540, "807": 6742, "831": 12025, "832": 7216, "833": 5229,
}  # fmt: skip

PRICES = {  # cents; code numbers only
    "59400": 210000, "59510": 238000, "59409": 98000, "59514": 112000, "59410": 124000, "59515": 146000, "59610": 216000, "59618": 244000,
    "59612": 103000, "59620": 116000, "59614": 129000, "59622": 150000, "59425": 46000, "59426": 84000, "59430": 19500,
    "99203": 9700, "99204": 14200, "99213": 7800, "99214": 11000, "99215": 15400,
    "99283": 6900, "99284": 11500, "99460": 9200, "99468": 88000, "99469": 38000, "99238": 7000,
    "99391": 8200, "90471": 2100,
    "76801": 11200, "76802": 6100, "76805": 12800, "76810": 7900, "76811": 16800, "76813": 10700, "76815": 7600, "76816": 9900,
    "76817": 8300,
    "76818": 10800, "76819": 7900, "59025": 4300,
    "80055": 4900, "80081": 7700, "36415": 400, "81002": 350, "82950": 700, "85025": 950, "87086": 880, "87491": 3500, "87591": 3500,
    "87653": 3600,
    "81420": 60000, "82105": 1700, "83036": 1000, "84156": 400, "88175": 2600,
    "01960": 24500, "01961": 36000, "01967": 56000, "01968": 17500,
    "59812": 31000, "59820": 39000, "88305": 6500, "58300": 6800, "11981": 7400, "J7298": 102000, "J7307": 98000,
    "90834": 8800, "90837": 12500, "90791": 14000, "H0001": 14500, "H0015": 13500, "H0020": 1600, "80305": 1200,
    "99381": 11200, "99392": 9800, "99393": 10600, "99394": 11600, "99395": 12600, "99396": 13400, "99212": 5600, "99244": 19800,
    "99223": 21000, "99232": 9200, "90792": 17200, "90832": 6800, "90847": 10400, "99285": 17800, "G0378": 9000, "T1015": 16000,
    "96127": 550, "96161": 450, "99408": 3600, "H0049": 2400, "G0444": 1900, "1220F": 0, "0503F": 0, "86703": 1500, "J1050": 4200,
    "77067": 13800, "88142": 2400, "87624": 3600, "82274": 1900, "45378": 62000, "45380": 78000, "80053": 1300, "80061": 1400,
    "84443": 1700,
    "T1032": 10000, "T1033": 80000, "S9443": 5500,
}  # fmt: skip
