"""The invented measurements behind the demonstration: every table comes out the same on every machine.

Numbers are plausible for the place and season and deliberately of no real post, district or school.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable

Cell = str | int | float
Rows = list[list[Cell]]
"""The header first."""

BALKHASH_POSTS = (
    ("B-1", "Батыс шығанақ", 1.12),
    ("B-2", "Ұзынарал", 2.36),
    ("B-3", "Бөріойнақ", 3.58),
    ("B-4", "Шығыс түкпір", 5.04),
)
FROST_POSTS = tuple(
    (f"M-{number:02}", name, lon, lat, depth)
    for number, (name, lon, lat, depth) in enumerate(
        (
            ("Ақсуат жолы, 14-км", 68.42, 54.71, 2.02),
            ("Тайыншы айналмасы", 69.88, 53.86, 1.94),
            ("Қызылжар өткелі", 69.21, 54.92, 2.13),
            ("Есіл көпірі", 68.95, 54.60, 1.88),
            ("Бурабай асуы", 70.24, 53.09, 1.79),
            ("Зеренді тармағы", 69.12, 52.91, 1.83),
            ("Атбасар белесі", 68.38, 51.82, 1.76),
            ("Аққайың бекеті", 69.66, 54.43, 1.97),
            ("Торғай жазығы", 64.91, 51.48, 1.64),
            ("Обаған сағасы", 64.72, 53.33, 1.81),
            ("Қарасу учаскесі", 65.48, 52.67, 1.72),
            ("Ертіс жағалауы", 76.94, 52.31, 1.90),
        ),
        1,
    )
)
AIR_POSTS = (
    ("A-01", "Мектеп ауласы", 73.09, 49.81, 41.0, True),
    ("A-02", "Орталық саябақ", 73.12, 49.79, 33.0, True),
    ("A-03", "Көктем шағынауданы", 73.15, 49.84, 52.0, True),
    ("A-04", "Оңтүстік қақпа", 73.07, 49.75, 38.0, True),
    ("A-05", "Өнеркәсіп аймағы", 0.0, 0.0, 88.0, False),
)


def source(name: str) -> random.Random:
    """A generator of its own for every table, so that one table never shifts another."""
    return random.Random(f"opendata-demo {name}")  # noqa: S311 - repeatable test figures, no secret


def balkhash(last_year: int, correction: float) -> Rows:
    """Monthly level (metres, Baltic system) and salinity (g/l) from 2015; `correction` metres are added to B-3."""
    draw = source("balkhash")
    rows: Rows = [["post", "post_name", "date", "level_m", "salinity_g_l", "water_temperature_c"]]
    for year in range(2015, 2025):
        for month in range(1, 13):
            wave = 0.11 * math.sin((month - 4) / 12 * 2 * math.pi)
            for code, name, salt in BALKHASH_POSTS:
                level = 341.62 + 0.028 * (year - 2015) + wave + draw.gauss(0, 0.02)
                grams = salt * (1 + 0.004 * (year - 2015)) + draw.gauss(0, salt * 0.015)
                warmth = max(0.0, 12 + 13 * math.sin((month - 4.4) / 12 * 2 * math.pi) + draw.gauss(0, 0.8))
                if year <= last_year:
                    level += correction if code == "B-3" else 0.0
                    rows.append([code, name, f"{year}-{month:02}", round(level, 2), round(grams, 2), round(warmth, 1)])
    return rows


def balkhash_first() -> Rows:
    """Version 1.0: to 2022, with the level of B-3 as it was read."""
    return balkhash(2022, 0.0)


def balkhash_second() -> Rows:
    """Version 2.0: to 2024, with the level of B-3 corrected."""
    return balkhash(2024, 0.07)


def frost() -> Rows:
    """Depth of seasonal freezing (m) under the road base, the greatest of each winter."""
    draw = source("frost")
    rows: Rows = [["post", "post_name", "winter", "soil", "groundwater_depth_m", "frost_depth_m", "day_of_maximum"]]
    soils = ("суглинок тяжёлый", "суглинок лёгкий", "супесь", "глина")
    for position, (code, name, _lon, _lat, deepest) in enumerate(FROST_POSTS):
        for winter in range(2018, 2024):
            share = 1.0 if winter == 2022 else 0.82 + draw.random() * 0.14
            peak = dt.date(winter + 1, 3, 1) + dt.timedelta(days=draw.randrange(0, 25))
            water = round(2.4 + (position % 5) * 0.6 + draw.random() * 0.4, 1)
            label = f"{winter}/{winter + 1 - 2000}"
            rows.append([code, name, label, soils[position % 4], water, round(deepest * share, 2), peak.isoformat()])
    return rows


def bus() -> Rows:
    """Invented accidents with school buses; no person can be told from a row."""
    draw = source("bus")
    header: list[Cell] = [
        "case",
        "date",
        "hour",
        "region",
        "road",
        "surface",
        "visibility",
        "cause",
        "children_hurt",
        "belts",
    ]
    roads = ("республикалық", "облыстық", "аудандық", "елді мекен ішінде")
    surfaces = ("құрғақ", "ылғал", "мұзды", "қарлы")
    causes = (
        "қашықтықты сақтамау",
        "көктайғақ",
        "жол бермеу",
        "қиылыста бұрылу",
        "техникалық ақау",
        "аялдамада қағу",
    )
    regions = ("Солтүстік-1", "Солтүстік-2", "Орталық", "Шығыс", "Батыс", "Оңтүстік-1", "Оңтүстік-2")
    rows: Rows = [header]
    first = dt.date(2019, 1, 8)
    days = sorted(draw.sample(range(2150), 214))
    for number, offset in enumerate(days, 1):
        date = first + dt.timedelta(days=offset)
        winter = date.month in (11, 12, 1, 2, 3)
        surface = draw.choice(surfaces[2:] if winter and draw.random() < 0.7 else surfaces[:2])
        cause = "көктайғақ" if surface == "мұзды" and draw.random() < 0.6 else draw.choice(causes)
        hour = draw.choices((7, 8, 12, 13, 14, 17, 18), (31, 24, 6, 14, 11, 8, 6))[0]
        hurt = draw.choices((0, 1, 2, 3, 5), (58, 24, 11, 5, 2))[0]
        sight = draw.choice(("жарық", "қараңғы", "тұман")) if winter else "жарық"
        belts = draw.choice(("иә", "жоқ", "белгісіз"))
        place = [draw.choice(regions), draw.choice(roads)]
        rows.append([f"M{number:03}", date.isoformat(), hour, *place, surface, sight, cause, hurt, belts])
    return rows


def air() -> Rows:
    """Daily means of a heating season, micrograms per cubic metre."""
    draw = source("air")
    rows: Rows = [["post", "date", "pm2_5", "pm10", "no2", "so2", "wind_m_s"]]
    for offset in range(96):
        date = dt.date(2023, 12, 1) + dt.timedelta(days=offset)
        calm = draw.random()
        wind = round(0.4 + 6 * calm, 1)
        for code, _name, _lon, _lat, base, _public in AIR_POSTS:
            fine = base * (1.75 - 1.3 * calm) + draw.gauss(0, 4)
            if code == "A-03" and date == dt.date(2024, 1, 17):
                fine = 187.0
            fine = max(4.0, fine)
            other = [round(fine * 1.62, 1), round(18 + fine * 0.35, 1), round(9 + fine * 0.22, 1), wind]
            rows.append([code, date.isoformat(), round(fine, 1), *other])
    return rows


def wheat() -> Rows:
    """Yields by invented district, centners per hectare, with soil moisture in the metre layer before sowing, mm."""
    draw = source("wheat")
    rows: Rows = [
        [
            "Район",
            "Год",
            "Посевная площадь, тыс. га",
            "Влагозапас в метровом слое, мм",
            "Осадки мая–июля, мм",
            "Урожайность, ц/га",
        ]
    ]
    for district in range(1, 18):
        area = draw.randrange(60, 240)
        for year in range(2014, 2024):
            drought = year in (2019, 2021)
            moisture = draw.randrange(82, 110) if drought else draw.randrange(112, 168)
            rain = draw.randrange(48, 82) if drought else draw.randrange(84, 170)
            crop = 3.1 + 0.052 * moisture + 0.031 * rain + draw.gauss(0, 0.8)
            rows.append([f"Район {district}", year, area + draw.randrange(-6, 7), moisture, rain, round(crop, 1)])
    return rows


def iodine() -> Rows:
    """Median iodine concentration in urine (µg/l) and share below 100 µg/l, by group; groups under 20 are left out."""
    draw = source("iodine")
    rows: Rows = [["region", "age_group", "sex", "year", "children", "median_ug_l", "share_below_100_percent"]]
    for region, level in (
        ("Тау бөктері", 96),
        ("Дала", 128),
        ("Көл маңы", 141),
        ("Шөлейт", 112),
        ("Орман", 119),
        ("Қала", 152),
    ):
        for ages in ("6–8", "9–11", "12–14"):
            for sex in ("ж", "м"):
                for year in (2022, 2023):
                    median = round(level + (year - 2022) * 7 + draw.gauss(0, 5), 1)
                    share = round(max(4.0, 100 - median * 0.62 + draw.gauss(0, 2)), 1)
                    rows.append([region, ages, sex, year, draw.randrange(28, 96), median, share])
    return rows


def iodine_persons() -> Rows:
    """The answers behind `iodine`, one child a row: the file that the demonstration withholds."""
    draw = source("iodine persons")
    rows: Rows = [["child", "region", "age", "sex", "height_cm", "weight_kg", "iodine_ug_l", "salt_at_home"]]
    for number in range(1, 301):
        age = draw.randrange(6, 15)
        body = [round(74 + age * 6.1 + draw.gauss(0, 4)), round(4 + age * 3.1 + draw.gauss(0, 3), 1)]
        iodine_level = round(max(12.0, draw.gauss(122, 38)), 1)
        place = draw.choice(("Тау бөктері", "Дала", "Көл маңы", "Шөлейт", "Орман", "Қала"))
        salt = draw.choice(("йодталған", "жай", "белгісіз"))
        rows.append([f"D{number:04}", place, age, draw.choice(("ж", "м")), *body, iodine_level, salt])
    return rows


def teachers() -> Rows:
    """One rural school a row: teachers asked, and the share who can do each thing, percent."""
    draw = source("teachers")
    rows: Rows = [
        [
            "school",
            "region",
            "teachers_asked",
            "own_computer",
            "makes_tests",
            "runs_online_lesson",
            "checks_sources",
            "line_mbit_s",
        ]
    ]
    for number in range(1, 241):
        line = draw.choice((0.5, 2, 4, 8, 20, 50, 100))
        base = 38 + 9 * math.log2(line + 1) / 2
        shares = [round(min(100.0, max(0.0, base + shift + draw.gauss(0, 9)))) for shift in (22, 8, -6, -14)]
        rows.append([f"S{number:03}", f"Өңір {1 + number % 14}", draw.randrange(6, 41), *shares, line])
    return rows


def methane() -> Rows:
    """Chamber measurements on four invented landfills, milligrams of methane per square metre and hour."""
    draw = source("methane")
    rows: Rows = [["landfill", "point", "date", "methane_mg_m2_h", "air_temperature_c", "cover_cm"]]
    for landfill, strength in (("L1", 42), ("L2", 17), ("L3", 66), ("L4", 25)):
        for point in range(1, 11):
            cover = draw.randrange(10, 70)
            for date in ("2025-05-14", "2025-07-16", "2025-09-17"):
                flux = strength * (1.7 - cover / 60) * (1.3 if "-07-" in date else 1.0) + draw.gauss(0, 4)
                rows.append(
                    [landfill, f"{landfill}-{point:02}", date, round(max(0.2, flux), 1), draw.randrange(9, 31), cover]
                )
    return rows


def wells() -> Rows:
    """Depth to groundwater below the mouth of the well, metres, and dry residue, g/l."""
    draw = source("wells")
    rows: Rows = [["well", "date", "depth_m", "dry_residue_g_l"]]
    for number in range(1, 13):
        depth, residue = draw.uniform(4, 38), draw.uniform(0.4, 2.6)
        for year in (2021, 2022, 2023, 2024):
            for month in ("05", "10"):
                measured = [
                    round(depth + draw.gauss(0.06 * (year - 2021), 0.15), 2),
                    round(residue + draw.gauss(0, 0.05), 2),
                ]
                rows.append([f"W-{number:02}", f"{year}-{month}", *measured])
    return rows


TABLES: dict[str, Callable[[], Rows]] = {
    "balkhash-v1.csv": balkhash_first,
    "balkhash-v2.csv": balkhash_second,
    "frost.csv": frost,
    "school-bus-accidents.csv": bus,
    "air-daily.csv": air,
    "wheat-yields.csv": wheat,
    "iodine-groups.csv": iodine,
    "iodine-children.csv": iodine_persons,
    "rural-teachers.csv": teachers,
    "landfill-methane.csv": methane,
    "wells.csv": wells,
}
"""What makes each CSV file, by its name."""


def posts(name: str) -> dict[str, object]:
    """The GeoJSON of the posts of `name` ("frost" or "air"); a post whose place is not public has no geometry."""
    if name == "frost":
        rows = [
            (code, title, lon, lat, True, {"max_frost_depth_m": depth}) for code, title, lon, lat, depth in FROST_POSTS
        ]
    else:
        rows = [(code, title, lon, lat, public, {}) for code, title, lon, lat, _base, public in AIR_POSTS]
    features = [_feature(*row) for row in rows]
    return {"type": "FeatureCollection", "name": f"{name}-posts (demonstration)", "features": features}


def _feature(code: str, title: str, lon: float, lat: float, public: bool, more: dict[str, float]) -> dict[str, object]:
    geometry = {"type": "Point", "coordinates": [lon, lat]} if public else None
    return {"type": "Feature", "id": code, "geometry": geometry, "properties": {"name": title, **more}}
