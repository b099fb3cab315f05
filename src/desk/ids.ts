import { randomUUID } from "node:crypto";

/** Crockford's base 32: no letter that is read for another, and no vowels but A and E. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Where ids and references come from; the store keeps them unique. */
export interface IdSource {
  ticketId(): string;
  reference(): string;
}

export const randomIds: IdSource = {
  ticketId: () => `support_ticket_${randomUUID().replaceAll("-", "")}`,
  reference: () => `T-${inAlphabet(Number.parseInt(randomUUID().slice(0, 8), 16))}`,
};

/** Thirty bits in six letters. Node draws UUIDs many at a time, and bytes with a call each. */
const inAlphabet = (bits: number): string =>
  [25, 20, 15, 10, 5, 0].map((shift) => alphabet[(bits >>> shift) & 31]).join("");
