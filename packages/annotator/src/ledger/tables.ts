/** The tables, in SQL that SQLite and Postgres both read. Raised with every change of them, which gets its step in `migrations.ts`. */
export const TABLES_VERSION = 3

export const TABLES: ReadonlyArray<string> = [
  `create table if not exists nuner_settings (hash text primary key, body text not null, created_at bigint not null)`,
  `create table if not exists nuner_request (
    address text primary key, settings text not null, sentence text not null, queue text not null, seq bigint not null,
    state text not null, reason text, detail text, owner text, batch text, batch_key text,
    attempts bigint not null default 0, round bigint not null default 0, answer text, finish text,
    created_at bigint not null, updated_at bigint not null)`,
  `create index if not exists nuner_request_planned on nuner_request (queue, seq) where state = 'planned' and owner is null`,
  `create index if not exists nuner_request_open on nuner_request (queue) where state in ('planned', 'sent', 'in batch')`,
  `create index if not exists nuner_request_owner on nuner_request (owner) where owner is not null`,
  `create index if not exists nuner_request_batch on nuner_request (batch, batch_key) where state = 'in batch'`,
  `create table if not exists nuner_attempt (
    address text not null, number bigint not null, owner text not null, job text not null, batch text,
    reserved double precision not null, started_at bigint not null, ended_at bigint, outcome text, detail text,
    input_tokens bigint, output_tokens bigint, cost double precision, assumed bigint not null default 0,
    primary key (address, number))`,
  `create index if not exists nuner_attempt_open on nuner_attempt (address) where outcome is null`,
  `create table if not exists nuner_item (
    queue text not null, seq bigint not null, sentence_id text not null, address text not null, primary key (queue, seq))`,
  `create table if not exists nuner_job (queue text primary key, total bigint)`,
  `create table if not exists nuner_worker (owner text primary key, alive_until double precision not null)`,
  `create table if not exists nuner_pace (
    job text primary key, requests double precision not null, tokens double precision not null)`,
  `create table if not exists nuner_account (
    job text primary key, spent double precision not null default 0, reserved double precision not null default 0)`,
  `create table if not exists nuner_batch (
    id text primary key, provider text not null, job text not null, remote_id text, state text not null,
    requests bigint not null, detail text, created_at bigint not null, updated_at bigint not null)`
]
