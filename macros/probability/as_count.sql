{% macro as_count(expression, noun) -%}
    cast({{ expression }} as {{ type_text() }}) || case when {{ expression }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}
