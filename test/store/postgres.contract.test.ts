import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { storeContract } from "../contracts/store.ts";
import { keptLog } from "../log.ts";
import { postgresServer } from "../postgres.ts";

const server = postgresServer();

storeContract("PostgreSQL", async () => {
  const database = await server.database();
  return {
    open: () =>
      openPostgresStore({
        ...{ url: database.url, connections: 4, log: keptLog() },
        // As many callers at once as a test likes may wait, however slow the machine is.
        connectMs: 60_000,
        onLost: () => undefined,
      }),
    remove: () => database.remove(),
  };
});
