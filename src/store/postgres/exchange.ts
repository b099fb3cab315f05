/** What processes on one database tell each other through it. */
import type { Exchange, Handed } from "../../desk/ports.ts";
import type { Database } from "./database.ts";
import { noticeChannel } from "./hold.ts";
import { storable } from "./text.ts";

/** PostgreSQL takes less than 8,000 bytes in a notice: https://www.postgresql.org/docs/current/sql-notify.html */
const mostIdsInNotice = 100;
const mostHanded = 200;

export function createExchange(database: Database): Exchange {
  return {
    async tell(ids) {
      for (let from = 0; from < ids.length; from += mostIdsInNotice)
        await notice(database, ids.slice(from, from + mostIdsInNotice).join(" "));
    },

    async hand(platform, content) {
      await database.writeOne(({ term }) => ({
        name: "hand",
        text: `
          insert into deskhand.inbox (platform, content)
          select $1, $2 where deskhand.fence($3)`,
        values: [storable(platform), storable(content), term],
      }));
      // It is kept: whoever leads finds it soon, also without being told.
      void notice(database, "").catch(() => undefined);
    },

    handed: (except) =>
      database.read<Handed>({
        name: "handed",
        text: `
          select id::text, platform, content, at < now() - interval '1 day' as "isOld"
          from deskhand.inbox where id <> all($1::bigint[]) order by id limit ${mostHanded}`,
        values: [except],
      }),

    async taken(id) {
      await database.writeOne(({ term }) => ({
        name: "taken",
        text: "delete from deskhand.inbox where id = $1 and deskhand.fence($2)",
        values: [id, term],
      }));
    },
  };
}

/** Nothing of it need be on disk, and none who tell something else wait for it. */
const notice = (database: Database, said: string): Promise<unknown> =>
  database.read({
    name: "notice",
    text: "select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)",
    values: [noticeChannel, said],
  });
