{% macro is_absent_table(table) %}
    {% set optional = [
        'dw_customer', 'dw_sales_rep', 'dw_location', 'dw_channel', 'dw_inventory_snapshot'
    ] %}
    {% for listed in var('dw_optional_tables') if listed not in optional %}
        {% do exceptions.raise_compiler_error(
            "Var dw_optional_tables names '" ~ listed ~ "', which is no optional table; choose from "
            ~ optional | join(', ') ~ '.'
        ) %}
    {% endfor %}
    {% do return(table in optional and table not in var('dw_optional_tables')) %}
{% endmacro %}
