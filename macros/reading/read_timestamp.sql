{# Date and time of an ISO text, as written (business time), to the second; null where it has no time. #}
{% macro read_timestamp(column) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', var('date_pattern')) }} and length(trim({{ column }})) > 10
            then cast(
                substring(trim({{ column }}), 1, 10) || ' ' || substring(trim({{ column }}), 12, 8) as timestamp
            )
    end
{%- endmacro %}
