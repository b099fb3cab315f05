import { isRecord, type Json, present, records, string } from "../json.ts";
import { refused } from "./errors.ts";
import { type Ask, done, ok, type Routes } from "./rest-route.ts";
import type { Server } from "./server.ts";

/** https://docs.discord.com/developers/interactions/application-commands: the global ones. */
export const commandRoutes: Routes = {
  "GET /applications/:id/commands": (ask) => ok([...commandsOf(ask).values()]),
  "PUT /applications/:id/commands": (ask) => {
    const commands = commandsOf(ask);
    const given = records(ask.raw).map((each) => kept(ask.server, each));
    commands.clear();
    for (const each of given) commands.set(string(each.id), each);
    ask.server.changed();
    return ok(given);
  },
  "POST /applications/:id/commands": (ask) => {
    const commands = commandsOf(ask);
    const known = commands.size;
    const command = kept(ask.server, ask.body);
    commands.set(string(command.id), command);
    ask.server.changed();
    return ok(command, commands.size > known ? 201 : 200);
  },
  "GET /applications/:id/commands/:id": (ask) => ok(commandOf(ask)),
  "PATCH /applications/:id/commands/:id": (ask) => {
    const command = { ...commandOf(ask), ...ask.body, version: ask.server.newId() };
    commandsOf(ask).set(ask.params[1] ?? "", command);
    ask.server.changed();
    return ok(command);
  },
  "DELETE /applications/:id/commands/:id": (ask) => {
    commandOf(ask);
    commandsOf(ask).delete(ask.params[1] ?? "");
    ask.server.changed();
    return done;
  },
};

function commandsOf({ server, params: [id] }: Ask): Map<string, Json> {
  if (id !== server.application.id) throw refused(50001);
  return server.commands;
}

function commandOf(ask: Ask): Json {
  const command = commandsOf(ask).get(ask.params[1] ?? "");
  if (!command) throw refused(10063);
  return command;
}

/**
 * A command with what Discord adds. One that has the same name and type keeps its id:
 * https://docs.discord.com/developers/interactions/application-commands#updating-and-deleting-a-command
 */
function kept(server: Server, given: Json): Json {
  const type = given.type ?? 1;
  const known = [...server.commands.values()].find(
    (each) => each.name === given.name && each.type === type,
  );
  const options = records(given.options);
  return {
    ...usual,
    ...present(given),
    id: known?.id ?? server.newId(),
    application_id: server.application.id,
    version: server.newId(),
    type,
    ...(options.length > 0 && { options: options.map(withoutEmpty) }),
  };
}

const usual: Json = {
  default_member_permissions: null,
  name_localizations: null,
  description: "",
  description_localizations: null,
  dm_permission: true,
  contexts: null,
  integration_types: [0],
  nsfw: false,
};

/** Of an option, Discord keeps no list that is empty and no flag that is off. */
function withoutEmpty(option: Json): Json {
  const left = Object.entries(option).filter(
    ([, value]) => value !== false && !(Array.isArray(value) && value.length === 0),
  );
  const inside = records(option.options).map(withoutEmpty);
  return {
    ...Object.fromEntries(left.filter(([, value]) => value !== undefined && !isEmpty(value))),
    ...(inside.length > 0 && { options: inside }),
  };
}

const isEmpty = (value: unknown) => isRecord(value) && Object.keys(value).length === 0;
