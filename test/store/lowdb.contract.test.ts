import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import { storeContract } from "../contracts/store.ts";
import { keptLog } from "../log.ts";

storeContract("lowdb", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskhand-"));
  return {
    open: () => openLowdbStore({ folder, log: keptLog() }),
    remove: () => rm(folder, { recursive: true }),
  };
});
