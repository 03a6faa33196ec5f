{% macro write_build_info(results) %}
    {% set failures = results | selectattr('status', 'in', ['error', 'fail']) | list %}
    {% set built_marts = [] %}
    {% for result in results if result.node.resource_type == 'model' and result.node.path.startswith('marts') %}
        {% do built_marts.append(result.node.name) %}
    {% endfor %}
    {% if execute and flags.WHICH in ('build', 'run') and built_marts and not failures %}
        {% set clock = (graph.nodes.values() | selectattr('name', 'equalto', 'clock') | list)[0] %}
        {% set build_info = clock.schema ~ '.build_info' %}
        {% do run_query('drop table if exists ' ~ build_info) %}
        {% do run_query(
            'create table ' ~ build_info ~ " as select cast('" ~ invocation_id ~ "' as "
            ~ type_text() ~ ") as build_id, cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S')
            ~ "' as timestamp) as built_at, as_of_date from " ~ clock.relation_name
        ) %}
    {% endif %}
{% endmacro %}
