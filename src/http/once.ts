import type { Once } from "../desk/answers.ts";
import { digest } from "../desk/digest.ts";
import { type Refusal, refuse } from "../tickets/errors.ts";
import { limits } from "../tickets/limits.ts";
import type { ApiRequest } from "./operations.ts";

const visibleAscii = new RegExp(`^[\\x21-\\x7e]{1,${limits.idempotencyKeyLength}}$`);

/**
 * What a write's Idempotency-Key stands for; nothing without one. The key is the caller's own; the hash
 * is of what was understood (`given`), not of how it was written.
 */
export function readOnce(
  method: string,
  { actor, id, idempotencyKey }: ApiRequest,
  given: object,
): { once?: Once } | Refusal {
  if (idempotencyKey === undefined) return {};
  if (!visibleAscii.test(idempotencyKey)) return refuse("INVALID_IDEMPOTENCY_KEY");
  const asked = JSON.stringify([method, id, given]);
  const key = `http ${actor.role} ${actor.id} ${idempotencyKey}`;
  return { once: { key, hash: digest(asked) } };
}
