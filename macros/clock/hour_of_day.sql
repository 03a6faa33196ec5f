{# Hour of a timestamp, 0 to 23; null where the time is unknown. #}
{% macro hour_of_day(timestamp_expression) -%}
    cast(extract(hour from {{ timestamp_expression }}) as int)
{%- endmacro %}
