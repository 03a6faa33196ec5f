{% macro remove_months(month, months) %}
    {% do adapter.dispatch('remove_months')(month, months) %}
{% endmacro %}

{% macro default__remove_months(month, months) %}
    {% do run_query(
        'delete from ' ~ this ~ ' where ' ~ month ~ " in (cast('"
        ~ months | join("' as date), cast('") ~ "' as date))"
    ) %}
{% endmacro %}

{# Parquet has no delete; a partition goes at once.
   https://spark.apache.org/docs/latest/sql-ref-syntax-ddl-alter-table.html #}
{% macro spark__remove_months(month, months) %}
    {% for value in months %}
        {% do run_query(
            'alter table ' ~ this ~ ' drop if exists partition (' ~ month ~ " = date '" ~ value ~ "')"
        ) %}
    {% endfor %}
{% endmacro %}
