{% macro check_input() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% do check_vars() %}
        {% do check_roles() %}
        {% for raw in graph.sources.values() %}
            {% set is_demo = raw.source_name == 'dw' and var('use_demo_data') %}
            {% if raw.source_name in enabled_connectors() and not is_demo and not is_absent_table(raw.name) %}
                {% do check_raw_table(raw) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
