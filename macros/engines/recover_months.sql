{% macro recover_months() %}
    {% do adapter.dispatch('recover_months')() %}
{% endmacro %}

{# A transaction leaves nothing to recover. #}
{% macro default__recover_months() %}
{% endmacro %}

{# A killed build leaves folders of months that the catalogue does not know: files are moved to
   their place before the catalogue hears of them, and deleted after. Unknown, such a folder would
   be neither compared nor dropped. https://spark.apache.org/docs/latest/sql-ref-syntax-ddl-alter-table.html #}
{% macro spark__recover_months() %}
    {% do run_query('alter table ' ~ this ~ ' recover partitions') %}
{% endmacro %}
