-- The document is the truth. The columns beside it, and the tables below, are made of it in the same
-- transaction, to find a ticket by; nothing deletes a ticket.

create table deskhand.tickets (
  id text collate "C" primary key,
  reference text collate "C" not null unique,
  creation_key text collate "C" unique,
  -- Another one with every write: who has read this version has read this document.
  version uuid not null,
  document jsonb not null,
  -- Of the document's shape.
  schema integer not null,
  status text not null,
  priority text not null,
  category text not null,
  client text collate "C" not null,
  assigned_to text collate "C",
  owes boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 80);

create index tickets_newest on deskhand.tickets (created_at, id);
create index tickets_of_client on deskhand.tickets (client, created_at, id);
create index tickets_of_assignee on deskhand.tickets (assigned_to, created_at, id)
  where assigned_to is not null;
create index tickets_in_status on deskhand.tickets (status, created_at, id);
create index tickets_changed on deskhand.tickets (updated_at);
create index tickets_owing on deskhand.tickets (created_at, id) where owes;

-- What is searched for by its words and tags, in a table of its own: an update of a ticket writes every
-- index of it anew, and this one has an item for each word.
create table deskhand.searched (
  ticket text collate "C" primary key,
  -- A tag is among them as a whole, as "tag:" and what it says: no word has a colon in it.
  words text[] collate "C" not null
);

create index searched_words on deskhand.searched using gin (words);

-- Where a ticket is visible: the places that have a thread; "open" while the ticket is not closed.
create table deskhand.threads (
  ticket text collate "C" not null,
  platform text collate "C" not null,
  thread text collate "C" not null,
  -- What is "gone" stays, so that who has read it before reads that, too.
  stands text not null check (stands in ('open', 'closed', 'gone')),
  -- The transaction that wrote this, so that only what has changed since need be read again.
  changed xid8 not null default pg_current_xact_id(),
  primary key (platform, thread, ticket)
);

create index threads_of_ticket on deskhand.threads (ticket, platform);
create index threads_changed on deskhand.threads (platform, changed);

-- The messages that were carried into a ticket from elsewhere.
create table deskhand.carried (
  ticket text collate "C" not null,
  platform text collate "C" not null,
  message text collate "C" not null,
  primary key (platform, message, ticket)
);

create index carried_of_ticket on deskhand.carried (ticket);

-- The contents of the attachments folder that a ticket needs.
create table deskhand.files (
  ticket text collate "C" not null,
  hash text collate "C" not null,
  primary key (hash, ticket)
);

create index files_of_ticket on deskhand.files (ticket);

-- Small values by their names, such as how far something was read.
create table deskhand.kept_values (
  name text collate "C" primary key,
  value text not null
);

-- One row: the term of whoever holds the database, raised with every holder; the session that has its
-- lock; and what it says of itself, which is true only while that session has it.
create table deskhand.holder (
  sole boolean primary key default true check (sole),
  term integer not null,
  session integer,
  said jsonb
);

insert into deskhand.holder (term) values (0);

-- Every write asks this, in its transaction. Its process must have the database at this moment: the
-- session that has it has a lock of its term, too (space "Desl"), so who gets that lock is told no.
-- The other lock (space "Desk", 3) lasts as long as the transaction; who raises the term takes it alone,
-- and so waits for what is being written.
create function deskhand.fence(term integer) returns boolean language plpgsql volatile as $$
begin
  if not pg_try_advisory_xact_lock_shared(1147499371, 3) then
    perform pg_advisory_xact_lock_shared(1147499371, 3);
  end if;
  if pg_try_advisory_xact_lock_shared(1147499372, term) then
    raise exception 'this process does not hold the database at present' using errcode = 'DH001';
  end if;
  return true;
end $$;

-- One row: when it was last tried whether the database can be written.

create table deskhand.probe (
  sole boolean primary key default true check (sole),
  at timestamptz not null
);

insert into deskhand.probe (at) values (now());
