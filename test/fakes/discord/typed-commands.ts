import { type Json, records, string } from "../json.ts";
import { contextOf } from "./interaction-payloads.ts";
import { has } from "./permissions.ts";
import type { Channel } from "./records.ts";
import { numberOr } from "./rule-parts.ts";
import type { Server } from "./server.ts";

export type OptionValue = string | number | boolean;

/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-types */
export const commandType = { chatInput: 1, user: 2, message: 3 } as const;

/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type */
const optionType = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  number: 10,
} as const;

/** The command as this person's client offers it there; throws when it does not. */
export function offered(
  server: Server,
  given: { user: string; channel: Channel; name: string; type: number },
): Json {
  const { user, channel, name, type } = given;
  const command = [...server.commands.values()].find(
    (each) => each.name === name && numberOr(each.type, commandType.chatInput) === type,
  );
  if (!command) throw new Error(`there is no command ${name}`);
  const { contexts, default_member_permissions: needed } = command;
  const isThere = !Array.isArray(contexts) || contexts.includes(contextOf(channel));
  if (!isThere) throw new Error(`${name} is not offered in a channel of this kind`);
  const all = server.permissionsOf(user, channel.id);
  if (!has(all, "useApplicationCommands")) throw new Error(`${user} may not use commands there`);
  if (channel.guild !== undefined && !mayUse(all, needed)) {
    throw new Error(`${user} may not use ${name}`);
  }
  return command;
}

/** 0 is for administrators alone. */
function mayUse(all: bigint, given: unknown): boolean {
  if (typeof given !== "string" && typeof given !== "number") return true;
  const needed = BigInt(given);
  return has(all, "administrator") || (needed !== 0n && (all & needed) === needed);
}

/**
 * The data of a command that was typed, such as `/tickets show`, with what stands in its options.
 *
 * @param focused the option that is being typed: then what is still missing is not asked for
 */
export function typedData(
  command: Json,
  path: readonly string[],
  { values, focused }: { values: Record<string, OptionValue>; focused?: string | undefined },
): Json {
  const options = optionsAt(command, path, (parent) => filled(parent, values, focused));
  const { id, name } = command;
  return { id, name, type: commandType.chatInput, ...(options.length > 0 && { options }) };
}

function optionsAt(parent: Json, path: readonly string[], fill: (leaf: Json) => Json[]): Json[] {
  const branches = records(parent.options).filter(
    ({ type }) => type === optionType.subcommand || type === optionType.group,
  );
  const [name, ...rest] = path;
  if (name === undefined) {
    if (branches.length > 0) throw new Error(`${string(parent.name)} cannot be used alone`);
    return fill(parent);
  }
  const branch = branches.find((each) => each.name === name);
  if (!branch) throw new Error(`${string(parent.name)} has no subcommand ${name}`);
  return [{ name, type: branch.type, options: optionsAt(branch, rest, fill) }];
}

function filled(
  parent: Json,
  values: Record<string, OptionValue>,
  focused: string | undefined,
): Json[] {
  const known = records(parent.options);
  const stray = Object.keys(values).find((name) => !known.some((each) => each.name === name));
  if (stray !== undefined) throw new Error(`${string(parent.name)} has no option ${stray}`);
  return known.flatMap((option) => {
    const value = values[string(option.name)];
    if (focused === undefined) check(option, value);
    const isFocused = focused === option.name;
    if (isFocused && option.autocomplete !== true) throw new Error(`${focused} is not completed`);
    const { name, type } = option;
    return value === undefined ? [] : [{ name, type, value, ...(isFocused && { focused: true }) }];
  });
}

/** What the client does not let a person send. */
function check(option: Json, value: OptionValue | undefined) {
  const { name, type, required } = option;
  if (value === undefined) {
    if (required === true) throw new Error(`${name} is required`);
    return;
  }
  const wanted = type === optionType.string ? "string" : undefined;
  if (wanted && typeof value !== wanted) throw new Error(`${name} is a ${wanted}`);
  const choices = records(option.choices);
  if (choices.length > 0 && !choices.some((each) => each.value === value)) {
    throw new Error(`${name} has no choice ${value}`);
  }
  if (typeof value === "string" && !fits(option, value)) {
    throw new Error(`${name} is too long or too short`);
  }
}

const fits = ({ min_length, max_length }: Json, { length }: string): boolean =>
  length >= numberOr(min_length, 0) && length <= numberOr(max_length, 6_000);
