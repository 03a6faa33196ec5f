{# Dropping the old customer_access would take the policies that read it along, and lock every table
   that has one while other threads build them. So they go first, and open_rows makes them anew. #}
{% macro close_rows() %}
    {% if execute and flags.WHICH in ('build', 'run', 'retry') and protects_rows() %}
        {% set access = (graph.nodes.values() | selectattr('name', 'equalto', 'customer_access') | list)[0] %}
        {% if access.unique_id in selected_resources %}
            {% call give_way() %}
            for statement in
                select format('drop policy %I on %s', policies.polname, cast(policies.polrelid as regclass))
                from pg_policy as policies
                inner join pg_depend as reads
                    on
                        reads.classid = cast('pg_policy' as regclass)
                        and reads.objid = policies.oid
                        and reads.refclassid = cast('pg_class' as regclass)
                inner join pg_class as relations on relations.oid = reads.refobjid
                inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
                where
                    schemas.nspname = '{{ access.schema }}'
                    and starts_with(relations.relname, '{{ access.alias }}')
                    and policies.polrelid <> relations.oid
                group by policies.polname, policies.polrelid
                order by 1
            loop
                execute statement;
            end loop;
            {% endcall %}
        {% endif %}
    {% endif %}
{% endmacro %}
