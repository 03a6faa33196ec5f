{% macro read_timestamp(column) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', var('date_pattern')) }} and length(trim({{ column }})) > 10
            then cast(
                substring(trim({{ column }}), 1, 10) || ' ' || substring(trim({{ column }}), 12, 8) as timestamp
            )
    end
{%- endmacro %}
