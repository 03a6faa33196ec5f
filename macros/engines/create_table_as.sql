{# A table in partitions is written a partition at a time, not by every task a little of each; a large
   partition is still shared out. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-hints.html #}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- set columns = config.get('partition_by') -%}
    {%- set columns = [columns] if columns is string else columns -%}
    {%- if columns -%}
        {%- set compiled_code -%}
            select /*+ rebalance({{ columns | join(', ') }}) */ * from ({{ compiled_code }}) as unsorted_rows
        {%- endset -%}
    {%- endif -%}
    {{ return(dbt.spark__create_table_as(temporary, relation, compiled_code, language)) }}
{%- endmacro %}
