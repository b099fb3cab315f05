/**
 * What people do with the bot's commands, buttons and forms, read from what Discord sends.
 * https://docs.discord.com/developers/interactions/receiving-and-responding
 */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonStyle,
  type ChannelType,
  ComponentType,
  InteractionType,
  MessageFlags,
} from "discord.js";
import { z } from "zod";
import type { OfferedFile, Person } from "../../src/desk/chat.ts";
import type { MemberRoles } from "./agents.ts";
import type { Answerable } from "./answers.ts";
import { memberSchema, personOf, userSchema } from "./people.ts";

/** Who did it, and where. */
export interface Interacting extends Answerable {
  /** Their id in Discord. */
  user: string;
  person: Person;
  /** In a server. */
  member?: MemberRoles;
  channel: InteractionChannel;
  /** What the bot may do there. */
  permissions: bigint;
}

interface InteractionChannel {
  id: string;
  /** Undefined when Discord did not say. */
  type?: ChannelType;
  parent?: string;
}

/** What stands in the message on which someone pressed. */
export interface PressedMessage {
  id: string;
  /** Only one person sees it. */
  isEphemeral: boolean;
  /** What can be pressed or chosen from on it. */
  customIds: readonly string[];
  title: string;
  description: string;
  fields: readonly { name: string; value: string }[];
  /** Of its buttons that lead somewhere. */
  links: readonly { label: string; url: string }[];
}

export type Interaction = Interacting &
  (
    | { type: "command"; command: string; options: Options }
    /** `typed`: what stands so far in the option that wants suggestions. */
    | { type: "autocomplete"; command: string; typed: string }
    /** `message` as Discord tells of it. */
    | { type: "message-command"; command: string; message: unknown }
    | { type: "press"; customId: string; values: readonly string[]; message: PressedMessage }
    /** Of what is not in the message: it has changed since, or someone made this up. */
    | { type: "stale-press" }
    | {
        type: "form";
        customId: string;
        /** By the ids of the inputs. */
        inputs: Inputs;
        uploads: readonly OfferedFile[];
        /** Where the button was that opened the form. */
        message?: PressedMessage;
      }
    | { type: "unsupported"; what: string }
  );

export type OfType<Type extends Interaction["type"]> = Extract<Interaction, { type: Type }>;

type Options = Readonly<Record<string, string>>;
type Inputs = Readonly<Record<string, readonly string[]>>;

const partialChannel = z.object({
  id: z.string(),
  type: z.custom<ChannelType>((value) => typeof value === "number").optional(),
  parent_id: z.string().nullish(),
});

const base = z.object({
  id: z.string(),
  token: z.string(),
  type: z.number(),
  guild_id: z.string().optional(),
  channel: partialChannel.optional(),
  channel_id: z.string().optional(),
  app_permissions: z.string().regex(/^\d+$/).default("0"),
  member: memberSchema.extend({ user: userSchema }).optional(),
  user: userSchema.optional(),
});

/** Throws zod's error when it is no interaction at all. */
export function readInteraction(payload: unknown): Interaction {
  const { id, token, guild_id: guild, member, app_permissions, ...given } = base.parse(payload);
  const user = userSchema.parse(member?.user ?? given.user);
  const by = {
    user: user.id,
    person: personOf(user, member),
    ...(member && guild !== undefined && { member: { guild, roles: member.roles } }),
  };
  const at = { channel: channelOf(given), permissions: BigInt(app_permissions) };
  return { id, token, ...by, ...at, ...readKind(given.type, payload) };
}

function channelOf({
  channel,
  channel_id = "",
}: Pick<z.infer<typeof base>, "channel" | "channel_id">): InteractionChannel {
  if (!channel) return { id: channel_id };
  const { id, type, parent_id } = channel;
  return { id, ...(type !== undefined && { type }), ...(parent_id && { parent: parent_id }) };
}

type Kind = Interaction extends infer Each
  ? Each extends Interacting
    ? Omit<Each, keyof Interacting>
    : never
  : never;

function readKind(type: InteractionType, payload: unknown): Kind {
  switch (type) {
    case InteractionType.ApplicationCommand:
      return readCommand(payload);
    case InteractionType.ApplicationCommandAutocomplete:
      return readAutocomplete(payload);
    case InteractionType.MessageComponent:
      return readPress(payload);
    case InteractionType.ModalSubmit:
      return readForm(payload);
    default:
      return { type: "unsupported", what: `an interaction of type ${type}` };
  }
}

const optionSchema = z.object({
  name: z.string(),
  type: z.number(),
  value: z.unknown().optional(),
  focused: z.boolean().optional(),
  options: z
    .array(
      z.object({
        name: z.string(),
        value: z.unknown().optional(),
        focused: z.boolean().optional(),
      }),
    )
    .optional(),
});

const commandSchema = z.object({
  data: z.object({
    type: z.number(),
    name: z.string(),
    options: z.array(optionSchema).default([]),
    target_id: z.string().optional(),
    resolved: z.object({ messages: z.record(z.string(), z.unknown()).optional() }).optional(),
  }),
});

function readCommand(payload: unknown): Kind {
  const { data } = commandSchema.parse(payload);
  const { command, options } = called(data);
  if (data.type === ApplicationCommandType.ChatInput) {
    const said = options.flatMap(({ name, value }) =>
      typeof value === "string" ? [[name, value] as const] : [],
    );
    return { type: "command", command, options: Object.fromEntries(said) };
  }
  const message = data.resolved?.messages?.[data.target_id ?? ""];
  if (data.type === ApplicationCommandType.Message && message !== undefined)
    return { type: "message-command", command, message };
  return { type: "unsupported", what: `the command ${command}` };
}

function readAutocomplete(payload: unknown): Kind {
  const { command, options } = called(commandSchema.parse(payload).data);
  const typed = options.find(({ focused }) => focused)?.value;
  return { type: "autocomplete", command, typed: typeof typed === "string" ? typed : "" };
}

/** With its subcommand, as in `tickets show`. */
function called({ name, options }: z.infer<typeof commandSchema>["data"]) {
  const sub = options.find(({ type }) => type === ApplicationCommandOptionType.Subcommand);
  return sub
    ? { command: `${name} ${sub.name}`, options: sub.options ?? [] }
    : { command: name, options };
}

const messageSchema = z.object({
  id: z.string(),
  flags: z.number().default(0),
  embeds: z
    .array(
      z.object({
        title: z.string().optional(),
        description: z.string().optional(),
        fields: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
      }),
    )
    .default([]),
  components: z.array(z.object({ components: z.array(z.unknown()).default([]) })).default([]),
});

const linkSchema = z.object({
  type: z.literal(ComponentType.Button),
  style: z.literal(ButtonStyle.Link),
  label: z.string().default(""),
  url: z.string(),
});

const usableSchema = z.object({ custom_id: z.string() });

function pressedMessage({
  id,
  flags,
  embeds,
  components,
}: z.infer<typeof messageSchema>): PressedMessage {
  const { title = "", description = "", fields = [] } = embeds[0] ?? {};
  const parts = components.flatMap((row) => row.components);
  const links = parts.flatMap((part) => linkSchema.safeParse(part).data ?? []);
  const customIds = parts.flatMap((part) => usableSchema.safeParse(part).data?.custom_id ?? []);
  const isEphemeral = (flags & MessageFlags.Ephemeral) !== 0;
  return { id, isEphemeral, customIds, title, description, fields, links };
}

const pressSchema = z.object({
  data: z.object({ custom_id: z.string(), values: z.array(z.string()).default([]) }),
  message: messageSchema,
});

function readPress(payload: unknown): Kind {
  const { data, message: given } = pressSchema.parse(payload);
  const { custom_id: customId, values } = data;
  const message = pressedMessage(given);
  if (!message.customIds.includes(customId)) return { type: "stale-press" };
  return { type: "press", customId, values, message };
}

const inputSchema = z.object({
  custom_id: z.string(),
  value: z.string().nullish(),
  values: z.array(z.string()).nullish(),
});

const uploadSchema = z.object({
  id: z.string(),
  filename: z.string(),
  size: z.int().min(0),
  content_type: z.string().nullish(),
  url: z.string(),
});

const formSchema = z.object({
  data: z.object({
    custom_id: z.string(),
    /** What is no label around an input has nothing that was filled in. */
    components: z.array(z.object({ component: inputSchema.optional() })),
    resolved: z.object({ attachments: z.record(z.string(), uploadSchema).optional() }).optional(),
  }),
  message: messageSchema.optional(),
});

function readForm(payload: unknown): Kind {
  const { data, message } = formSchema.parse(payload);
  const filled = data.components.flatMap(({ component }) => component ?? []);
  const inputs = filled.map(({ custom_id, value, values }) => {
    const one = value == null ? [] : [value];
    return [custom_id, values ?? one] as const;
  });
  const uploads = Object.values(data.resolved?.attachments ?? {}).map(asOffered);
  return {
    type: "form",
    customId: data.custom_id,
    inputs: Object.fromEntries(inputs),
    uploads,
    ...(message && { message: pressedMessage(message) }),
  };
}

/** No message holds what is uploaded in a form: it is fetched from where it is now. */
const asOffered = (upload: z.infer<typeof uploadSchema>): OfferedFile => ({
  file: `${upload.id} ${upload.url}`,
  name: upload.filename,
  sizeBytes: upload.size,
  type: upload.content_type || "application/octet-stream",
});
