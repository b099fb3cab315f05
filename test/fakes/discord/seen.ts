import { type Json, record, records, string } from "../json.ts";
import { kinds } from "./filling.ts";
import { usable } from "./interaction-payloads.ts";
import { shownEmbeds } from "./objects-message.ts";
import { type Message, messageFlag, messageType } from "./records.ts";
import type { Server } from "./server.ts";

/** One message as it stands on a person's screen. */
export interface Seen {
  channel: string;
  id: string;
  /** The name over it. */
  from: string;
  /** What can be read, from top to bottom: text, embeds, and what stands on buttons. */
  words: string;
  /** As Discord stores it, in Markdown. */
  content: string;
  embeds: Json[];
  components: Json[];
  /** Names of files. */
  files: string[];
  /** What is in them, by name. */
  bytes: Record<string, Buffer>;
  /** Emojis. */
  reactions: string[];
  /** The custom ids of buttons, and of what can be chosen from. */
  buttons: string[];
  selects: string[];
  /** The users whose client made a noise. */
  pings: string[];
  edited: boolean;
  /** Only this person sees it. */
  ephemeral: boolean;
  /** “… is thinking”. */
  thinking: boolean;
  /** The message that it answers. */
  replyTo: string | undefined;
  /** https://docs.discord.com/developers/resources/message#message-object-message-types */
  type: number;
}

export function seen(server: Server, message: Message): Seen {
  const { id, channel, content, components, attachments, flags, reference } = message;
  const inUse = usable(components);
  return {
    ...{ id, channel, content, components, type: message.type, embeds: shownEmbeds(message) },
    from: shownName(server, message),
    words: wordsOf(message),
    files: attachments.map(({ name }) => name),
    bytes: Object.fromEntries(attachments.map((each) => [each.name, each.content])),
    reactions: message.reactions.map(({ emoji }) => emoji.name),
    buttons: idsOf(inUse.filter(({ type }) => type === kinds.button)),
    selects: idsOf(inUse.filter(({ type }) => type !== kinds.button)),
    pings: [...message.pings],
    edited: message.editedAt !== undefined,
    ephemeral: (flags & messageFlag.ephemeral) !== 0,
    thinking: (flags & messageFlag.loading) !== 0,
    replyTo: message.type === messageType.reply ? reference?.message : undefined,
  };
}

const idsOf = (components: Json[]) => components.map(({ custom_id }) => string(custom_id));

/** Nickname, display name or username. */
function shownName(server: Server, { author, channel }: Message): string {
  const guild = server.channels.get(channel)?.guild;
  const member = guild === undefined ? undefined : server.guilds.get(guild)?.members.get(author);
  const { globalName, name } = server.user(author);
  return member?.nick ?? globalName ?? name;
}

function wordsOf(message: Message) {
  const { content, components, snapshots, poll, stickers } = message;
  const carried = snapshots.map((each) => string(record(each.message).content));
  const asked = poll ? [string(record(poll.question).text)] : [];
  return [
    ...[content, ...carried, ...asked, ...stickers.map(({ name }) => string(name))],
    ...shownEmbeds(message).flatMap(embedWords),
    ...componentWords(components),
  ]
    .filter((each) => each !== "")
    .join("\n");
}

function embedWords({ author, title, description, fields, footer }: Json): string[] {
  const rows = records(fields).flatMap(({ name, value }) => [string(name), string(value)]);
  const head = [string(record(author).name), string(title), string(description)];
  return [...head, ...rows, string(record(footer).text)];
}

const componentWords = (components: readonly Json[]): string[] =>
  components.flatMap((each) => [
    ...(each.type === kinds.textDisplay ? [string(each.content)] : []),
    ...(each.type === kinds.button ? [string(each.label)] : []),
    ...componentWords(records(each.components)),
    ...componentWords(records([each.accessory])),
  ]);

/** What can be clicked or chosen from: by label, by custom id, or by how that begins. */
export function control(components: readonly Json[], wanted: string, isButton: boolean): Json {
  const found = usable(components).filter((each) => isButton === (each.type === kinds.button));
  const control =
    found.find(({ custom_id }) => custom_id === wanted) ??
    found.find(({ label }) => label === wanted) ??
    found.find(({ custom_id }) => string(custom_id).startsWith(wanted));
  if (!control) throw new Error(`there is nothing to use that is called ${wanted}`);
  if (control.disabled === true) throw new Error(`${wanted} is disabled`);
  return control;
}
