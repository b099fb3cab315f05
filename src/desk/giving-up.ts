/** What people are told of a delivery that is given up, and when it is delivered after all. */
import { isFor, textOf } from "./deliveries.ts";
import { copyOf, type Delivery } from "./delivery.ts";
import type { Message, Place, TicketDocument } from "./document.ts";
import { shownName } from "./file-name.ts";
import { addNotice, messageIn, rewrite, unsettle } from "./messages.ts";
import { typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";

/** Says what will not be delivered, and offers to try again. */
export function givenUp(
  draft: TicketDocument,
  delivery: Delivery,
  reason: string,
  now: number,
): void {
  switch (delivery.do) {
    case "card":
    case "mark":
      break;
    case "fetch":
      refuseFile(draft, delivery, reason, now);
      break;
    default: {
      const about = copyOf(delivery);
      const thread = threadOf(delivery.place);
      const said = about
        ? notDelivered(draft, delivery, about.message, delivery.place)
        : `${thread} could not be opened, so no message reaches it`;
      if (said !== undefined) tellAgents(draft, delivery.id, now, `${said}: ${reason}.`);
    }
  }
}

/** Undefined: that a notice of a failure could not be delivered makes no further one. */
function notDelivered(
  draft: TicketDocument,
  delivery: Delivery,
  index: number,
  place: Place,
): string | undefined {
  const message = messageIn(draft, index);
  if (message.retry !== null) return undefined;
  const wanted = isFor(message, place) ? "posted" : "removed";
  const file = delivery.do === "file" ? message.files[delivery.file] : undefined;
  const what = file ? `The file “${shownName(file.name)}”` : quoteOf(draft, message);
  return `${what} could not be ${delivery.do === "edit" ? "changed" : wanted} in ${threadOf(place)}`;
}

const threadOf = ({ side }: Place) =>
  side === "requester" ? "the requester's thread" : "the agents' thread";

const tellAgents = (draft: TicketDocument, retry: string, now: number, said: string) =>
  addNotice(
    draft,
    said.charAt(0).toUpperCase() + said.slice(1),
    { audience: "agents", retry },
    now,
  );

function refuseFile(
  draft: TicketDocument,
  delivery: Extract<Delivery, { do: "fetch" }>,
  reason: string,
  now: number,
): void {
  const message = messageIn(draft, delivery.message);
  const file = message.files[delivery.file];
  if (file?.state !== "offered") return;
  file.state = "refused";
  unsettle(message);
  const told = `The file “${shownName(file.name)}” was not passed on: ${reason}.`;
  addNotice(draft, told, { audience: message.audience }, now);
}

const quotedLength = 60;

function quoteOf(draft: TicketDocument, message: Message): string {
  const words = plainText(textOf(draft, message)).replaceAll(/\s+/g, " ").trim();
  if (words === "") return "A file";
  const characters = [...words];
  const cut = characters.length > quotedLength;
  return `“${cut ? `${characters.slice(0, quotedLength).join("")}…` : words}”`;
}

/** What was told of a failure no longer holds. */
export function recovered(draft: TicketDocument, delivery: string, what: string): void {
  for (const notice of draft.messages) {
    if (notice.retry !== delivery) continue;
    notice.retry = null;
    rewrite(notice, typedText(`What could not be delivered at first ${what}.`));
  }
}
