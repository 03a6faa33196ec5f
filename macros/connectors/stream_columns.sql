{% macro stream_columns() %}
    {% set text, money = type_text(), type_money() %}
    {% set origin = {
        'source_system': text, 'source_table': text, 'source_key': text, 'raw_text': text,
        'raw_values': text, 'unreadable_columns': text,
    } %}
    {% set header = {
        'invoice_id': text, 'customer_id': text, 'location_id': text, 'location_country': text,
        'channel_id': text, 'sales_rep_id': text, 'currency_code': text, 'source_invoice_type': text,
        'raw_hash': 'bigint', 'invoice_date': 'date', 'invoice_at': 'timestamp', 'has_date_text': 'boolean',
    } %}
    {% do return({
        'invoices': dict(origin, **dict(header, header_amount=money)),
        'invoice_lines': dict(origin, **dict(header, **{
            'invoice_line_id': text, 'item_id': text, 'item_name': text, 'category_id': text,
            'category_name': text,
            'quantity': money, 'unit_price': money, 'discount_amount': money, 'net_amount': money,
            'gross_amount': money, 'cost_amount': money,
            'carries_header': 'boolean', 'is_exact_duplicate': 'boolean', 'has_unreadable_number': 'boolean',
        })),
        'items': dict(origin, **{
            'item_id': text, 'item_name': text, 'category_id': text,
            'item_length': money, 'item_width': money, 'item_height': money, 'item_weight': money,
            'number_of_pieces': money, 'selling_quantity': money, 'unit_cost': money, 'unit_price': money,
            'lead_time_days': money, 'ordering_cost': money, 'holding_cost_ratio': money,
            'is_active': 'boolean',
        }),
        'customers': dict(origin, **{
            'customer_id': text, 'customer_name': text, 'email': text, 'region': text, 'country': text,
            'customer_segment': text, 'sales_rep_id': text, 'credit_limit': money, 'sign_up_date': 'date',
        }),
        'sales_reps': dict(origin, **{
            'sales_rep_id': text, 'sales_rep_name': text, 'email': text, 'region': text, 'manager_id': text,
        }),
        'locations': dict(origin, **{
            'location_id': text, 'location_name': text, 'region': text, 'country': text,
        }),
        'channels': dict(origin, **{'channel_id': text, 'channel_name': text}),
        'inventory_snapshots': dict(origin, **{
            'snapshot_date': 'date', 'has_date_text': 'boolean', 'item_id': text, 'location_id': text,
            'on_hand_quantity': money, 'on_order_quantity': money, 'counted_quantity': money,
            'stockout_hours': money, 'has_unreadable_number': 'boolean',
        }),
    }) %}
{% endmacro %}
