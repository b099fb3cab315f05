import { randomBytes, randomUUID } from "node:crypto";

/** Crockford's base 32: no letter that is read for another, and no vowels but A and E. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Where ids and references come from; the store keeps them unique. */
export interface IdSource {
  ticketId(): string;
  reference(): string;
}

export const randomIds: IdSource = {
  ticketId: () => `support_ticket_${randomUUID().replaceAll("-", "")}`,
  reference: () => `T-${Array.from(randomBytes(6), (byte) => alphabet[byte % 32]).join("")}`,
};
