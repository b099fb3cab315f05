import { isRecord, type Json, record, records, string } from "../json.ts";
import { elementsOf } from "./blocks.ts";
import type { Ephemeral, Message } from "./records.ts";
import type { Workspace } from "./workspace.ts";

/** One message as it stands on a person's screen. */
export interface Seen {
  channel: string;
  ts: string;
  /** The name over it. */
  from: string;
  picture: string;
  /** What can be read: the blocks when there are some, or else the text, with the previews left out. */
  words: string;
  /** As Slack stores it, in mrkdwn. */
  text: string;
  blocks: Json[];
  /** The thread's root, when it is a reply. */
  thread: string | undefined;
  /** Names of files. */
  files: string[];
  /** Names of reactions. */
  reactions: string[];
  /** The action ids of what can be clicked or chosen from. */
  buttons: string[];
  /** Whom it calls: `channel`, `here`, `everyone`, or an id. */
  pings: string[];
  edited: boolean;
  /** Only this person sees it. */
  ephemeral: boolean;
  /** What is left of a root that was deleted. */
  deleted: boolean;
}

export function seen(workspace: Workspace, message: Message): Seen {
  const { channel, ts, text, blocks, threadTs, edited, tombstone } = message;
  const member = workspace.members.get(message.user ?? "");
  return {
    channel,
    ts,
    from: message.username ?? member?.displayName ?? message.user ?? "",
    picture: string(message.icons?.image_48) || (member?.picture ?? ""),
    words: wordsOf(message),
    text,
    blocks,
    thread: threadTs,
    files: filesOf(workspace, message),
    reactions: message.reactions.map(({ name }) => name),
    buttons: buttonsOf(blocks),
    pings: pingsIn(message),
    edited: edited !== undefined,
    ephemeral: false,
    deleted: tombstone,
  };
}

export function seenAlone(workspace: Workspace, whispered: Ephemeral): Seen {
  const { channel, ts, text, blocks, threadTs } = whispered;
  return {
    ...{ channel, ts, text, blocks, thread: threadTs },
    ...{ from: workspace.bot.name, picture: "", words: wordsOf(whispered) },
    ...{ files: [], reactions: [], buttons: buttonsOf(blocks), pings: pingsIn(whispered) },
    ...{ edited: false, ephemeral: true, deleted: false },
  };
}

const filesOf = ({ files }: Workspace, message: Message) =>
  message.files
    .flatMap((id) => files.get(id) ?? [])
    .flatMap((file) => (file.deleted ? [] : file.name));

/** What is seen only after a click. */
const unopened = ["options", "option_groups", "confirm"];

const wordsOf = ({ text, blocks }: { text: string; blocks: Json[] }) =>
  blocks.length > 0 ? textsIn(blocks, unopened).join("\n") : text;

/** Every text in a block, from top to bottom; `hidden` are keys that are not looked into. */
export function textsIn(value: unknown, hidden: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, hidden));
  return Object.entries(record(value)).flatMap(([key, each]) => {
    if (key === "text" && typeof each === "string") return [each];
    return typeof each === "object" && !hidden.includes(key) ? textsIn(each, hidden) : [];
  });
}

const buttonsOf = (blocks: Json[]) =>
  blocks
    .flatMap(elementsOf)
    .map(({ action_id }) => string(action_id))
    .filter((id) => id !== "");

/** https://docs.slack.dev/messaging/formatting-message-text: in mrkdwn and in rich text. */
function pingsIn({ text, blocks }: { text: string; blocks: Json[] }): string[] {
  const marks = [text, ...markupIn(blocks)].flatMap((each) => [
    ...each.matchAll(/<(?:!(?:subteam\^)?|@)([A-Za-z0-9]+)(?:\|[^>]*)?>/g),
  ]);
  return [...new Set(marks.map(([, name = ""]) => name))].filter((name) => name !== "date");
}

function markupIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markupIn);
  const { type, text, user_id, usergroup_id, range, ...rest } = record(value);
  if (type === "plain_text") return [];
  if (type === "user" || type === "usergroup") return [`<@${string(user_id ?? usergroup_id)}>`];
  if (type === "broadcast") return [`<!${string(range)}>`];
  const own = typeof text === "string" ? [text] : isRecord(text) ? markupIn(text) : [];
  const inside = Object.values(rest).filter((each) => typeof each === "object" && each !== null);
  return [...(type === "text" ? [] : own), ...inside.flatMap(markupIn)];
}

/** The block and the element with this action id, and with this value when one is given. */
export function control(
  blocks: unknown,
  actionId: string,
  value?: string,
): { block: Json; element: Json } {
  for (const block of records(blocks)) {
    const element = elementsOf(block).find(
      (each) =>
        each.action_id === actionId &&
        (value === undefined || each.type !== "button" || each.value === value),
    );
    if (element) return { block, element };
  }
  throw new Error(`there is nothing to click that is called ${actionId}`);
}
