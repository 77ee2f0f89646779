#!/bin/bash
# PostgreSQL 17 (Debian 13): a superuser cannot restore a materialized view over a table with forced row level security,
# or gets it back empty without an error.
#
# The policy of the table looks at a setting of the session, as multi-tenant applications do; the view was filled while
# the setting named a tenant. pg_dump writes the view's definition and a REFRESH, no rows. Row level security does not
# bind a superuser, so one expects pg_restore as superuser to go through. But a refresh runs with the rights of the
# view's owner, whom FORCE binds, and pg_restore has switched row_security off, which makes that an error:
#
#   before: table 2 rows, view 2 rows
#   pg_restore: exit status 1, query would be affected by row-level security policy for table "orders"
#   pg_restore --enable-row-security: exit status 0, table 2 rows, view 0 rows
#
# Who is hurt: whoever restores with --exit-on-error (nothing after it comes back), and whoever finds the option that
# makes the error go: it is silent, and the view is empty. Look at materialized views after a restore, and refresh
# them in the application's own way.
#
# Needs root and debootstrap; about a minute and a half. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=postgresql-17 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' postgresql-17 | tee "$work/version"
grep -q '^postgresql-17 17\.' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
mount -t tmpfs none /dev/shm 2>/dev/null || { mkdir -p /dev/shm && mount -t tmpfs none /dev/shm; }
mkdir -p /run/try && chown postgres /run/try && cd /run/try
as() { runuser -u postgres -- env PATH="/usr/lib/postgresql/17/bin:$PATH" PGHOST=/run/try "$@"; }
as initdb --pgdata=/run/try/data --auth=trust >/dev/null
as pg_ctl --pgdata=/run/try/data --wait --log=/run/try/log --options="-k /run/try -c listen_addresses=" start >/dev/null
trap 'as pg_ctl --pgdata=/run/try/data --mode=immediate stop >/dev/null' EXIT
as createdb shop
as createdb restored
as psql -q -v ON_ERROR_STOP=1 -d shop <<'SQL'
create role owner_of_all;
grant create on schema public to owner_of_all;
set role owner_of_all;
create table orders (tenant text, amount int);
insert into orders values ('a', 1), ('a', 2);
alter table orders enable row level security;
alter table orders force row level security;
create policy one_tenant on orders using (tenant = current_setting('app.tenant', true));
set app.tenant = 'a';
create materialized view totals as select * from orders;
SQL
counts() { as psql -XqAt -d "$1" -c "select 'table ' || (select count(*) from orders) || ' rows, view ' || (select count(*) from totals) || ' rows'"; }
echo "before: $(counts shop)"
as pg_dump --format=custom --file=/run/try/dump shop
status=0
message=$(as pg_restore --exit-on-error --dbname=restored /run/try/dump 2>&1) || status=$?
echo "pg_restore: exit status $status, $(grep -o 'query would be affected.*' <<<"$message")"
as dropdb restored
as createdb restored
status=0
as pg_restore --exit-on-error --enable-row-security --dbname=restored /run/try/dump || status=$?
echo "pg_restore --enable-row-security: exit status $status, $(counts restored)"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
before: table 2 rows, view 2 rows
pg_restore: exit status 1, query would be affected by row-level security policy for table "orders"
pg_restore --enable-row-security: exit status 0, table 2 rows, view 0 rows
END
echo "as described"
