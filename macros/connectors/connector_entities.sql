{% macro connector_entities() %}
    {% do return({
        'dw': [
            'invoices', 'invoice_lines', 'items', 'customers', 'sales_reps', 'locations', 'channels',
            'inventory_snapshots',
        ],
        'online_retail': ['invoice_lines'],
    }) %}
{% endmacro %}
