{% macro write_build_info(results) %}
    {% set failures = results | selectattr('status', 'in', ['error', 'fail']) | list %}
    {% set clock_is_built = results | selectattr('node.name', 'equalto', 'clock') | list | length > 0 %}
    {% if execute and flags.WHICH in ('build', 'run') and clock_is_built and not failures %}
        {% set core_schema = target.schema ~ '_core' %}
        {% do run_query('drop table if exists ' ~ core_schema ~ '.build_info') %}
        {% do run_query(
            'create table ' ~ core_schema ~ ".build_info as select cast('" ~ invocation_id ~ "' as "
            ~ type_text() ~ ") as build_id, cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S')
            ~ "' as timestamp) as built_at, as_of_date from " ~ core_schema ~ '.clock'
        ) %}
    {% endif %}
{% endmacro %}
