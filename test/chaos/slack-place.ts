import type { wallClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Message } from "../fakes/slack/records.ts";
import { type Seen, seen } from "../fakes/slack/seen.ts";
import type { Slack } from "../fakes/slack/slack.ts";
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

export type Workspace = Slack<typeof wallClock>;

const marks: Readonly<Record<string, Mark>> = {
  hourglass_flowing_sand: "sending",
  white_check_mark: "delivered",
  x: "failed",
};

interface Given {
  slack: Workspace;
  person: Person;
  channel: string;
  /** Stands in the card of its ticket, and in no other. */
  title: string;
  side: Place["side"];
}

interface SlackPlace extends Place {
  root: Message;
}

/** The cards with this title in a channel. */
function roots({ slack, channel, title }: Omit<Given, "side" | "person">): Message[] {
  const { workspace } = slack;
  return workspace
    .channelOf({ channel })
    .messages.filter(
      (each) =>
        each.byApp &&
        each.threadTs === undefined &&
        !each.tombstone &&
        new RegExp(`\\b${title}\\b`).test(seen(workspace, each).words),
    );
}

/** Undefined, as long as there is no card. */
export function slackPlace(given: Given): SlackPlace | undefined {
  const { slack, person, channel, side } = given;
  const { workspace } = slack;
  const [root] = roots(given);
  if (!root) return undefined;
  const written: string[] = [];
  const find = (ts: string): Seen => {
    const message = workspace.message(workspace.channelOf({ channel }), ts);
    if (!message) throw new Error(`there is no message ${ts} in ${channel}`);
    return seen(workspace, message);
  };
  const shown = (message: Message): Shown => {
    const { ts, words, reactions, pings } = seen(workspace, message);
    const files = message.files.flatMap((id) => workspace.files.get(id) ?? []);
    return {
      ...{ id: ts, words, pings, byBot: message.byApp },
      files: files
        .filter(({ deleted }) => !deleted)
        .map(({ name, content }) => ({ name, content })),
      marks: reactions.flatMap((name) => marks[name] ?? []),
    };
  };
  return {
    ...{ root, side, name: `slack ${side}`, mostText: 9_000 },
    threads: () => roots(given).length,
    shows: () => workspace.replies(root).map(shown),
    card: () => seen(workspace, root).words,
    whispers: () =>
      workspace.ephemerals
        .filter((each) => each.channel === channel && each.user === person.id)
        .map(({ text }) => text),
    isTold: () => written.every((ts) => slack.events.unsettled({ channel, ts }) === 0),
    writes(text, files = []) {
      const { ts } = person.writes(channel, text, {
        thread: root.ts,
        files: files.map(({ name, content }) => ({ name, content, mimetype: "text/plain" })),
        // Some clients make no blocks of what is typed.
        ...(text.length % 2 === 0 && { blocks: [] }),
      });
      written.push(ts);
      if (written.length > 20) written.shift();
      return ts;
    },
    edits: (ts, text) => person.edits(find(ts), text),
    deletes: (ts) => person.deletes(find(ts)),
  };
}

const modals = new OneAtATime();

export function slackAgent(given: Omit<Given, "side">): AgentPlace | undefined {
  const { slack, person } = given;
  const place = slackPlace({ ...given, side: "agents" });
  if (!place) return undefined;
  const card = () => seen(slack.workspace, place.root);
  return {
    ...place,
    side: "agents",
    offers: () => card().buttons,
    presses: async (button) => {
      const { kind } = await person.clicks(card(), button);
      return kind === "acked" ? "done" : "unsure";
    },
    fills: (dialog, text) => modals.run(person.id, () => fills(person, card, { dialog, text })),
    async retries() {
      const notices = slack.workspace
        .replies(place.root)
        .map((each) => seen(slack.workspace, each));
      const notice = notices.findLast(({ buttons }) => buttons.includes("retry"));
      if (notice) await person.clicks(notice, "retry");
      return notice !== undefined;
    },
  };
}

const opensWithinMs = 4_000;

/** What does not open is not filled; what cannot be saved is submitted again. */
async function fills(
  person: Person,
  card: () => Seen,
  { dialog, text }: { dialog: Dialog; text: string },
): Promise<Done> {
  await closesAll(person);
  const clicked = await person.clicks(card(), dialog);
  if (clicked.kind !== "acked") return "unsure";
  if (!(await within(() => person.modal, opensWithinMs))) return "unsure";
  person.fills({ text });
  return submitsUntilClosed(person);
}

const mostTries = 60;
const againAfterMs = 500;

async function submitsUntilClosed(person: Person): Promise<Done> {
  const { modal } = person;
  for (let tries = 0; modal && tries < mostTries; tries += 1) {
    const { kind } = await person.submits();
    if (kind === "closed" || kind === "cleared") return "done";
    await within(() => person.modal !== modal, againAfterMs);
    if (person.modal !== modal) return "unsure";
  }
  return "unsure";
}

async function closesAll(person: Person): Promise<void> {
  while (person.modal) await person.closes();
}

/** They fill the form, and do again what does not work, until it is taken. */
export function opensInSlack(
  person: Person,
  fields: Record<string, string>,
  { files, isTwice }: { files: readonly Upload[]; isTwice: boolean },
): Promise<void> {
  return modals.run(person.id, async () => {
    await closesAll(person);
    while (!person.modal) {
      await person.types("/ticket");
      await within(() => person.modal, opensWithinMs);
    }
    const attachments = files.map(({ name, content }) => ({ name, content }));
    person.fills({ ...fields, ...(files.length > 0 && { attachments }) });
    const { modal } = person;
    while ((await submitsUntilClosed(person)) !== "done" && person.modal === modal);
    // A second press comes too late.
    if (modal && isTwice) await person.submitsAgain(modal);
  });
}
