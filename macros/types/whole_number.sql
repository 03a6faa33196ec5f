{% macro whole_number(expression) -%}
    cast({{ expression }} as decimal(18,0))
{%- endmacro %}
