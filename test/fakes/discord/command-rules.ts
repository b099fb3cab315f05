import { type Json, record, records, string } from "../json.ts";
import type { Wrong } from "./errors.ts";
import { limits } from "./limits.ts";
import { between, invalid } from "./rule-parts.ts";

/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming */
const slashName = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

const isSlash = ({ type }: Json) => type === undefined || type === null || type === 1;

export function wrongInCommand(command: Json, at: string): Wrong[] {
  const place = (key: string) => (at === "" ? key : `${at}.${key}`);
  const name = string(command.name);
  if (!isSlash(command)) {
    const described = string(command.description) !== "";
    const long = name.length < 1 || name.length > 32;
    return [
      ...(long ? [between(place("name"), 1, 32)] : []),
      ...(described ? [invalid(place("description"), "Context menu commands have none")] : []),
    ];
  }
  return [...wrongName(command, at), ...wrongOptions(command.options, place("options"))];
}

/** Of a slash command, and of everything that is in one. */
function wrongName(named: Json, at: string): Wrong[] {
  const place = (key: string) => (at === "" ? key : `${at}.${key}`);
  const name = string(named.name);
  const good = slashName.test(name) && name === name.toLowerCase();
  const { length } = string(named.description);
  const code = "APPLICATION_COMMAND_INVALID_NAME";
  return [
    ...(good ? [] : [{ at: place("name"), code, message: "Command name is invalid" }]),
    ...(length < 1 || length > 100 ? [between(place("description"), 1, 100)] : []),
  ];
}

function wrongOptions(given: unknown, at: string): Wrong[] {
  const options = records(given);
  const late = options.findIndex(
    (each, place) => each.required === true && options.slice(0, place).some((one) => !one.required),
  );
  return [
    ...(options.length > 25 ? [between(at, 0, 25)] : []),
    ...(late > 0
      ? [invalid(`${at}.${late}`, "Required options must be placed before non-required options")]
      : []),
    ...options.flatMap((each, place) => [
      ...wrongName(each, `${at}.${place}`),
      ...wrongChoices(each, `${at}.${place}`),
      ...wrongOptions(each.options, `${at}.${place}.options`),
    ]),
  ];
}

function wrongChoices({ choices, autocomplete }: Json, at: string): Wrong[] {
  if (autocomplete === true && records(choices).length > 0) {
    return [invalid(at, "Autocomplete cannot be used with choices")];
  }
  return wrongInChoices(choices, `${at}.choices`);
}

export function wrongInChoices(given: unknown, at: string): Wrong[] {
  const choices = records(given);
  const long = choices.flatMap((choice, place) =>
    [record(choice).name, record(choice).value].some((each) => !fits(each))
      ? [between(`${at}.${place}`, 1, limits.choiceText)]
      : [],
  );
  return [...(choices.length > limits.choices ? [between(at, 0, limits.choices)] : []), ...long];
}

const fits = (value: unknown) =>
  typeof value !== "string" || (value.length > 0 && value.length <= limits.choiceText);
