import { describe, expect, onTestFinished, test } from "vitest";
import { startS3 } from "./server.ts";
import { refusalOf } from "./signature.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, “GET Object”. */
const example = {
  method: "GET",
  url: "/test.txt",
  headers: {
    host: "examplebucket.s3.amazonaws.com",
    range: "bytes=0-9",
    "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "x-amz-date": "20130524T000000Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
};
const keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const then = Date.parse("2013-05-24T00:00:00Z");

describe("the stand-in for a bucket", () => {
  test("takes the signature of Amazon's own example", () => {
    expect(refusalOf(example, keys, then)).toBeUndefined();
  });

  test.each([
    ["another path", { ...example, url: "/other.txt" }, keys, then, "SignatureDoesNotMatch"],
    ["another query", { ...example, url: "/test.txt?a=b" }, keys, then, "SignatureDoesNotMatch"],
    ["another method", { ...example, method: "PUT" }, keys, then, "SignatureDoesNotMatch"],
    ["another secret", example, { ...keys, secretAccessKey: "x" }, then, "SignatureDoesNotMatch"],
    ["another key", example, { ...keys, accessKeyId: "x" }, then, "InvalidAccessKeyId"],
    ["another time", example, keys, then + 16 * 60_000, "RequestTimeTooSkewed"],
    ["another region", example, { ...keys, region: "x" }, then, "AuthorizationHeaderMalformed"],
    ["no signature", { ...example, headers: {} }, keys, then, "AccessDenied"],
    [
      "a header that is not signed",
      { ...example, headers: { ...example.headers, "x-amz-acl": "public-read" } },
      ...[keys, then, "AccessDenied"],
    ],
  ] as const)("refuses a request with %s", (_, request, keys, now, refusal) => {
    expect(refusalOf(request, keys, now)).toBe(refusal);
  });

  test("refuses whoever does not sign, over HTTP", async () => {
    const s3 = await startS3();
    onTestFinished(() => s3.stop());
    const response = await fetch(`${s3.url}/${s3.bucket}/a`, { method: "PUT", body: "a" });
    expect([response.status, s3.objects.size]).toEqual([403, 0]);
    expect(await response.text()).toContain("<Code>AccessDenied</Code>");
  });
});
