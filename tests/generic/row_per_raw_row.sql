{% test row_per_raw_row(model, connector, table) %}
with

counts as (

    select
        (select count(*) from {{ model }}) as model_row_count,
        (select count(*) from {{ raw_table(connector, table) }}) as raw_row_count

)

select * from counts where model_row_count <> raw_row_count
{% endtest %}
