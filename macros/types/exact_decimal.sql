{# A share or threshold given by a var, as an exact decimal, so that comparisons with counts are exact. #}
{% macro exact_decimal(value) -%}
    cast('{{ "%.12f" | format(value | float) }}' as decimal(22,12))
{%- endmacro %}
