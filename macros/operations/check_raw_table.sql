{% macro check_raw_table(raw) %}
    {% set place = raw.schema ~ '.' ~ raw.identifier %}
    {% set relation = adapter.get_relation(
        database=raw.database, schema=raw.schema, identifier=raw.identifier
    ) %}
    {% if relation is none %}
        {% do exceptions.raise_compiler_error(
            'The raw table ' ~ place ~ ' is not there: load it (make load SOURCE=' ~ raw.source_name
            ~ ' FILE=...), or say where it is by var ' ~ raw.source_name ~ '_schema'
            ~ (' and dw_columns' if raw.source_name == 'dw' else '')
            ~ ('' if raw.config.meta.get('is_required') else ', or leave it out of var dw_optional_tables')
            ~ '.'
        ) %}
    {% endif %}
    {% set physical_columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
    {% set physical_keys = [] %}
    {% for name in physical_columns %}
        {% do physical_keys.append(name_key(name)) %}
    {% endfor %}
    {% set mapping = var('dw_columns').get(raw.name, {}) %}
    {% for column in raw.columns.values() %}
        {% set physical_name = mapping.get(column.name, column.name) %}
        {% if physical_name is not none and name_key(physical_name) not in physical_keys %}
            {% do exceptions.raise_compiler_error(
                'The raw table ' ~ place ~ " has no column '" ~ physical_name ~ "', which the contract's "
                ~ raw.name ~ '.' ~ column.name ~ ' is read from: name the right one in var dw_columns'
                ~ ('' if column.meta.get('is_vital') else ', or null for none')
                ~ '; its columns are ' ~ physical_columns | join(', ') ~ '.'
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
