import { z } from "zod";
import type { Once } from "../desk/answers.ts";
import { readStoredAddress } from "../desk/attachment-address.ts";
import type { Desk, Outcome } from "../desk/desk.ts";
import type { Actor } from "../tickets/changes.ts";
import { type ErrorCode, refuse } from "../tickets/errors.ts";
import { codesFor, parse } from "../tickets/problems.ts";
import {
  newEntrySchema,
  newTicketSchema,
  statuses,
  ticketChangeSchema,
  ticketSchema,
  ticketSummarySchema,
} from "../tickets/ticket.ts";
import {
  type Answer,
  jsonAnswer,
  jsonOf,
  parameterRefusal,
  refusal,
  refusalOf,
} from "./answers.ts";
import { type AttachmentParts, ticketJson } from "./attachments.ts";
import { deliveryOperations } from "./deliveries.ts";
import { readOnce } from "./once.ts";
import { listParameters, readListParameters } from "./parameters.ts";

/** A request to the ticket API, from someone with a token. */
export interface ApiRequest {
  actor: Actor;
  /** The ticket of the path; "" where the path names none. */
  id: string;
  /** The delivery of the path, likewise. */
  delivery: string;
  search: URLSearchParams;
  /** The JSON of the body; undefined where the operation takes none. */
  json: unknown;
  idempotencyKey: string | undefined;
}

/** What operations work with. */
interface Served {
  desk: Desk;
  /** Makes the links in the tickets that are shown. */
  links: AttachmentParts["links"] | undefined;
}

/** One operation of the ticket API: what serves it and describes it. */
export interface Operation {
  name: string;
  summary: string;
  method: "GET" | "POST" | "PUT";
  /** With `{id}` where the ticket's id stands, and `{delivery}` where that of a delivery does. */
  path: string;
  parameters?: z.ZodObject;
  body?: z.ZodObject;
  status: number;
  answers: z.ZodObject;
  refusals: ErrorCode[];
  run(served: Served, request: ApiRequest): Promise<Answer>;
}

const basePath = "/v2/support-tickets";

const ticketAnswer = z
  .strictObject({ success: z.literal(true), data: ticketSchema })
  .meta({ id: "SupportTicketAnswer" });

const count = z.int().min(0);

const listAnswer = z
  .strictObject({
    success: z.literal(true),
    data: z.array(ticketSummarySchema),
    pagination: z.strictObject({ page: count, limit: count, total: count, pages: count }),
    counts: z.record(z.enum(statuses), count).exactOptional(),
  })
  .meta({ id: "SupportTicketList" });

export const operations: readonly Operation[] = [
  writing({
    name: "createSupportTicket",
    summary: "Create a support ticket",
    method: "POST",
    path: basePath,
    body: newTicketSchema,
    status: 201,
    refusals: codesFor(newTicketSchema),
    // A kept file is given out to those who see its ticket, not to whoever names it in another.
    run: async (desk, { actor }, given, once) =>
      given.attachments.some(({ url }) => readStoredAddress(url))
        ? refuse("INVALID_ATTACHMENTS")
        : desk.open(given, actor, once),
  }),
  {
    name: "listSupportTickets",
    summary: "List support tickets, newest first",
    method: "GET",
    path: basePath,
    parameters: listParameters,
    status: 200,
    answers: listAnswer,
    refusals: ["INVALID_PARAMETERS"],
    run: list,
  },
  {
    name: "getSupportTicket",
    summary: "Retrieve a support ticket",
    method: "GET",
    path: `${basePath}/{id}`,
    status: 200,
    answers: ticketAnswer,
    refusals: ["SUPPORT_TICKET_NOT_FOUND"],
    run: async (served, { actor, id }) =>
      answerWith(200, await served.desk.read(id, actor), served),
  },
  writing({
    name: "updateSupportTicket",
    summary: "Change a support ticket; only the fields given change",
    method: "PUT",
    path: `${basePath}/{id}`,
    body: ticketChangeSchema,
    status: 200,
    refusals: [
      ...codesFor(ticketChangeSchema),
      "RESOLUTION_REQUIRED",
      "FORBIDDEN",
      "SUPPORT_TICKET_NOT_FOUND",
      "INVALID_TRANSITION",
    ],
    run: (desk, { actor, id }, change, once) => desk.change(id, change, actor, once),
  }),
  writing({
    name: "replyToSupportTicket",
    summary: "Add a message to a support ticket",
    method: "POST",
    path: `${basePath}/{id}/threads`,
    body: newEntrySchema,
    status: 201,
    refusals: [
      ...codesFor(newEntrySchema),
      "FORBIDDEN",
      "SUPPORT_TICKET_NOT_FOUND",
      "TICKET_CLOSED",
      "TICKET_FULL",
    ],
    run: (desk, { actor, id }, reply, once) => desk.reply(id, reply, actor, once),
  }),
  ...deliveryOperations(basePath),
];

interface Writing<S extends z.ZodObject>
  extends Omit<Operation, "body" | "answers" | "run" | "parameters"> {
  body: S;
  run(desk: Desk, request: ApiRequest, given: z.output<S>, once?: Once): Promise<Outcome>;
}

/** An operation that changes a ticket: its body is read with its schema, its key taken once. */
function writing<S extends z.ZodObject>({ run, ...described }: Writing<S>): Operation {
  const { method, body, status } = described;
  return {
    ...described,
    answers: ticketAnswer,
    refusals: [...described.refusals, "INVALID_IDEMPOTENCY_KEY", "IDEMPOTENCY_KEY_REUSED"],
    async run(served, request) {
      const { desk } = served;
      const parsed = parse(body, request.json);
      if ("problems" in parsed) return refusalOf(parsed.problems);
      const keyed = readOnce(method, request, parsed.value);
      if ("refused" in keyed) return refusal(keyed.refused);
      return answerWith(status, await run(desk, request, parsed.value, keyed.once), served);
    },
  };
}

function answerWith(status: number, outcome: Outcome, { links }: Served): Answer {
  if ("refused" in outcome) return refusal(outcome.refused);
  const location = { Location: `${basePath}/${outcome._id}` };
  const text = `{"success":true,"data":${ticketJson(outcome, links)}}`;
  return jsonAnswer(status, text, status === 201 ? location : {});
}

async function list({ desk }: Served, { actor, search }: ApiRequest): Promise<Answer> {
  const parsed = readListParameters(search);
  if ("problems" in parsed) return parameterRefusal(parsed.problems);
  const { page, limit } = parsed.value;
  const { tickets, total, counts } = await desk.list(parsed.value, actor);
  const pagination = { page, limit, total, pages: Math.ceil(total / limit) };
  const rest = JSON.stringify({ pagination, ...(counts ? { counts } : {}) }).slice(1);
  return jsonAnswer(200, `{"success":true,"data":[${tickets.map(jsonOf).join()}],${rest}`);
}
