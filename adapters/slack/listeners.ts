/** What Slack sends, by kind, to what takes it. */
import type { App } from "@slack/bolt";
import { Serial } from "../../src/desk/serial.ts";
import type { Context } from "./context.ts";
import { converse } from "./conversation.ts";
import { dialogIds } from "./dialogs.ts";
import type { Editions } from "./editions.ts";
import { readEvent, type SlackEvent } from "./events.ts";
import { ticketFormId } from "./form.ts";
import type { HeardUntil } from "./heard-until.ts";
import { lastRetry } from "./intake.ts";
import { homeView } from "./offers.ts";
import { Outside } from "./outside.ts";
import { pressed, submitDialog } from "./presses.ts";
import { msOf } from "./references.ts";
import {
  type Answering,
  command,
  shortcut,
  ticketCommand,
  ticketShortcut,
} from "./ticket-command.ts";
import { submitForm } from "./ticket-form.ts";
import type { Watch } from "./watch.ts";

/** What those who take events in tell each other. */
interface Hearing {
  watch: Watch;
  editions: Editions;
  heard: HeardUntil;
}

export function listen(app: App, context: Context, hearing: Hearing): void {
  app.command(command, ({ body, ack, respond }) => ticketCommand(context, body, { ack, respond }));
  app.shortcut(shortcut, ({ body, ack, respond }) =>
    ticketShortcut(context, body, { ack: () => ack(), respond }),
  );
  app.view(ticketFormId, async ({ body, ack }) => {
    const answer = await submitForm(context, body);
    await (answer ? ack(answer) : ack());
  });
  for (const id of dialogIds)
    app.view(id, async ({ body, ack }) => {
      const answer = await submitDialog(context, body);
      await (answer ? ack(answer) : ack());
    });
  app.action(/.*/, ({ body, ack, respond }) =>
    pressed(context, body, {
      ack: () => ack(),
      respond: respondOr(respond, () => toThemselves(context, body)),
    }),
  );
  const hear = hearingWith(context, hearing);
  app.event(/.*/, ({ body, context }) => hear(body, (context.retryNum ?? 0) >= lastRetry));
}

type Respond = Answering["respond"];

/** What is pressed on a home tab has nowhere to respond to, whatever Bolt's types say. */
const respondOr = (given: Respond | undefined, otherwise: () => Respond): Respond =>
  typeof given === "function" ? given : otherwise();

function toThemselves({ web }: Context, { user }: { user: { id: string } }): Respond {
  return (said) => {
    const text = typeof said === "string" ? said : (said.text ?? "");
    return web.chat.postMessage({ channel: user.id, text });
  };
}

/** Of one thread, events are taken in one after the other, in the order in which they came. */
function hearingWith(
  context: Context,
  { watch, editions, heard }: Hearing,
): (body: unknown, isLast: boolean) => Promise<void> {
  const serial = new Serial();
  const outside = new Outside(context, heard);
  const { us: self, directory } = context;
  return async (body, isLast) => {
    const event = readEvent(body, { team: self.team, self });
    directory.heard(event);
    watch.heard(event);
    outside.heard(event);
    if (event.type === "home-opened") {
      // A home tab that is not shown is shown when it is opened again: Slack need not wait for it.
      void serial.run(`home ${event.user}`, () => showHome(context, event.user));
      return;
    }
    if (!("ts" in event)) return take(context, event, isLast);
    await serial.run(lineOf(event), async () => {
      if (editions.isOutdated(event)) return;
      await take(context, event, isLast);
      // A newer edit was read back meanwhile, and may be undone now.
      if (editions.isOutdated(event)) heard.missed(msOf(event.ts));
      else editions.taken(event);
    });
  };
}

function lineOf(event: Extract<SlackEvent, { ts: string }>): string {
  const thread = "thread" in event ? event.thread : undefined;
  return `${event.channel} ${thread ?? event.ts}`;
}

async function take(context: Context, event: SlackEvent, isLast: boolean): Promise<void> {
  switch (event.type) {
    case "message":
    case "direct":
    case "top-level":
    case "edited":
    case "deleted":
    case "ignored":
    case "unsupported":
      return converse(context, event, isLast);
    default:
      // The directory and the watch were told.
      return undefined;
  }
}

async function showHome({ desk, web, directory, log }: Context, user: string): Promise<void> {
  try {
    const { id } = await directory.personOf(user);
    await web.views.publish({ user_id: user, view: homeView(await desk.openTicketsOf(id)) });
  } catch (err) {
    log.warn({ err }, "Someone's home tab could not be shown; it is when they open it again");
  }
}
