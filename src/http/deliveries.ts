/** What of a ticket does not arrive, over HTTP: to see it, and to have it sent again. */
import { z } from "zod";
import type { Owed } from "../desk/owed.ts";
import { answer, refusal } from "./answers.ts";
import { readOnce } from "./once.ts";
import type { Operation } from "./operations.ts";

/** As the ticket API tells of a delivery. */
const deliverySchema = z
  .strictObject({
    id: z.string().meta({ description: "Names it within its ticket, such as p2/m1 or p2/m1/f0" }),
    ticket: z.string(),
    reference: z.string().meta({ description: "The ticket's, for people: T-4F7K2M" }),
    platform: z.string(),
    side: z.enum(["requester", "agents", "service"]).meta({
      description:
        "Whose thread it is for, or a ticket service; of a mark or a file to be fetched, whose it is from",
    }),
    what: z.string().meta({ description: "In words, such as: a file" }),
    since: z.string().meta({ description: "When it was first tried, in ISO 8601" }),
    attempts: z.int().min(1),
    dueAt: z.string().nullable().meta({
      description: "Not before this is it tried again, in ISO 8601; null: it was given up",
    }),
    dead: z.boolean().meta({ description: "It is tried again only when someone asks for it" }),
    reason: z.string().meta({ description: "Why it failed the last time" }),
  })
  .meta({ id: "Delivery" }) satisfies z.ZodType<Owed>;

const listAnswer = z
  .strictObject({ success: z.literal(true), data: z.array(deliverySchema) })
  .meta({ id: "DeliveryList" });

const oneAnswer = z
  .strictObject({ success: z.literal(true), data: deliverySchema })
  .meta({ id: "DeliveryAnswer" });

/** For agents' tokens only: a client learns nothing of what happens in agents' threads. */
export const deliveryOperations = (basePath: string): Operation[] => [
  {
    name: "listSupportTicketDeliveries",
    summary: "List what of a support ticket could not be delivered yet, or was given up",
    method: "GET",
    path: `${basePath}/{id}/deliveries`,
    status: 200,
    answers: listAnswer,
    refusals: ["FORBIDDEN", "SUPPORT_TICKET_NOT_FOUND", "STORE_UNAVAILABLE"],
    async run({ desk }, { actor, id }) {
      const owed = await desk.deliveries(id, actor);
      return "refused" in owed ? refusal(owed.refused) : answer(200, { success: true, data: owed });
    },
  },
  {
    name: "retrySupportTicketDelivery",
    summary: "Send a delivery again that was given up; one that is being tried stays as it is",
    method: "POST",
    path: `${basePath}/{id}/deliveries/{delivery}/retry`,
    status: 200,
    answers: oneAnswer,
    refusals: [
      ...(["FORBIDDEN", "SUPPORT_TICKET_NOT_FOUND", "DELIVERY_NOT_FOUND"] as const),
      ...(["INVALID_IDEMPOTENCY_KEY", "IDEMPOTENCY_KEY_REUSED", "STORE_UNAVAILABLE"] as const),
    ],
    async run({ desk }, request) {
      const { actor, id, delivery } = request;
      const keyed = readOnce("POST", request, { delivery });
      if ("refused" in keyed) return refusal(keyed.refused);
      const owed = await desk.retry(id, delivery, actor, keyed.once);
      return "refused" in owed ? refusal(owed.refused) : answer(200, { success: true, data: owed });
    },
  },
];
