{# A total as it is published: exact, four decimals. #}
{% macro as_money(expression) -%}
    cast({{ expression }} as {{ type_money() }})
{%- endmacro %}
