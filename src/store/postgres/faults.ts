import { DatabaseError } from "pg";
import { StoreError } from "../../desk/ports.ts";

/**
 * `lost`: the connection broke, or the server does not take work just now; `again`: the server
 * undid it, and it may be asked again; `late`: no answer came in time; `busy`: every connection
 * was in use for too long; `refused`: the server will not do it, however often it is asked.
 */
type FaultKind = "lost" | "again" | "late" | "busy" | "refused";

/** A call of the database failed. It carries no values: those may be what people wrote. */
export class DatabaseFault extends Error {
  override readonly name = "DatabaseFault";
  readonly kind: FaultKind;
  /** As PostgreSQL or the network calls it. */
  readonly code: string | undefined;

  constructor(kind: FaultKind, message: string, code?: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** Asking again is sensible: soon it may go well. */
export const mayPass = ({ kind }: DatabaseFault): boolean => kind === "lost" || kind === "again";

/** What pg, or the network below it, threw. */
export function faultOf(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  if (error instanceof DatabaseError) {
    const { code = "", message } = error;
    return new DatabaseFault(kindOfState(code), message, code);
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error ? codeOf(error) : undefined;
  return new DatabaseFault(kindOfMessage(message, code), message || (code ?? "unknown"), code);
}

/** Of several addresses that were tried in vain, the first one's. */
function codeOf(error: Error & { code?: unknown }): string | undefined {
  if (typeof error.code === "string") return error.code;
  return error instanceof AggregateError && error.errors[0] instanceof Error
    ? codeOf(error.errors[0])
    : undefined;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const kindsOfStates: Readonly<Record<string, FaultKind>> = {
  /** By `deskhand.fence`: this process does not hold the database just now. */
  DH001: "lost",
  /** serialization_failure, deadlock_detected */
  "40001": "again",
  "40P01": "again",
  /** read_only_sql_transaction: it was the primary until a failover. */
  "25006": "lost",
  /** idle_in_transaction_session_timeout, transaction_timeout */
  "25P03": "lost",
  "25P04": "lost",
  /** too_many_connections */
  "53300": "lost",
  /** admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout */
  "57P01": "lost",
  "57P02": "lost",
  "57P03": "lost",
  "57P05": "lost",
  /** query_canceled: statement_timeout */
  "57014": "late",
  /** lock_not_available: lock_timeout */
  "55P03": "late",
};

const kindOfState = (state: string): FaultKind =>
  kindsOfStates[state] ?? (state.startsWith("08") ? "lost" : "refused");

const networkCodes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
]);

/** Of the system and of TLS, but for what is wrong with a certificate, and with how we call Node. */
const otherNetworkCode = /^(?:E(?!RR_|ACCES$|PERM$)[A-Z]+|ERR_SSL_\w+)$/;

/** The words of pg 8 and pg-pool 3, which have no codes for these. */
function kindOfMessage(message: string, code: string | undefined): FaultKind {
  if (message === "timeout exceeded when trying to connect") return "busy";
  if (code === "ETIMEDOUT" || /timeout/i.test(message)) return "late";
  // Such as EPROTO: what was sent before may have been done.
  if (code !== undefined && (networkCodes.has(code) || otherNetworkCode.test(code))) return "lost";
  return /^Connection (?:terminated|ended)|not queryable|Client was closed/.test(message)
    ? "lost"
    : "refused";
}

interface Told {
  /** Host, port and name of the database; never who logs in, nor with what. */
  where: string;
  doing: "read" | "write";
  /** It was sent, and whether it was done is not known. */
  isUncertain: boolean;
}

/** What a failed call means to the caller, in words for operators. */
export function storeError(fault: DatabaseFault, told: Told): StoreError {
  const { where, doing } = told;
  const advice = adviceFor(fault);
  if (told.isUncertain)
    return new StoreError(
      "WRITE_UNCERTAIN",
      `The database ${where} was lost while it wrote: ${fault.message}. Whether that was written is not known. ${advice}`,
      { cause: fault },
    );
  const [code, effect] =
    doing === "read"
      ? (["READ_FAILED", "Nothing could be read"] as const)
      : (["WRITE_FAILED", "Nothing was changed"] as const);
  const message = `The database ${where} ${failed(fault)}: ${fault.message}. ${effect}. ${advice}`;
  return new StoreError(code, message, { cause: fault });
}

const failed = ({ kind }: DatabaseFault): string =>
  kind === "refused" || kind === "again" ? "did not do what it was asked" : "cannot be used";

const adviceByKind: Readonly<Record<FaultKind, string>> = {
  lost: "Check that it runs, and that this machine reaches it.",
  again: "It was tried several times: check what else works on the database.",
  late: "It took too long: check its load, and the network between.",
  busy: "All of our connections were in use: check its load, or raise DATABASE_CONNECTIONS.",
  refused: "Check the rights of its user, the room on its disk, and its log.",
};

const adviceByCode: Readonly<Record<string, string>> = {
  "28000": "Check the user in DATABASE_URL, and what the server lets in.",
  "28P01": "Check the user and the password in DATABASE_URL.",
  "3D000": "Make the database first, or check its name in DATABASE_URL.",
  "42501": "Give the user of DATABASE_URL the right to do so, or make it the database's owner.",
  "53100": "Make room on the disk of the database.",
  "53300": "Lower DATABASE_CONNECTIONS, or raise the server's max_connections.",
  "25006": "It is read-only, such as a standby: point DATABASE_URL at the primary.",
  ENOTFOUND: "Check the host in DATABASE_URL.",
};

const adviceFor = ({ kind, code }: DatabaseFault): string =>
  adviceByCode[code ?? ""] ?? adviceByKind[kind];
