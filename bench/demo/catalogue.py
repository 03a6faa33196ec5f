"""What the demo company sells and the words its names are made of. All of it is invented."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Category:
    """A product category: its code (also its name), VAT in percent, prices in euros per unit."""

    code: str
    prefix: str
    vat_percent: int
    price_from: float
    price_to: float
    typical_quantity: int
    weight: float
    products: tuple[str, ...]
    packs: tuple[str, ...]


# fmt: off
CATEGORIES: Final = (
    Category(
        "Coffee", "COF", 10, 8, 32, 6, 1.25,
        ("Dark Roast Beans", "Medium Roast Beans", "Filter Blend", "Decaf Beans",
         "Highland Single Origin", "Island Single Origin", "Organic Blend", "Ground Espresso",
         "Cold Brew Grind", "Breakfast Blend", "Instant Granules", "Cafetiere Grind"),
        ("250 g", "500 g", "1 kg", "6 x 1 kg"),
    ),
    Category(
        "Tea", "TEA", 10, 5, 24, 6, 1.05,
        ("Breakfast Tea", "Green Tea", "Peppermint Tea", "Camomile Tea", "Rooibos", "Lemon Ginger",
         "Jasmine Tea", "White Tea", "Chai Spice", "Berry Infusion", "Assam Leaf", "Oolong Leaf"),
        ("20 bags", "100 bags", "250 g loose", "1 kg loose"),
    ),
    Category(
        "Hot Chocolate", "CHO", 10, 7, 28, 5, 0.9,
        ("Classic Cocoa", "Dark Cocoa", "White Chocolate Powder", "Hazelnut Cocoa", "Vegan Cocoa",
         "Mint Cocoa", "Chilli Cocoa", "Malted Cocoa", "Chocolate Dusting", "Cocoa Nibs"),
        ("250 g", "1 kg", "2 kg", "50 sachets"),
    ),
    Category(
        "Syrups", "SYR", 10, 6, 18, 4, 0.9,
        ("Caramel Syrup", "Hazelnut Syrup", "Gingerbread Syrup", "Cinnamon Syrup", "Almond Syrup",
         "Coconut Syrup", "Sugar Free Caramel", "Peppermint Syrup", "Maple Syrup", "Honey Syrup"),
        ("250 ml", "700 ml", "1 l", "6 x 1 l"),
    ),
    Category(
        "Milk Alternatives", "MLK", 10, 9, 26, 6, 1.0,
        ("Soy Drink", "Almond Drink", "Coconut Drink", "Rice Drink", "Hazelnut Drink", "Pea Drink",
         "Cashew Drink", "Oat Creamer", "Soy Creamer", "Lactose Free Milk"),
        ("6 x 1 l", "12 x 1 l", "24 x 250 ml", "10 l bag"),
    ),
    Category(
        "Cold Drinks", "CLD", 20, 10, 30, 5, 0.75,
        ("Lemonade", "Iced Peach Tea", "Sparkling Water", "Still Water", "Ginger Ale", "Cola",
         "Orange Juice", "Apple Juice", "Elderflower Presse", "Iced Latte Can"),
        ("12 x 330 ml", "24 x 330 ml", "12 x 750 ml", "6 x 1 l"),
    ),
    Category(
        "Bakery Ingredients", "BAK", 10, 6, 34, 5, 1.1,
        ("Wholemeal Flour", "Rye Flour", "Caster Sugar", "Brown Sugar", "Baking Powder",
         "Vanilla Paste", "Ground Almonds", "Chopped Walnuts", "Sultanas", "Chocolate Chips",
         "Custard Powder", "Fondant Icing"),
        ("1 kg", "5 kg", "10 kg", "16 kg"),
    ),
    Category(
        "Biscuits", "BIS", 20, 6, 22, 5, 0.95,
        ("Oat Biscuits", "Ginger Snaps", "Almond Biscotti", "Chocolate Wafers", "Lemon Thins",
         "Digestives", "Coconut Rings", "Fruit Bars", "Seed Crackers", "Caramel Waffles"),
        ("150 pack", "300 pack", "2 kg", "48 x 30 g"),
    ),
    Category(
        "Cups and Lids", "CUP", 20, 7, 32, 8, 1.0,
        ("Paper Cup 8 oz", "Paper Cup 16 oz", "Cold Cup 12 oz", "Cold Cup 16 oz", "Dome Lid",
         "Cup Sleeve", "Cup Carrier", "Paper Straw", "Wooden Stirrer", "Soup Cup"),
        ("50 pack", "100 pack", "500 pack", "1000 pack"),
    ),
    Category(
        "Tableware", "TAB", 20, 12, 60, 3, 0.7,
        ("Espresso Cup", "Cappuccino Cup", "Latte Glass", "Tea Pot", "Milk Jug", "Side Plate",
         "Cake Stand", "Sugar Bowl", "Water Carafe", "Serving Board"),
        ("set of 2", "set of 6", "set of 12", "set of 24"),
    ),
    Category(
        "Cleaning", "CLN", 20, 5, 30, 3, 0.85,
        ("Descaler", "Milk Frother Cleaner", "Surface Spray", "Washing Liquid", "Rinse Aid",
         "Blue Roll", "Bar Cloth", "Group Head Brush", "Hand Soap", "Bin Liners"),
        ("single", "6 pack", "12 pack", "5 l"),
    ),
    Category(
        "Gift Boxes", "GFT", 20, 12, 40, 4, 0.6,
        ("Coffee Gift Box", "Tea Gift Box", "Truffle Box", "Mulled Spice Kit", "Biscuit Tin",
         "Hamper Basket", "Panettone", "Chocolate Calendar", "Mug and Cocoa Set", "Spice Box"),
        ("small", "medium", "large", "case of 6"),
    ),
)
# fmt: on

WINTER_CATEGORY: Final = "Gift Boxes"
"""Sells most in November and December."""

SUMMER_CATEGORY: Final = "Cold Drinks"
"""Sells most from June to August."""

PAIRS: Final = (
    (("Coffee", "House Espresso Beans 1 kg"), ("Cleaning", "Espresso Machine Cleaner Tablets")),
    (("Tea", "Earl Grey Pyramids 100 bags"), ("Biscuits", "Butter Shortbread Fingers")),
    (("Hot Chocolate", "Drinking Chocolate Flakes 1 kg"), ("Biscuits", "Mini Marshmallows 1 kg")),
    (("Milk Alternatives", "Barista Oat Drink 12 x 1 l"), ("Syrups", "Vanilla Syrup 1 l")),
    (("Bakery Ingredients", "White Flour 16 kg"), ("Bakery Ingredients", "Fresh Yeast 1 kg")),
    (("Cups and Lids", "Paper Cup 12 oz 1000 pack"), ("Cups and Lids", "Sip Lid 12 oz 1000 pack")),
)
"""Item pairs bought together far beyond chance: who buys the first takes the second as well."""

UNCATEGORISED_ITEMS: Final = (
    "Counter Display Card",
    "Reusable Delivery Crate",
    "Training Day Ticket",
    "Assorted Clearance Lot",
)

REGIONS: Final = ("North", "South", "East", "West")
COUNTRY: Final = "Ireland"
SEGMENTS: Final = ("Cafe", "Hotel", "Bakery", "Office", "Retail")
SEGMENT_SHARES: Final = (0.36, 0.14, 0.18, 0.18, 0.14)

SEGMENT_TASTES: Final = {
    "Cafe": {"Coffee": 1.4, "Cups and Lids": 1.3, "Syrups": 1.2},
    "Hotel": {"Tea": 1.3, "Tableware": 1.5, "Cleaning": 1.2},
    "Bakery": {"Bakery Ingredients": 1.6, "Hot Chocolate": 1.2, "Tableware": 0.7},
    "Office": {"Coffee": 1.2, "Tea": 1.2, "Biscuits": 1.4, "Bakery Ingredients": 0.5},
    "Retail": {"Gift Boxes": 1.4, "Cold Drinks": 1.3, "Cleaning": 0.7},
}
"""How much more or less than others a segment buys of a category; 1 where not named."""

BUSINESS_WORDS: Final = {
    "Cafe": ("Café", "Coffee House", "Tea Rooms", "Espresso Bar"),
    "Hotel": ("Hotel", "Guest House", "Inn", "Lodge"),
    "Bakery": ("Bakery", "Bakehouse", "Patisserie", "Bread Company"),
    "Office": ("Design Studio", "Accountants", "Software", "Law Offices"),
    "Retail": ("Pantry", "Food Hall", "Corner Shop", "Farm Shop"),
}

FIRST_WORDS: Final = (
    "Copper",
    "Maple",
    "Harbour",
    "Linden",
    "Silver",
    "Willow",
    "Amber",
    "Meadow",
    "Crimson",
    "Juniper",
    "Saffron",
    "Hazel",
    "Marble",
    "Clover",
    "Lantern",
    "Orchard",
    "Velvet",
    "Bramble",
    "Cobalt",
    "Heather",
    "Granite",
    "Thistle",
    "Walnut",
    "Ivory",
    "Cedar",
    "Poppy",
    "Tidal",
    "Rowan",
    "Sparrow",
    "Misty",
)
SECOND_WORDS: Final = (
    "Kettle",
    "Street",
    "Gate",
    "Bridge",
    "Corner",
    "Yard",
    "Lane",
    "Table",
    "Mill",
    "Square",
    "Garden",
    "Quay",
    "Crown",
    "Fox",
    "Spoon",
    "Hill",
    "Anchor",
    "Field",
    "Clock",
    "Wharf",
    "Swan",
    "Arch",
    "Well",
    "Thread",
    "Oven",
)
TOWN_WORDS: Final = (
    "Ashbrook",
    "Dunmere",
    "Carrowby",
    "Fenwick Cross",
    "Kilmarra",
    "Oakhollow",
    "Riverstown Bay",
    "Sallyford",
    "Tarnside",
    "Wexley",
    "Ballyrowan",
    "Stonequay",
    "Larkfield",
    "Glenhollow",
    "Pinemore",
    "Castlebray",
    "Millhaven",
    "Thornbridge",
    "Coldwater",
    "Eastmarsh",
)

REPS: Final = (
    # code, name, region, manager
    ("R01", "Orla Whitcombe", "", ""),
    ("R02", "Tomas Fairlie", "East", "R01"),
    ("R03", "Nuala Prendry", "North", "R01"),
    ("R04", "Declan Marsh", "South", "R01"),
    ("R05", "Ines Corrado", "East", "R02"),
    ("R06", "Pavel Stroud", "West", "R02"),
)
"""R01 leads the company's sales, R02 is a manager under R01; the rest visit customers."""

LOCATIONS: Final = (
    ("L01", "Ashbrook Central Warehouse", "North"),
    ("L02", "Dunmere Branch", "North"),
    ("L03", "Carrowby Branch", "South"),
    ("L04", "Kilmarra Branch", "South"),
    ("L05", "Oakhollow Branch", "East"),
    ("L06", "Sallyford Branch", "East"),
    ("L07", "Wexley Branch", "West"),
    ("L08", "Tarnside Branch", "West"),
)
"""Two a region; stock is counted at the first."""

CHANNELS: Final = (("REP", "Rep visit"), ("WEB", "Web shop"), ("TEL", "Phone"))
