{% test row_per_stream_row(model, entity) %}
with

stream as (
    {{ union_connectors(entity) }}
),

counts as (

    select
        (select count(*) from {{ model }}) as model_row_count,
        (select count(*) from stream) as stream_row_count

)

select * from counts where model_row_count <> stream_row_count
{% endtest %}
