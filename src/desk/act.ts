/** What agents do with a card's buttons: how its document tells of it. */
import { changeTicket } from "../tickets/changes.ts";
import type { TicketChange } from "../tickets/ticket.ts";
import { remember } from "./answers.ts";
import { formPlatform } from "./carried.ts";
import { changedBy } from "./changed.ts";
import type { Action, ChatActor, Done, Person } from "./chat.ts";
import type { TicketDocument } from "./document.ts";
import { type HearRules, personBy, speak } from "./hear.ts";
import { typedText } from "./text.ts";
import { tryAgain } from "./try-again.ts";

/** Does what an agent asks for, once for each `key`. `now` is in ms. */
export function act(
  draft: TicketDocument,
  action: Action,
  by: ChatActor,
  key: string,
  rules: HearRules,
  now: number,
): Done {
  if (!by.isAgent) return { refused: "NOT_AN_AGENT" };
  const agent = personBy(draft, by, "agents", rules);
  switch (action.do) {
    case "claim":
      return claim(draft, agent, now);
    case "release":
      return change(draft, { assignedTo: null }, agent, now);
    case "resolve":
      return resolve(draft, action.resolution, agent, now);
    case "reopen":
      return change(draft, { status: "open" }, agent, now);
    case "status":
      return change(draft, { status: action.status }, agent, now);
    case "priority":
      return change(draft, { priority: action.priority }, agent, now);
    case "note":
    case "reply":
      return write(draft, action, agent, key, now);
    case "retry":
      return done(draft, tryAgain(draft, action.delivery, agent.id, now).length > 0);
  }
}

function claim(draft: TicketDocument, agent: Person, now: number): Done {
  const { assignedTo } = draft.ticket;
  if (assignedTo !== null && assignedTo !== agent.id)
    return { claimedBy: draft.assignee?.name ?? assignedTo };
  return change(draft, { assignedTo: agent.id }, agent, now);
}

/** A resolution that someone else has given meanwhile is not written over. */
function resolve(draft: TicketDocument, resolution: string, agent: Person, now: number): Done {
  const { status, resolution: given } = draft.ticket;
  if (status === "resolved" && given !== resolution) return { refused: "INVALID_TRANSITION" };
  return change(draft, { status: "resolved", resolution }, agent, now);
}

function change(draft: TicketDocument, asked: TicketChange, agent: Person, now: number): Done {
  const before = draft.ticket;
  const changed = changeTicket(before, asked, { role: "agent", id: agent.id }, now);
  if ("refused" in changed) return changed;
  remember(draft, changed, undefined, now);
  changedBy(draft, before, agent, now);
  return done(draft, changed !== before);
}

const done = ({ reference }: TicketDocument, changed: boolean): Done => ({
  done: true,
  changed,
  reference,
});

/** What was typed into a form, which may be submitted twice. */
function write(
  draft: TicketDocument,
  action: Extract<Action, { do: "note" | "reply" }>,
  by: Person,
  key: string,
  now: number,
): Done {
  const isKnown = draft.messages.some(({ from }) => from?.message === key);
  if (isKnown) return done(draft, false);
  const text = typedText(action.text);
  const from = { place: null, platform: formPlatform, message: key };
  const spoken = { kind: action.do, side: "agents", by, text, from } as const;
  return speak(draft, { ...spoken, files: [] }, action.text, now) ?? done(draft, true);
}
