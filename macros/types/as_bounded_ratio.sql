{% macro as_bounded_ratio(expression) -%}
    {{ as_ratio('case when abs(' ~ expression ~ ') < 1000000000000000 then ' ~ expression ~ ' end') }}
{%- endmacro %}
