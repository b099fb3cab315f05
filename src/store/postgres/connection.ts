import { hostname } from "node:os";
import { Client, type ClientBase, type ClientConfig } from "pg";
import type { PostgresAddress } from "./address.ts";

/** A statement that takes longer is cancelled by the server; one without an answer is given up. */
const statementTimeoutMs = 15_000;
const answerTimeoutMs = 20_000;

/** A process that is gone in the midst of a change holds up others no longer than this. */
const idleInTransactionMs = 10_000;

/** How long it may take to get a connection. */
export const connectMs = 5_000;

const keepAliveMs = 5_000;

/**
 * What the server has sent and nobody has confirmed ends the connection after this; keepalives see only
 * to one on which nothing is under way. A server whose system has no such option goes without:
 * https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-USER-TIMEOUT
 */
const unconfirmedMs = 10_000;

export const clientConfig = ({ url }: PostgresAddress): ClientConfig => ({
  connectionString: url,
  application_name: applicationName(),
  connectionTimeoutMillis: connectMs,
  query_timeout: answerTimeoutMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: keepAliveMs,
});

/** Who holds a connection, as PostgreSQL shows it to operators: at most 63 bytes. */
const applicationName = (): string => `deskhand ${process.pid} on ${hostname()}`.slice(0, 60);

/**
 * What every connection starts with. What is accepted must be on disk, whatever the server's
 * default: other values than `off` all wait for it.
 */
const settings = `
  set statement_timeout = ${statementTimeoutMs};
  set idle_in_transaction_session_timeout = ${idleInTransactionMs};
  set tcp_user_timeout = ${unconfirmedMs};
  select set_config('synchronous_commit', 'on', false)
    where current_setting('synchronous_commit') = 'off';
`;

export const prepareConnection = async (client: ClientBase): Promise<void> => {
  await client.query(settings);
};

/** A connection of its own, beside the pool. Throws what pg throws. */
export async function connect(address: PostgresAddress): Promise<Client> {
  const client = new Client(clientConfig(address));
  // Without a listener, a connection that breaks while nothing is asked would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await prepareConnection(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
