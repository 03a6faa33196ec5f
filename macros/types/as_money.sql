{% macro as_money(expression) -%}
    cast({{ expression }} as {{ type_money() }})
{%- endmacro %}
