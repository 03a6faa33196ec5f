{% macro count_of(number, noun) -%}
    cast({{ number }} as {{ type_text() }})
    || case when {{ number }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}
