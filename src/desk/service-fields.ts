/** The fields that are kept alike here and in a ticket service: how they stand there, and what is sent. */
import { z } from "zod";
import { transitions } from "../tickets/lifecycle.ts";
import { limits } from "../tickets/limits.ts";
import { priorities, type Status, statuses } from "../tickets/ticket.ts";
import type { Place } from "./document.ts";
import type { SharedFields } from "./service.ts";

const fields = {
  status: z.enum(statuses),
  priority: z.enum(priorities),
  assignedTo: z.string().nullable(),
  resolution: z.string().nullable(),
};

const fieldsSchema = z.strictObject(fields);

const someSchema = z.strictObject({
  status: fields.status.exactOptional(),
  priority: fields.priority.exactOptional(),
  assignedTo: fields.assignedTo.exactOptional(),
  resolution: fields.resolution.exactOptional(),
});

export const sharedFields = fieldsSchema.keyof().options;

/** As a place's `shown` has them: the same fields are the same text. */
export const writeFields = ({ status, priority, assignedTo, resolution }: SharedFields): string =>
  JSON.stringify({ status, priority, assignedTo, resolution });

const readFields = (written: string): SharedFields => fieldsSchema.parse(JSON.parse(written));

/** What they were in the service when we last knew, be it that we sent or that we read them. */
export function fieldsThere({ shown }: Place): SharedFields {
  if (shown === null) throw new Error("A ticket that is not in the service has no fields there");
  return readFields(shown);
}

/**
 * What a ticket has when it was just created with these fields. What the service has made of it
 * since, or at once, is a change that it made.
 */
export const fieldsAtFirst = (wanted: string): string =>
  writeFields({ ...readFields(wanted), status: "open", assignedTo: null, resolution: null });

/** Those that go along with each other: one that is refused holds up no other. */
const groups = [["priority"], ["assignedTo"], ["status", "resolution"]] as const;

type Group = (typeof groups)[number];

const fieldId = (place: Place, [field]: Group): string => `${place.id}/${field}`;

/** The delivery that sends this field. */
export function fieldIdOf(place: Place, field: keyof SharedFields): string {
  const group = groups.find((fields) => fields.some((each) => each === field));
  return fieldId(place, group ?? ["status", "resolution"]);
}

/** What is to be sent, each with how the fields will stand there then. */
export function fieldsOwed(wanted: SharedFields, place: Place): { id: string; digest: string }[] {
  const there = fieldsThere(place);
  return groups.flatMap((group) => {
    const given = pick(stepTo(wanted, there), group);
    const digest = writeFields({ ...there, ...given });
    return digest === place.shown ? [] : [{ id: fieldId(place, group), digest }];
  });
}

const pick = (fields: SharedFields, names: readonly (keyof SharedFields)[]) =>
  someSchema.parse(Object.fromEntries(names.map((name) => [name, fields[name]])));

/** A status that cannot be reached at once is reached step by step. */
function stepTo(wanted: SharedFields, there: SharedFields): SharedFields {
  const [step = wanted.status] = wayTo(there.status, wanted.status);
  return step === wanted.status
    ? wanted
    : { ...wanted, status: step, resolution: there.resolution };
}

/**
 * The statuses from one to another, which is the last of them, but none in between that says that
 * the work is done. Where there is no way, it is one step that will be refused.
 */
export function wayTo(from: Status, to: Status): Status[] {
  if (from === to) return [];
  const ways = transitions[from].map((step) => [step]);
  for (const way of ways) {
    const last = way.at(-1) ?? from;
    if (last === to) return way;
    const goesOn = last !== "resolved" && last !== "closed" && way.length < statuses.length;
    if (goesOn) ways.push(...transitions[last].map((step) => [...way, step]));
  }
  return [to];
}

/** What a delivery changes there. */
export function changeSent({ place, digest }: { place: Place; digest: string }) {
  const there = fieldsThere(place);
  const wanted = readFields(digest);
  return pick(
    wanted,
    sharedFields.filter((field) => wanted[field] !== there[field]),
  );
}

/** Whether someone has changed them there since we last knew. */
export const areOthersThere = (place: Place, there: SharedFields): boolean =>
  writeFields(withinLimits(there)) !== place.shown;

/** As a ticket of ours can have them, whatever a service takes. */
export const withinLimits = (there: SharedFields): SharedFields => ({
  ...there,
  assignedTo: atMost(there.assignedTo, limits.idLength),
  resolution: atMost(there.resolution, limits.resolutionLength),
});

/** What is blank is nothing. */
export function atMost(text: string | null, length: number): string | null {
  if (text === null || text.trim() === "") return null;
  return [...sound(text)].slice(0, length).join("");
}

/** What is no text becomes U+FFFD, as in a ticket. */
export const sound = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

const fieldWords: Readonly<Record<keyof SharedFields, string>> = {
  status: "status",
  priority: "priority",
  assignedTo: "assignee",
  resolution: "resolution",
};

/** Says that the service did not take a change, up to the reason. */
export function notChangedThere(delivery: { place: Place; digest: string }): string {
  const sent = changeSent(delivery);
  const names = sharedFields.filter((field) => field in sent).map((field) => fieldWords[field]);
  return `The ticket's ${names.join(" and ")} could not be changed in the ticket service`;
}
