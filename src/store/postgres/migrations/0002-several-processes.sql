-- Several processes on one database: one of them leads, the others follow.

-- When the leader last showed that it does: one that stands still keeps its session, and its lock.
alter table deskhand.holder add column seen timestamptz;

-- What a follower was told and the leader has not taken in yet.
create table deskhand.inbox (
  id bigint generated always as identity primary key,
  platform text collate "C" not null,
  content text not null,
  at timestamptz not null default now()
);

-- A follower has no term: it writes whenever the schema is not being changed. Whoever must not write on a
-- later schema is stopped by that schema's migration, which takes this function away from it.
create or replace function deskhand.fence(term integer) returns boolean language plpgsql volatile as $$
begin
  if not pg_try_advisory_xact_lock_shared(1147499371, 3) then
    perform pg_advisory_xact_lock_shared(1147499371, 3);
  end if;
  if term is not null and pg_try_advisory_xact_lock_shared(1147499372, term) then
    raise exception 'this process does not hold the database at present' using errcode = 'DH001';
  end if;
  return true;
end $$;
