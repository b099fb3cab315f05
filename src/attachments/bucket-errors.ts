/** What a bucket did not do, and why. */

/** What a bucket did not do; the message says why, in a part of a sentence, without secrets. */
export class BucketError extends Error {
  override readonly name = "BucketError";
  /** It was understood, and refused: the same will be refused again. */
  readonly isRefused: boolean;
  /** It took too long, or was not even asked because others did: asking again now is no use. */
  readonly isUnanswered: boolean;

  constructor(
    message: string,
    why: { isRefused?: true; isUnanswered?: true; cause?: unknown } = {},
  ) {
    super(message, { cause: why.cause });
    this.isRefused = why.isRefused ?? false;
    this.isUnanswered = why.isUnanswered ?? false;
  }
}

/** Whoever connects waits until then; other ends come at once. */
const lateCodes: ReadonlySet<unknown> = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
  "EAI_AGAIN",
]);

/** What `fetch` says itself is always the same: what it says of the cause tells more. */
export function unreached(error: unknown): BucketError {
  const { cause = error } = error instanceof Error ? error : {};
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isLate = cause instanceof Error && "code" in cause && lateCodes.has(cause.code);
  const message = `it cannot be reached: ${reason}`;
  return new BucketError(message, { cause: error, ...(isLate && { isUnanswered: true }) });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const refusals: Record<string, string> = {
  InvalidAccessKeyId: "the key in AWS_ACCESS_KEY_ID is not known there",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY is not the secret of the key in AWS_ACCESS_KEY_ID",
  ExpiredToken: "AWS_SESSION_TOKEN has expired",
  InvalidToken: "AWS_SESSION_TOKEN is not valid there",
  AccessDenied:
    "these credentials may not do that there. They need s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it",
  NoSuchBucket: "there is no such bucket there",
  RequestTimeTooSkewed: "the clock of this machine is not right",
};

const elsewhere: ReadonlySet<string> = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

/** What may pass by itself: too much at once, or a fault there. */
const isPassing = (status: number, code: string | undefined): boolean =>
  status >= 500 || status === 429 || status === 408 || code === "RequestTimeout";

/** What an answer that is none of success means; `code` is the one in its body. */
export function errorFor({ status, headers }: Response, code: string | undefined): BucketError {
  const region = headers.get("x-amz-bucket-region");
  const answer = `it answers ${status}${code === undefined ? "" : ` ${printable(code)}`}`;
  if (isPassing(status, code)) return new BucketError(answer);
  if (status < 400 || (code !== undefined && elsewhere.has(code))) {
    const where = region === null ? "" : `, such as ${printable(region)}`;
    return new BucketError(`${answer}: set the bucket's own region=${where}`, { isRefused: true });
  }
  const known = code === undefined ? undefined : refusals[code];
  const message = known === undefined ? answer : `${known} (${answer})`;
  return new BucketError(message, { isRefused: true });
}

const printable = (text: string): string => text.replaceAll(/[^\w.-]/g, "").slice(0, 60);
