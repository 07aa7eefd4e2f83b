"""What Komorebi sells: about 120 fictional things for table and kitchen, some of which are used up."""

from dataclasses import dataclass

import numpy as np

_SERIES = (
    ("さざなみ", "Sazanami", 0.6),
    ("若草", "Wakakusa", 0.75),
    ("こもれび", "Komorebi", 1.0),
    ("朝霧", "Asagiri", 1.2),
    ("藍の里", "Ainosato", 1.5),
    ("白砂", "Shirasuna", 1.8),
    ("古都", "Koto", 2.3),
    ("月白", "Geppaku", 3.0),
)
_PIECES = (
    ("tableware", "小皿", "small plate", 900),
    ("tableware", "茶碗", "rice bowl", 1_500),
    ("tableware", "鉢", "bowl", 2_400),
    ("tableware", "大皿", "serving plate", 3_600),
    ("drinkware", "湯のみ", "tea cup", 1_100),
    ("drinkware", "マグカップ", "mug", 1_400),
    ("drinkware", "急須", "teapot", 5_200),
    ("interior", "花瓶", "vase", 4_400),
    ("cookware", "土鍋", "clay pot", 9_500),
)
_SINGLES = (
    ("kitchen", "箸置き", "Chopstick rest", 500),
    ("kitchen", "綿のふきん", "Cotton dishcloth", 600),
    ("kitchen", "木べら", "Wooden spatula", 700),
    ("kitchen", "麻のコースター", "Linen coaster", 800),
    ("kitchen", "塗り箸", "Lacquered chopsticks", 1_200),
    ("linen", "エプロン", "Apron", 3_200),
    ("linen", "食卓のクロス", "Tablecloth", 4_800),
    ("linen", "鍋つかみ", "Oven mitt", 1_300),
    ("kitchen", "竹ざる", "Bamboo strainer", 1_800),
    ("kitchen", "ひのきのまな板", "Cypress chopping board", 4_600),
    ("kitchen", "銅の卸し金", "Copper grater", 3_900),
    ("kitchen", "すり鉢", "Mortar", 2_700),
    ("cookware", "鉄の急須", "Iron teapot", 12_800),
    ("cookware", "銅のやかん", "Copper kettle", 15_800),
    ("cookware", "南部鉄の鍋", "Cast iron pan", 11_000),
    ("interior", "卓上ランプ", "Table lamp", 13_500),
    ("interior", "木の盆", "Wooden tray", 5_400),
    ("interior", "蚊やり器", "Mosquito-coil holder", 2_900),
    ("storage", "琺瑯の保存容器", "Enamel container", 2_200),
    ("storage", "米びつ", "Rice box", 7_800),
)
_CONSUMABLES = (
    ("filters", "浄水ポットのフィルター", "Water jug filter", 2_400, 60),
    ("filters", "浄水ポットのフィルター 2個組", "Water jug filters, pack of two", 4_500, 120),
    ("filters", "珈琲フィルター 100枚", "Coffee filters, 100", 600, 50),
    ("soap", "オリーブの固形石けん", "Olive soap", 900, 40),
    ("soap", "柚子の台所石けん", "Yuzu dish soap", 1_200, 45),
    ("soap", "ラベンダーの手洗い石けん", "Lavender hand soap", 1_400, 45),
    ("coffee", "こもれび珈琲 浅煎り 200g", "Komorebi coffee, light roast, 200 g", 1_600, 30),
    ("coffee", "こもれび珈琲 深煎り 200g", "Komorebi coffee, dark roast, 200 g", 1_600, 30),
    ("coffee", "こもれび珈琲 カフェインレス 200g", "Komorebi coffee, decaffeinated, 200 g", 1_800, 35),
    ("tea", "棒ほうじ茶 100g", "Roasted stem tea, 100 g", 1_100, 35),
    ("tea", "煎茶 100g", "Green tea, 100 g", 1_500, 35),
)
_SET_PRICES = (28_000, 29_800, 32_000, 36_000, 42_000, 48_000, 54_000, 60_000)
HEADER = "product_id,name_ja,name_en,category,price_jpy,page_url,replenish_days"


@dataclass(frozen=True)
class Product:
    """One thing on sale."""

    category: str
    ja: str
    en: str
    price: int
    replenish_days: int | None = None


def _all() -> tuple[Product, ...]:
    pieces = [
        Product(category, f"{series} {ja}", f"{name} {en}", round(price * dearness / 100) * 100)
        for series, name, dearness in _SERIES
        for category, ja, en, price in _PIECES
    ]
    singles = [Product(*single) for single in _SINGLES]
    ordinary = sorted([*pieces, *singles], key=lambda product: product.price)
    sets = [
        Product("table_sets", f"{series[0]}の食卓揃え", f"{series[1]} table set", price)
        for series, price in zip(_SERIES, _SET_PRICES, strict=True)
    ]
    return (*ordinary, *sets, *(Product(*consumable) for consumable in _CONSUMABLES))


PRODUCTS = _all()
"""First what is ordinary, from cheap to dear; then the table sets, from cheap to dear; then what is used up."""
PRICES = np.array([product.price for product in PRODUCTS], np.int64)
CONSUMABLES = np.array([k for k, product in enumerate(PRODUCTS) if product.replenish_days])
SETS = np.array([k for k, product in enumerate(PRODUCTS) if product.category == "table_sets"])
ORDINARY = int(SETS[0])
"""How many ordinary things there are."""
LASTS_DAYS = np.array([product.replenish_days or 0 for product in PRODUCTS], np.int32)


def product_id(position: int) -> str:
    """K001 for the first."""
    return f"K{position + 1:03d}"


def product_lines() -> list[str]:
    """products.csv."""
    rows = [
        f'{product_id(k)},{p.ja},"{p.en}",{p.category},{p.price},https://komorebi.example/items/{product_id(k)},'
        f"{p.replenish_days or ''}\n"
        for k, p in enumerate(PRODUCTS)
    ]
    return [HEADER + "\n", *rows]
