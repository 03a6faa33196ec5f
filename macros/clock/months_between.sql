{% macro months_between(first_date, second_date) -%}
    cast({{ dbt.datediff(first_date, second_date, 'month') }} as int)
{%- endmacro %}
