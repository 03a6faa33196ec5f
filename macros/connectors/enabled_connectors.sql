{% macro enabled_connectors() %}
    {% set known = connector_entities() | list %}
    {% set enabled = var('connectors') %}
    {% if enabled is string or not enabled %}
        {% do exceptions.raise_compiler_error(
            "Var connectors must be a list such as [dw] or [dw, online_retail], not '" ~ enabled ~ "'."
        ) %}
    {% endif %}
    {% for connector in enabled if connector not in known %}
        {% do exceptions.raise_compiler_error(
            "Var connectors names '" ~ connector ~ "', which is no connector of this project; choose from "
            ~ known | join(', ') ~ '.'
        ) %}
    {% endfor %}
    {% do return(enabled) %}
{% endmacro %}
