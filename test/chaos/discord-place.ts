import type { wallClock } from "../fakes/clock.ts";
import type { Discord } from "../fakes/discord/discord.ts";
import type { Person } from "../fakes/discord/person.ts";
import { messageType } from "../fakes/discord/records.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { record, string } from "../fakes/json.ts";
import {
  type AgentPlace,
  type Dialog,
  type Done,
  type Mark,
  OneAtATime,
  type Place,
  type Shown,
  type Upload,
} from "./place.ts";
import { within } from "./waiting.ts";

export type Guilds = Discord<typeof wallClock>;

const marks: Readonly<Record<string, Mark>> = {
  "⏳": "sending",
  "✅": "delivered",
  "❌": "failed",
};

interface Given {
  discord: Guilds;
  person: Person;
  /** Where its thread is below. */
  channel: string;
  /** Stands in the name of its thread, and of no other. */
  title: string;
  side: Place["side"];
}

const isCard = ({ embeds }: Seen) => string(record(embeds[0]).title) !== "";

/** Undefined, as long as there is no thread. */
export function discordPlace(given: Given): (Place & { thread: string }) | undefined {
  const { discord, person, channel, title, side } = given;
  const threads = () =>
    person.threads(channel).filter(({ name }) => new RegExp(`\\b${title}\\b`).test(name));
  const [found] = threads();
  if (!found) return undefined;
  const thread = found.id;
  const all = () => person.reads(thread);
  const byBot = ({ id, channel: at }: Seen) =>
    discord.server.message(at, id)?.author === discord.server.application.id;
  const find = (id: string): Seen => {
    const message = all().find((each) => each.id === id);
    if (!message) throw new Error(`there is no message ${id} in ${thread}`);
    return message;
  };
  const shown = (message: Seen): Shown => ({
    id: message.id,
    words: message.words,
    pings: message.pings,
    byBot: byBot(message),
    files: message.files.map((name) => ({
      name,
      content: message.bytes[name] ?? Buffer.alloc(0),
    })),
    marks: message.reactions.flatMap((emoji) => marks[emoji] ?? []),
  });
  return {
    ...{ thread, side, name: `discord ${side}`, mostText: 2_000 },
    threads: () => threads().length,
    shows: () =>
      all()
        .filter((each) => !each.ephemeral && each.type === messageType.plain)
        .filter((each) => !(byBot(each) && isCard(each)))
        .map(shown),
    card: () => cardOf(given, thread)?.words ?? "",
    whispers: () =>
      [...all(), ...person.reads(channel)]
        .filter(({ ephemeral }) => ephemeral)
        .map(({ words }) => words),
    // The gateway tells of everything in its order.
    isTold: () => true,
    writes: (text, files = []) => person.writes(thread, text, { files: [...files] }).id,
    edits: (id, text) => person.edits(find(id), text),
    deletes: (id) => person.deletes(find(id)),
  };
}

/** It stands in the thread, or, for agents in a text channel, above it. */
function cardOf({ discord, person, channel, title }: Given, thread: string): Seen | undefined {
  const bot = discord.server.application.id;
  return [...person.reads(thread), ...person.reads(channel)].find(
    (each) =>
      isCard(each) &&
      discord.server.message(each.channel, each.id)?.author === bot &&
      new RegExp(`\\b${title}\\b`).test(each.words),
  );
}

const modals = new OneAtATime();
const buttonWords = { resolve: "Resolve…", note: "Note…", reply: "Reply…" } as const;

export function discordAgent(given: Omit<Given, "side">): AgentPlace | undefined {
  const { person } = given;
  const place = discordPlace({ ...given, side: "agents" });
  if (!place) return undefined;
  const card = () => {
    const found = cardOf({ ...given, side: "agents" }, place.thread);
    if (!found) throw new Error("there is no card");
    return found;
  };
  return {
    ...place,
    side: "agents",
    offers: () => [...card().buttons, ...card().selects].map((id) => id.split(":")[1] ?? id),
    presses: async (button) => {
      const { kind } = await person.clicks(card(), `card:${button}`);
      return kind === "answered" ? "done" : "unsure";
    },
    fills: (dialog, text) =>
      modals.run(person.id, () => fills(person, card, place.thread, { dialog, text })),
    async retries() {
      const notice = person
        .reads(place.thread)
        .findLast(({ buttons }) => buttons.some((id) => id.startsWith("retry")));
      if (notice) await person.clicks(notice, "retry");
      return notice !== undefined;
    },
  };
}

const opensWithinMs = 4_000;
const mostTries = 60;
const againAfterMs = 500;

async function fills(
  person: Person,
  card: () => Seen,
  thread: string,
  { dialog, text }: { dialog: Dialog; text: string },
): Promise<Done> {
  if (person.modal) person.closes();
  const at = card();
  const clicked = await person.clicks(at, buttonWords[dialog]);
  if (clicked.kind !== "answered") return "unsure";
  if (!(await within(() => person.modal, opensWithinMs))) return "unsure";
  person.fills({ text });
  for (let tries = 0; person.modal && tries < mostTries; tries += 1) {
    const { kind } = await person.submits();
    if (kind === "answered") break;
    await within(() => false, againAfterMs);
  }
  if (person.modal) {
    person.closes();
    return "unsure";
  }
  // What could not be saved is given back to them alone.
  const isGivenBack = [...person.reads(thread), ...person.reads(at.channel)].some(
    ({ ephemeral, words }) => ephemeral && words.includes(text.slice(0, 20)),
  );
  return isGivenBack ? "unsure" : "done";
}

interface Opening {
  person: Person;
  channel: string;
  fields: Record<string, string>;
  files: readonly Upload[];
  /** Whether the ticket is there by now, though no one has said so. */
  isThere(): Promise<boolean>;
}

const answeredWithinMs = 8_000;

/** They fill the form, and do again what does not work, until the ticket is open. */
export function opensInDiscord(opening: Opening): Promise<void> {
  const { person, fields, files } = opening;
  return modals.run(person.id, async () => {
    const shown = await showsForm(opening);
    const attachments = files.map(({ name, content }) => ({ name, content }));
    person.fills({ ...fields, ...(files.length > 0 && { attachments }) });
    while (!(await submits(opening, shown)));
    if (person.modal) person.closes();
  });
}

async function showsForm({ person, channel }: Opening): Promise<ReturnType<Person["holdsModal"]>> {
  if (person.modal) person.closes();
  while (!person.modal) {
    const { kind } = await person.types("/ticket", {}, { channel });
    if (kind === "failed") await within(() => person.modal, againAfterMs);
  }
  return person.holdsModal();
}

/** False: to be submitted again, as the ticket is not open, or no one knows. */
async function submits(
  { person, channel, isThere }: Opening,
  shown: ReturnType<Person["holdsModal"]>,
): Promise<boolean> {
  const before = new Set(person.reads(channel).map(({ id }) => id));
  const { kind } = person.modal ? await person.submits() : await person.submitsAgain(shown);
  const isTold = () =>
    person
      .reads(channel)
      .some(({ id, ephemeral, words }) => ephemeral && !before.has(id) && isOpen(words));
  const waitsMs = kind === "answered" ? answeredWithinMs : againAfterMs;
  return (await within(isTold, waitsMs)) === true || isThere();
}

const isOpen = (words: string) => /T-[0-9A-Z]{6}/.test(words);
