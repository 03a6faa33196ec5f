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
   of many rows hands them on as they come. https://www.postgresql.org/docs/current/brin.html

   dbt inserts into a table that its contract describes. An insert puts short rows into gaps that it
   left behind, out of their order, and reads by a single process; creating the table from its select
   does neither. Text has the C collation, in which it orders by code point as on DuckDB, whatever the
   locale of the database. https://www.postgresql.org/docs/current/collation.html #}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if temporary or not config.get('contract').enforced -%}
        {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
    {%- endif -%}
    {%- if model.constraints or model.columns.values() | selectattr('constraints') | list -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ' has constraints in its contract, which a table created from its select cannot'
            ~ ' have on PostgreSQL: write them as data tests.'
        ) -%}
    {%- endif -%}
    {%- set indexes = config.get('indexes', []) -%}
    {%- set ordering = (indexes | selectattr('type', 'equalto', 'brin') | list or indexes) | first -%}
    {{ get_assert_columns_equivalent(sql) }}
    {{ config.get('sql_header') or '' }}
    create {{ 'unlogged ' if config.get('unlogged') }}table {{ relation }} as
    select
        {%- for column in model.columns.values() %}
        {%- set type = api.Column.translate_type(column.data_type) %}
        cast({{ column.name }} as {{ type }}) {{- ' collate "C"' if type == 'TEXT' }} as {{ column.name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from ({{ sql }}) as unsorted_rows
    {%- if ordering %}
    order by {{ ordering.columns[0] }}
    {%- endif %}
{%- endmacro %}
