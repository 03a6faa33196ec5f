"""Tables and columns that the generator writes: the whole input contract of connector `dw`.

Kinds are those of `models/staging/dw/_dw__sources.yml`; a unit test compares the two.
"""

from typing import Final

TABLES: Final[dict[str, dict[str, str]]] = {
    "dw_invoice_header": {
        "invoice_no_365": "text",
        "customer_code_365": "text",
        "invoice_date": "date",
        "invoice_type": "text",
        "total_grand": "number",
        "invoice_time": "time",
        "location_code": "text",
        "channel_code": "text",
        "sales_rep_code": "text",
        "currency_code": "text",
    },
    "dw_invoice_line": {
        "id": "text",
        "invoice_no_365": "text",
        "item_code_365": "text",
        "quantity": "number",
        "line_total_incl": "number",
        "line_total_excl": "number",
        "discount_amount": "number",
        "cost_amount": "number",
    },
    "dw_item": {
        "item_code_365": "text",
        "item_description": "text",
        "category_code": "text",
        "item_length": "number",
        "item_width": "number",
        "item_height": "number",
        "item_weight": "number",
        "number_of_pieces": "number",
        "selling_qty": "number",
        "unit_cost": "number",
        "unit_price": "number",
        "lead_time_days": "number",
        "ordering_cost": "number",
        "holding_cost_pct": "number",
        "is_active": "boolean",
    },
    "dw_customer": {
        "customer_code_365": "text",
        "customer_name": "text",
        "region": "text",
        "country": "text",
        "segment": "text",
        "sign_up_date": "date",
        "sales_rep_code": "text",
        "email": "text",
        "credit_limit": "number",
    },
    "dw_sales_rep": {
        "sales_rep_code": "text",
        "sales_rep_name": "text",
        "email": "text",
        "region": "text",
        "manager_code": "text",
    },
    "dw_location": {
        "location_code": "text",
        "location_name": "text",
        "region": "text",
        "country": "text",
    },
    "dw_channel": {
        "channel_code": "text",
        "channel_name": "text",
    },
    "dw_inventory_snapshot": {
        "snapshot_date": "date",
        "item_code_365": "text",
        "on_hand_quantity": "number",
        "location_code": "text",
        "on_order_quantity": "number",
        "counted_quantity": "number",
        "stockout_hours": "number",
    },
}
