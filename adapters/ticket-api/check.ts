import type { RemotePage } from "./answers.ts";
import { TicketApiError, type TicketApiErrorCode } from "./errors.ts";

/** Whether the service can be used, in a sentence for who operates Deskhand. */
export interface Checked {
  ok: boolean;
  sentence: string;
}

const otherwise = "Look at the service's own status, or try again later.";
const notThere = "Check TICKETS_API_URL: it is the address before /v2/support-tickets.";

/** What to do about each fault of a list. */
const advice: Readonly<Record<TicketApiErrorCode, string>> = {
  UNREACHABLE: "Check TICKETS_API_URL, and that this machine may connect to it.",
  TLS_FAILED:
    "Check that TICKETS_API_URL begins as it should (http or https), and its certificate.",
  CONNECT_TIMEOUT: "Check TICKETS_API_URL, and that no firewall is in between.",
  CLOSED: "It was checked while Deskhand was stopping.",
  CONNECTION_LOST: otherwise,
  HEADERS_TIMEOUT: otherwise,
  BODY_TIMEOUT: otherwise,
  DEADLINE: otherwise,
  REDIRECTED: "Set TICKETS_API_URL to the address it answers from.",
  UNAUTHORIZED: "Check TICKETS_API_TOKEN.",
  FORBIDDEN: "Use a TICKETS_API_TOKEN that may read tickets.",
  NOT_FOUND: notThere,
  CONFLICT: notThere,
  CHANGED: otherwise,
  RATE_LIMITED: "Wait, or set a longer TICKETS_API_POLL_MS.",
  REQUEST_TIMEOUT: otherwise,
  REFUSED: notThere,
  SERVICE_FAILED: otherwise,
  RESPONSE_TOO_LARGE: notThere,
  UNREADABLE_ANSWER: otherwise,
  UNREADABLE_TICKET: otherwise,
  UNEXPECTED_ANSWER: notThere,
};

/** Tries `list`, and says how it went. Throws nothing that `list` throws as `TicketApiError`. */
export async function checkWith(list: () => Promise<RemotePage>): Promise<Checked> {
  try {
    const { unreadable } = await list();
    const [first] = unreadable;
    if (!first) return { ok: true, sentence: "The ticket service answers and accepts the token." };
    const sentence = `The ticket service answers, but its ticket ${first.id ?? "without an id"} cannot be read: ${first.reason}.`;
    return { ok: false, sentence };
  } catch (error) {
    if (!(error instanceof TicketApiError)) throw error;
    const said = error.said?.sentence;
    const words = said === undefined ? "" : ` It says: “${said}”.`;
    return { ok: false, sentence: `${error.message}.${words} ${advice[error.code]}` };
  }
}
