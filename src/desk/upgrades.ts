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

const second = z.looseObject({
  places: z.array(z.looseObject({})),
  troubles: z.array(z.looseObject({ delivery: z.string() })),
  messages: z.array(
    z.looseObject({
      text: z.array(z.unknown()).nullable(),
      revision: z.number(),
      files: z.array(z.looseObject({ state: z.string() })),
      copies: z.array(
        z.looseObject({
          place: z.string(),
          parts: z.array(z.looseObject({ revision: z.number() })),
          files: z.array(z.looseObject({ file: z.number() })),
        }),
      ),
      retry: z.string().nullable(),
    }),
  ),
});

type Second = z.infer<typeof second>;

/** Nothing had been read back yet, and what failed of a message was not told from what failed of its files. */
function withReadTo(older: Json): Json {
  const { places, troubles, messages } = second.parse(older);
  const renamed = (delivery: string) => ofFile(messages, delivery);
  return {
    ...older,
    places: places.map((place) => ({ ...place, readTo: null })),
    troubles: troubles.map((trouble) => ({ ...trouble, delivery: renamed(trouble.delivery) })),
    messages: messages.map((message) => ({
      ...message,
      retry: message.retry === null ? null : renamed(message.retry),
    })),
  };
}

/** Of a message whose text is there, it was the first file that is not. */
function ofFile(messages: Second["messages"], delivery: string): string {
  const [, place, index] = /^(p\d+)\/m(\d+)$/.exec(delivery) ?? [];
  const message = messages[Number(index ?? -1)];
  if (!message) return delivery;
  const { parts = [], files = [] } = message.copies.find((copy) => copy.place === place) ?? {};
  const isOfNow = parts.length > 0 && parts.every(({ revision }) => revision === message.revision);
  const file = message.files.findIndex(
    ({ state }, each) => state === "kept" && !files.some((posted) => posted.file === each),
  );
  const isTextThere = isOfNow || message.text?.length === 0;
  return isTextThere && file >= 0 ? `${delivery}/f${file}` : delivery;
}

/** What turns a document of each older version into one of the next. */
export const upgrades: Readonly<Record<number, (older: Json) => Json>> = {
  1: withMessages,
  2: withReadTo,
};
