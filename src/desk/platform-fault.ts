interface FaultOptions extends ErrorOptions {
  retryAfterMs?: number;
}

/** What went wrong between us and a platform, where its SDK has no error for it. No secrets. */
export abstract class PlatformFault<Code extends string> extends Error {
  readonly code: Code;
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, { cause, retryAfterMs }: FaultOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
