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

{# The rows lie in the order of a column that has a range index, which serves nothing where they lie in
   none, else in that of the first index: the rows of a customer side by side, not one a page. A join
   of many rows hands them on as they come. https://www.postgresql.org/docs/current/brin.html #}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- set indexes = config.get('indexes', []) -%}
    {%- set ordering = (indexes | selectattr('type', 'equalto', 'brin') | list or indexes) | first -%}
    {%- if ordering -%}
        {%- set sql -%}
            select * from ({{ sql }}) as unsorted_rows order by {{ ordering.columns[0] }}
        {%- endset -%}
    {%- endif -%}
    {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
