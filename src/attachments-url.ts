/** Where attachments are, as ATTACHMENTS_URL has it. */
import { fileURLToPath } from "node:url";
import type { AttachmentsConfig } from "./attachments/open.ts";

type Folder = Extract<AttachmentsConfig, { kind: "folder" }>;
type Bucket = Extract<AttachmentsConfig, { kind: "bucket" }>;

/** What only the environment has is not in it yet. */
export type AttachmentsUrl =
  | Folder
  | (Omit<Bucket, "region" | "credentials"> & { region: string | undefined });

type Read = { place: AttachmentsUrl } | { problems: string[] };

const expected =
  "must be a folder, such as file:///srv/attachments, or a bucket, such as s3://bucket/prefix?region=eu-central-1&endpoint=https://s3.example.com";

/** Problems go on from the name of the variable; none says what stands where a secret might. */
export function readAttachmentsUrl(text: string): Read {
  const url = parsed(text.trim());
  if (url?.protocol === "file:") return folderAt(url);
  if (url?.protocol === "s3:") return bucketAt(url);
  return { problems: [expected] };
}

const parsed = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);

function folderAt(url: URL): Read {
  if (url.host !== "" || url.search !== "" || url.hash !== "") return { problems: [expected] };
  try {
    return { place: { kind: "folder", path: fileURLToPath(url) } };
  } catch {
    return { problems: [expected] };
  }
}

const parameters: ReadonlySet<string> = new Set(["region", "endpoint"]);

function bucketAt(url: URL): Read {
  const { searchParams: query } = url;
  const prefix = url.pathname.replace(/^\/+|\/+$/g, "");
  const [region, endpoint] = [query.get("region"), query.get("endpoint")];
  const strange = [...query.keys()].some((name) => !parameters.has(name));
  const wrong: [boolean, string][] = [
    [
      url.username !== "" || url.password !== "",
      "must have no credentials in it: they are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ],
    [!/^[\w][\w.-]{1,254}$/.test(url.host), "must name a bucket: s3://bucket"],
    [
      !/^[\w./-]*$/.test(prefix) || prefix.includes("//"),
      "must have a prefix of letters, digits and . _ - / only",
    ],
    [strange || url.hash !== "", "takes two parameters: region and endpoint"],
    [region !== null && !/^[\w-]+$/.test(region), "must have a region such as eu-central-1"],
    [endpoint !== null && !isEndpoint(endpoint), "must have an http(s) address as its endpoint"],
  ];
  const problems = wrong.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
  if (problems.length > 0) return { problems };
  return {
    place: {
      ...{ kind: "bucket", bucket: url.host, prefix: prefix === "" ? "" : `${prefix}/` },
      region: region ?? undefined,
      endpoint: endpoint?.replace(/\/+$/, ""),
    },
  };
}

/** Credentials in it would be shown wherever it is. */
function isEndpoint(text: string): boolean {
  const url = parsed(text);
  return (
    (url?.protocol === "http:" || url?.protocol === "https:") &&
    url.username + url.password + url.search + url.hash === ""
  );
}
