{% macro date_reasons(date_column) -%}
    when not has_date_text then 'missing_date'
            when {{ date_column }} is null then 'unparseable_date'
            when {{ date_column }} < cast('{{ var("earliest_plausible_date") }}' as date) then 'implausible_date'
            when {{ date_column }} > {{ build_date() }} then 'future_date'
{%- endmacro %}
