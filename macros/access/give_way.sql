{# A block of PL/pgSQL that is one transaction. A reader may hold one table and wait for another that
   is taken here. Waiting less long than PostgreSQL takes to look for deadlocks, and beginning anew,
   leaves the reader the one to go on. https://www.postgresql.org/docs/current/runtime-config-locks.html #}
{% macro give_way() %}
do $give_way$
declare
    statement text;
begin
    for attempt in 1 .. 100 loop
        begin
            perform set_config('lock_timeout', case when attempt < 100 then '500ms' else '0' end, true);
            {{ caller() }}
            exit;
        exception when lock_not_available then
            perform pg_sleep(0.2);
        end;
    end loop;
    perform set_config('lock_timeout', '0', true);
end
$give_way$
{% endmacro %}
