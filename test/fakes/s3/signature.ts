/**
 * Whether a request is signed as S3 wants it, by
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, and not by what the
 * client has that is to be tested.
 */
import { createHash, createHmac } from "node:crypto";

interface SignedRequest {
  method: string;
  /** As it came: path and query. */
  url: string;
  headers: Record<string, string | string[] | undefined>;
}

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  region: string;
}

const maxSkewMs = 15 * 60_000;
const pattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** The code of what is wrong with it; undefined when nothing is. */
export function refusalOf(request: SignedRequest, keys: Keys, nowMs: number): string | undefined {
  const { headers } = request;
  const header = (name: string) => String(headers[name] ?? "");
  const [, key, day = "", region = "", names = "", signature] =
    pattern.exec(header("authorization")) ?? [];
  if (key === undefined) return "AccessDenied";
  if (key !== keys.accessKeyId) return "InvalidAccessKeyId";
  if (region !== keys.region) return "AuthorizationHeaderMalformed";
  const time = header("x-amz-date");
  const at = Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (!time.startsWith(day) || !(Math.abs(at - nowMs) <= maxSkewMs)) return "RequestTimeTooSkewed";
  const signed = names.split(";");
  const must = Object.keys(headers).filter((name) => name.startsWith("x-amz-"));
  if (![...must, "host"].every((name) => signed.includes(name))) return "AccessDenied";
  if (header("x-amz-security-token") !== (keys.sessionToken ?? "")) return "InvalidToken";
  return signature === signatureOf(request, { keys, day, time, names })
    ? undefined
    : "SignatureDoesNotMatch";
}

function signatureOf(
  { method, url, headers }: SignedRequest,
  { keys, day, time, names }: { keys: Keys; day: string; time: string; names: string },
): string {
  const [path = "/", search = ""] = url.split("?");
  const query = search
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split("=");
      return `${encoded(decoded(name))}=${encoded(decoded(value))}`;
    })
    .sort();
  const lines = names.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}`);
  const canonical = [
    ...[method, path.split("/").map(decoded).map(encoded).join("/"), query.join("&")],
    ...[`${lines.join("\n")}\n`, names, String(headers["x-amz-content-sha256"])],
  ].join("\n");
  const scope = `${day}/${keys.region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = [day, keys.region, "s3", "aws4_request"].reduce<string | Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    `AWS4${keys.secretAccessKey}`,
  );
  return createHmac("sha256", key).update(text).digest("hex");
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const decoded = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
