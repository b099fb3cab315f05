import { z } from "zod";

type Json = Record<string, unknown>;

const first = z.looseObject({
  ticket: z.looseObject({
    client: z.string(),
    assignedTo: z.string().nullable(),
    threads: z.array(
      z.looseObject({ author: z.string(), timestamp: z.string(), type: z.string() }),
    ),
  }),
});

/** What no place, note or notice was known of: the entries are all that was said. */
function withMessages(older: Json): Json {
  const { ticket } = first.parse(older);
  const person = (id: string) => ({ id, name: id });
  return {
    ...older,
    requester: person(ticket.client),
    assignee: ticket.assignedTo === null ? null : person(ticket.assignedTo),
    places: [],
    messages: ticket.threads.map(({ author, timestamp, type }, entry) => ({
      kind: type === "system" ? "notice" : "reply",
      audience: "everyone",
      side: type === "user" ? "requester" : "agents",
      by: person(author),
      at: timestamp,
      entry,
      text: null,
      revision: 1,
      deleted: false,
      from: null,
      files: [],
      copies: [],
      marked: null,
      retry: null,
    })),
    unwanted: [],
    owes: false,
    troubles: [],
    underway: [],
    audit: [],
  };
}

const second = z.looseObject({ places: z.array(z.looseObject({})) });

/** Nothing had been read back yet. */
function withReadTo(older: Json): Json {
  const { places } = second.parse(older);
  return { ...older, places: places.map((place) => ({ ...place, readTo: null })) };
}

/** What turns a document of each older version into one of the next. */
export const upgrades: Readonly<Record<number, (older: Json) => Json>> = {
  1: withMessages,
  2: withReadTo,
};
