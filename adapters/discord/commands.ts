/** The bot's commands. https://docs.discord.com/developers/interactions/application-commands */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
  type REST,
  Routes,
} from "discord.js";
import { z } from "zod";
import { ticketForm } from "../../src/tickets/form.ts";

/** What they are called, a subcommand after its command. */
export const commandNames = {
  ticket: "ticket",
  list: "tickets list",
  show: "tickets show",
  help: "tickets help",
  fromMessage: "Open a ticket",
  panel: "ticket-panel",
} as const;

const anywhere = [InteractionContextType.Guild, InteractionContextType.BotDM];

const common = {
  contexts: anywhere,
  integration_types: [ApplicationIntegrationType.GuildInstall],
};

const title = ticketForm.find(({ name }) => name === "title");

/**
 * As they are registered. A command with subcommands cannot be used alone, so `/tickets` is beside
 * `/ticket`.
 */
export const commands = [
  {
    ...common,
    type: ApplicationCommandType.ChatInput,
    name: "ticket",
    description: "Open a support ticket",
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: "title",
        description: "What it is about, in a few words",
        ...(title?.maxLength !== undefined && { max_length: title.maxLength }),
      },
    ],
  },
  {
    ...common,
    type: ApplicationCommandType.ChatInput,
    name: "tickets",
    description: "Your support tickets",
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: "list",
        description: "List your open tickets",
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: "show",
        description: "Show how a ticket of yours stands",
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: "ticket",
            description: "Its reference, such as T-4F7K2M",
            required: true,
            autocomplete: true,
          },
        ],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: "help",
        description: "What you can do with tickets here",
      },
    ],
  },
  { ...common, type: ApplicationCommandType.Message, name: commandNames.fromMessage },
  {
    ...common,
    type: ApplicationCommandType.ChatInput,
    name: commandNames.panel,
    description: "Post a message here with buttons that open tickets",
    contexts: [InteractionContextType.Guild],
    default_member_permissions: Number(PermissionFlagsBits.ManageGuild),
  },
] as const;

const optionSchema = z.object({
  type: z.number(),
  name: z.string(),
  description: z.string(),
  required: z.boolean().default(false),
  autocomplete: z.boolean().default(false),
  max_length: z.number().nullable().default(null),
});

/** In any order. */
const numbers = z
  .array(z.number())
  .nullish()
  .transform((all) => [...(all ?? [])].sort());

const commandSchema = z.object({
  type: z.number().default(ApplicationCommandType.ChatInput),
  name: z.string(),
  description: z.string().default(""),
  options: z
    .array(
      optionSchema.extend({
        get options() {
          return z.array(optionSchema).default([]);
        },
      }),
    )
    .default([]),
  contexts: numbers,
  integration_types: numbers,
  /** Told as a string, and taken as a number, too. */
  default_member_permissions: z.coerce.string().nullable().default(null),
});

/** What they look like, whatever the order and whatever else Discord tells of them. */
const likeness = (all: unknown): string =>
  JSON.stringify(
    z
      .array(commandSchema)
      .parse(all)
      .sort((one, other) => `${one.type}${one.name}`.localeCompare(`${other.type}${other.name}`)),
  );

/** What the application's commands are, for all servers: these, others, or none. */
export async function whatIsRegistered(
  rest: REST,
  application: string,
): Promise<"same" | "other" | "none"> {
  const there = await rest.get(Routes.applicationCommands(application));
  const is = likeness(there);
  if (is === likeness(commands)) return "same";
  return is === likeness([]) ? "none" : "other";
}

/** Makes them so, unless they are. */
export async function registerCommands(
  rest: REST,
  application: string,
): Promise<"registered" | "same"> {
  if ((await whatIsRegistered(rest, application)) === "same") return "same";
  await rest.put(Routes.applicationCommands(application), { body: commands });
  return "registered";
}
