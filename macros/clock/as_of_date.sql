{# The one clock. Every mart reads rows up to this date and no other. #}
{% macro as_of_date() -%}
    (select clock.as_of_date from {{ ref('clock') }} as clock)
{%- endmacro %}
