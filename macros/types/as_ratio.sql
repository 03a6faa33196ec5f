{# A ratio as it is published: rounded to twelve decimals. #}
{% macro as_ratio(expression) -%}
    cast({{ expression }} as {{ type_ratio() }})
{%- endmacro %}
