/**
 * Fills the materialized views of `views`: name to number of rows, or null where no table has row level security
 * and any number will do. A view that cannot be filled must not cost the whole restore. A refresh runs as the view's owner, who sees through
 * `force row level security` only what a policy shows him, which without the application's settings is often an
 * error or nothing. So each view is filled under its policies first; when that fails or gives another number of
 * rows than the backup counted, once more without them, and that result stays only when its number is the one of
 * the backup: else a view could show one tenant's rows to another. Nobody can enter the database meanwhile.
 *
 * Answers the views that are not what they were, each with the reason: a refresh under a setting that only the
 * application knows cannot be repeated here.
 */
export const fillViewsSql = `select set_config('platform.views', :'views', false), set_config('platform.unfilled', '', false) \\g /dev/null
begin;
do $do$
declare
  expected jsonb := current_setting('platform.views');
  waiting text[];
  later text[];
  hidden text[] := '{}';
  reasons jsonb := '{}';
  matview text;
  guarded text;
  counted bigint;
  progress boolean;
begin
  select coalesce(array_agg(key), '{}') into waiting from jsonb_object_keys(expected) key;
  loop
    later := '{}';
    progress := false;
    foreach matview in array waiting loop
      begin
        execute 'refresh materialized view ' || matview;
        progress := true;
        if expected ->> matview is not null then
          execute 'select count(*) from ' || matview into counted;
          if counted <> (expected ->> matview)::bigint then hidden := hidden || matview; end if;
        end if;
      exception when others then
        later := later || matview;
        reasons := reasons || jsonb_build_object(matview, sqlerrm);
      end;
    end loop;
    waiting := later;
    exit when not progress;
  end loop;

  -- What a table's own policies hide, and nothing else, comes in here.
  create temporary table secured on commit drop as
    select oid::regclass::text as name from pg_class where relrowsecurity;
  for guarded in select name from secured loop execute format('alter table %s disable row level security', guarded); end loop;
  hidden := hidden || waiting;
  loop
    later := '{}';
    progress := false;
    foreach matview in array hidden loop
      begin
        execute 'refresh materialized view ' || matview;
        execute 'select count(*) from ' || matview into counted;
        if counted is distinct from (expected ->> matview)::bigint then
          raise exception '% rows without row level security, % in the backup', counted, expected ->> matview;
        end if;
        progress := true;
        reasons := reasons - matview;
        waiting := array_remove(waiting, matview);
      exception when others then
        later := later || matview;
      end;
    end loop;
    hidden := later;
    exit when not progress;
  end loop;
  for guarded in select name from secured loop execute format('alter table %s enable row level security', guarded); end loop;
  foreach matview in array hidden loop
    continue when matview = any (waiting);
    execute 'select count(*) from ' || matview into counted;
    reasons := reasons || jsonb_build_object(matview, format('%s rows under its policies, %s in the backup', counted, expected ->> matview));
  end loop;
  perform set_config('platform.unfilled', coalesce((select string_agg(format('%s: %s', key, value), '; ') from jsonb_each_text(reasons)), ''), false);
end
$do$;
commit;
select current_setting('platform.unfilled');
`;
