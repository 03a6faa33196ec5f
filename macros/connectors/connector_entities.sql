{# Every connector, and the parts of the common stream that its staging models supply, as
   stg_<connector>__<part>. A flat connector has invoice lines alone: each line carries its header. #}
{% macro connector_entities() %}
    {% do return({
        'dw': [
            'invoices', 'invoice_lines', 'items', 'customers', 'sales_reps', 'locations', 'channels',
            'inventory_snapshots',
        ],
        'online_retail': ['invoice_lines'],
    }) %}
{% endmacro %}
