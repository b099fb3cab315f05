/** How someone who pressed, typed or submitted something is answered, within Discord's 3 s. */
import {
  type APIActionRowComponent,
  type APICommandAutocompleteInteractionResponseCallbackData,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  type APIModalInteractionResponseCallbackData,
  RESTJSONErrorCodes as Code,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from "discord.js";
import { within } from "../../src/desk/timing.ts";
import type { Context } from "./context.ts";
import { failureOf, refusedWith } from "./errors.ts";

/** What the bot says; nothing in it pings anyone. */
export interface Said {
  content?: string;
  embeds?: APIEmbed[];
  components?: APIActionRowComponent<APIComponentInMessageActionRow>[];
}

/** By what it is answered: https://docs.discord.com/developers/interactions/receiving-and-responding */
export interface Answerable {
  id: string;
  token: string;
}

/** What comes of a press; undefined when there is nothing to say. */
export type Outcome =
  /** Only they see it. */
  | { tell: Said }
  /** Stands where they pressed, in place of what was there. */
  | { replace: Said }
  | undefined;

type Answering = Pick<Context, "rest" | "us" | "log" | "after">;

/** Discord waits 3 s; by then there has to be an answer, or the promise of one. */
const patienceMs = 2_000;

const type = InteractionResponseType;

/** Shows a form, which is possible only as the first answer. */
export const showModal = (
  context: Answering,
  to: Answerable,
  data: APIModalInteractionResponseCallbackData,
): Promise<boolean> => respond(context, to, { type: type.Modal, data });

export const suggest = (
  context: Answering,
  to: Answerable,
  choices: APICommandAutocompleteInteractionResponseCallbackData["choices"] = [],
): Promise<boolean> =>
  respond(context, to, { type: type.ApplicationCommandAutocompleteResult, data: { choices } });

/** Tells them what the work comes to, or `failed` when it fails. Never rejects. */
export async function reply(
  context: Answering,
  to: Answerable,
  work: Promise<Said>,
  failed: Said,
): Promise<void> {
  const done = work.catch((err: unknown) => told(context, err, failed));
  const soon = await within(done, { ms: patienceMs, after: context.after, late: undefined });
  if (soon) {
    await respond(context, to, telling(soon));
    return;
  }
  const data = { flags: MessageFlags.Ephemeral };
  if (await respond(context, to, { type: type.DeferredChannelMessageWithSource, data }))
    await editAnswer(context, to, await done);
}

/** Settles a press with what the work comes to, or with `failed` when it fails. Never rejects. */
export async function settle(
  context: Answering,
  to: Answerable,
  work: Promise<Outcome>,
  failed: Outcome,
): Promise<void> {
  const done = work.then(
    (outcome) => ({ outcome }),
    (err: unknown) => ({ outcome: told(context, err, failed) }),
  );
  const soon = await within(done, { ms: patienceMs, after: context.after, late: undefined });
  if (soon) await respond(context, to, settling(soon.outcome));
  else if (await respond(context, to, settling(undefined)))
    await settleLate(context, to, (await done).outcome);
}

async function settleLate(context: Answering, to: Answerable, outcome: Outcome): Promise<void> {
  if (!outcome) return;
  if ("replace" in outcome) return editAnswer(context, to, outcome.replace);
  const route = Routes.webhook(context.us.application, to.token);
  const body = { ...saying(outcome.tell), flags: MessageFlags.Ephemeral };
  await tried(context, 1, () => context.rest.post(route, { body, auth: false }));
}

/** Says something else instead: in the answer or, after a press, where it was pressed. */
export async function editAnswer(context: Answering, to: Answerable, said: Said): Promise<void> {
  const route = Routes.webhookMessage(context.us.application, to.token);
  const body = saying(said);
  await tried(context, 3, () => context.rest.patch(route, { body, auth: false }));
}

function told<Failed>({ log }: Answering, err: unknown, failed: Failed): Failed {
  log.error({ err }, "What someone did in Discord failed here; they are told");
  return failed;
}

const telling = (said: Said) => ({
  type: type.ChannelMessageWithSource,
  data: { ...saying(said), flags: MessageFlags.Ephemeral },
});

function settling(outcome: Outcome) {
  if (!outcome) return { type: type.DeferredMessageUpdate };
  if ("tell" in outcome) return telling(outcome.tell);
  return { type: type.UpdateMessage, data: saying(outcome.replace) };
}

/** All of a message: what is not said is taken out where it replaces something. */
const saying = ({ content = "", embeds = [], components = [] }: Said) => ({
  content,
  embeds,
  components,
  allowed_mentions: { parse: [] },
});

/** Whether there is an answer now. Tried twice, for a second answer harms nothing. */
function respond(
  context: Answering,
  { id, token }: Answerable,
  body: { type: InteractionResponseType; data?: object },
): Promise<boolean> {
  const route = Routes.interactionCallback(id, token);
  return tried(context, 2, () => context.rest.post(route, { body, auth: false }));
}

const waitMs = 500;
/** Whoever waits for an answer does not wait for longer. */
const mostWaitMs = 10_000;

/** Whether the call had its effect, at one time or another. Never rejects. */
async function tried(
  context: Answering,
  times: number,
  call: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (err) {
    const code = refusedWith(err) ?? 0;
    if (code === Code.InteractionHasAlreadyBeenAcknowledged || tooLate.includes(code)) {
      context.log.debug({ err }, "Discord takes no answer to something, or has one already");
      return !tooLate.includes(code);
    }
    const { outcome, retryAfterMs = waitMs } = failureOf(err);
    const mayPass = outcome === "retry" || outcome === "uncertain";
    if (times > 1 && mayPass && retryAfterMs <= mostWaitMs) {
      await new Promise<void>((resolve) => context.after(retryAfterMs, resolve));
      return tried(context, times - 1, call);
    }
    context.log.warn({ err }, "Someone in Discord could not be told what came of something");
    return false;
  }
}

/** A token is good for its first answer for 3 s, and for others for 15 minutes. */
const tooLate: readonly number[] = [
  Code.UnknownInteraction,
  Code.UnknownWebhook,
  Code.InvalidWebhookToken,
  Code.UnknownMessage,
];
