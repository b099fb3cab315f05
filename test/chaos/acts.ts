import { setTimeout as wait } from "node:timers/promises";
import type { Draws } from "./draws.ts";
import type { AgentPlace, Button, Place, Upload } from "./place.ts";
import type { RemotePlace } from "./remote-place.ts";
import type { Ticket, Written } from "./tickets.ts";
import { until } from "./waiting.ts";
import { fileName, text, tokensIn } from "./words.ts";
import type { World } from "./world.ts";

/** Whoever acts in a ticket. */
export interface Acting {
  world: World;
  ticket: Ticket;
  draw: Draws;
  /** Makes something go wrong on the way, or not. */
  disturb(): void;
}

/** How likely it is among others, what it is called, and what it does. */
export type Act = [weight: number, name: string, run: () => void | Promise<void>];

/** What someone writes, before it is known whether it arrives. */
export function newWords(
  { world, ticket, draw }: Pick<Acting, "world" | "ticket" | "draw">,
  { source, isSecret = false, pieces = 2 }: { source: string; isSecret?: boolean; pieces?: number },
): { written: Written; words: string } {
  const number = world.owners.size + 1;
  world.owners.set(number, ticket.name);
  const written = {
    ...{ number, source, isSecret, pieces, version: 0, id: undefined, isSure: true },
    ...{ isDeleted: false, isRefused: false, isLate: false, files: [] },
  };
  return { written, words: text({ isSecret, message: number, version: 0 }, pieces, draw) };
}

const thinksMs = 1_500;

/** They do so many things, one after the other. */
export async function actsIn(
  acting: Acting,
  { acts, source, all }: { acts: number; source: string; all: Act[] },
): Promise<void> {
  const { world, ticket, draw, disturb } = acting;
  for (let n = 0; n < acts; n += 1) {
    await wait(draw.between(0, thinksMs));
    world.check();
    const [name, run] = drawn(all, draw);
    disturb();
    world.journal.count("acts", name);
    world.journal.note(`${source}: ${name}`, ticket.name);
    await run();
  }
}

/** One of them, each as likely as it is heavy. */
function drawn(all: readonly Act[], { next }: Draws): [name: string, run: Act[2]] {
  let left = next() * all.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, name, run] of all) {
    left -= weight;
    if (left < 0) return [name, run];
  }
  throw new Error("there is nothing to do");
}

/** Whether Deskhand knows it as it stands now. */
async function isKept({ world, ticket }: Acting, written: Written): Promise<boolean> {
  const document = await world.kept.document(ticket.id ?? "");
  const { number, version, isSecret } = written;
  return tokensIn(document).some(
    (token) => token.message === number && token.version === version && token.isSecret === isSecret,
  );
}

/** Someone in a thread. */
export function actsAt(acting: Acting, place: Place): Act[] {
  const { world, ticket, draw } = acting;
  const source = place.name;
  const mine = () =>
    ticket.written.filter((each) => each.source === source && each.id && !each.isDeleted);
  const isTold = () =>
    until(`${source} of ${ticket.name} is told of`, () => {
      world.check();
      return place.isTold();
    });
  const says = async (given: { isSecret?: boolean; pieces?: number; files?: number }) => {
    await isTold();
    const { written, words } = newWords(acting, { source, ...given });
    written.files = filesFor(written, given.files ?? 0, draw);
    const mark = written.isSecret ? draw.pick(["// ", "//", "／／"]) : "";
    ticket.written.push(written);
    written.id = place.writes(`${mark}${words}`, written.files);
    world.journal.note(`${source} wrote ${nameOf(written)} as ${written.id}`, ticket.name);
  };
  const edits = async (toNote: boolean) => {
    const [written] = draw.shuffled(mine()).filter(({ isSecret }) => !(toNote && isSecret));
    if (!written?.id) return says({});
    // A note stays one also without its mark, once it is known to be one.
    const mayUnmark = written.isSecret && draw.chance(0.3);
    const isUnmarked = mayUnmark && (await isKept(acting, written));
    written.version += 1;
    written.isSecret ||= toNote;
    written.pieces = draw.between(2, 3);
    const mark = written.isSecret && !isUnmarked ? "// " : "";
    const { number: message, version, isSecret } = written;
    place.edits(written.id, `${mark}${text({ isSecret, message, version }, written.pieces, draw)}`);
    world.journal.note(`${source} edited it to ${nameOf(written)}`, ticket.name);
  };
  const deletes = async () => {
    const [written] = draw.shuffled(mine());
    if (!written?.id) return says({});
    written.isDeleted = true;
    place.deletes(written.id);
    world.journal.note(`${source} deleted ${nameOf(written)}`, ticket.name);
  };
  return [
    [48, "reply", () => says({})],
    [3, "long reply", () => says({ pieces: Math.floor(place.mostText / draw.between(120, 400)) })],
    [8, "reply with files", () => says({ files: draw.between(1, 2) })],
    [14, "edit", () => edits(false)],
    [6, "deletion", deletes],
    ...(place.side === "agents"
      ? ([
          [9, "note", () => says({ isSecret: true })],
          [1, "note with a file", () => says({ isSecret: true, files: 1 })],
          [3, "reply made a note", () => edits(true)],
        ] satisfies Act[])
      : []),
  ];
}

/** What an agent does with the card. */
export function actsWithCard(acting: Acting, place: AgentPlace): Act[] {
  const { world, ticket, draw } = acting;
  const source = `${place.name}' form`;
  const presses = (button: Button) => async () => {
    if (place.offers().includes(button)) await place.presses(button);
  };
  const writes = async (dialog: "note" | "reply") => {
    if (!place.offers().includes(dialog)) return;
    const { written, words } = newWords(acting, { source, isSecret: dialog === "note" });
    ticket.written.push(written);
    // Until it is answered, it is not sure.
    written.isSure = false;
    written.isSure = (await place.fills(dialog, words)) === "done";
    world.journal.note(
      `${source}: ${nameOf(written)} is ${written.isSure ? "" : "not "}sure`,
      ticket.name,
    );
  };
  const resolves = async () => {
    if (!place.offers().includes("resolve")) return;
    const resolution = `r${draw.between(0, 999_999)}`;
    ticket.resolutions.push(resolution);
    await place.fills("resolve", `${resolution} It works again.`);
  };
  return [
    [4, "claim", presses("claim")],
    [2, "release", presses("release")],
    [3, "resolve", resolves],
    [2, "reopen", presses("reopen")],
    [4, "note in a form", () => writes("note")],
    [3, "reply in a form", () => writes("reply")],
    [2, "retry", async () => void (await place.retries())],
  ];
}

/** Someone who works in the remote ticket service. */
export function actsInService(acting: Acting, place: RemotePlace): Act[] {
  const { ticket, draw } = acting;
  const theirs = ["reply", "long reply", "edit", "deletion"];
  const talks = actsAt(acting, place).filter(([, name]) => theirs.includes(name));
  const priority = () => draw.pick(["low", "medium", "high", "urgent"]);
  const resolves = () => {
    const resolution = `r${draw.between(0, 999_999)}`;
    ticket.resolutions.push(resolution);
    place.changes({ status: "resolved", resolution: `${resolution} It works again.` });
  };
  const inService = ([weight, name, run]: Act): Act => [weight, `${name} in the service`, run];
  return [
    ...talks,
    ...([
      [8, "priority", () => place.changes({ priority: priority() })],
      [5, "status", () => place.changes({ status: draw.pick(["in_progress", "pending"]) })],
      [3, "resolve", resolves],
    ] satisfies Act[]),
  ].map(inService);
}

/** Someone with a token. */
export function actsOverHttp(acting: Acting, who: "client" | "agent"): Act[] {
  const { world, ticket, draw } = acting;
  const token = world.tokens[who];
  const source = `http ${who}`;
  let keys = 0;
  const asks = async (method: string, path: string, body: object) => {
    const { id } = ticket;
    if (id === undefined) return;
    keys += 1;
    const key = `${ticket.name}-${who}-${keys}`;
    await world.api.writes(token, { method, path: `/${id}${path}`, body, key });
  };
  const replies = async () => {
    const { written, words } = newWords(acting, { source });
    ticket.written.push(written);
    await asks("POST", "/threads", { message: words });
    world.journal.note(`${source} wrote ${nameOf(written)}`, ticket.name);
  };
  const priority = () => draw.pick(["low", "medium", "high", "urgent"]);
  return [
    [30, "reply over HTTP", replies],
    ...(who === "agent"
      ? ([
          [10, "priority over HTTP", () => asks("PUT", "", { priority: priority() })],
        ] satisfies Act[])
      : []),
  ];
}

const nameOf = ({ isSecret, number, version }: Written) =>
  `${isSecret ? "n" : "k"}${number}v${version}`;

export function filesFor({ isSecret, number }: Written, files: number, draw: Draws): Upload[] {
  return Array.from({ length: files }, (_, file) => ({
    name: fileName(isSecret, number, file, draw.pick(["txt", "log", "md"])),
    content: Buffer.from(`${isSecret ? "n" : "k"}${number}f${file} ${draw.next()}\n`),
  }));
}
