{% macro as_ratio(expression) -%}
    cast({{ expression }} as {{ type_ratio() }})
{%- endmacro %}
