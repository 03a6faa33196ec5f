{% macro exact_decimal(value) -%}
    cast('{{ "%.12f" | format(value | float) }}' as decimal(22,12))
{%- endmacro %}
