{% macro as_of_date() -%}
    (select clock.as_of_date from {{ ref('clock') }} as clock)
{%- endmacro %}
