/** A page of a bucket's list: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */

export interface ListPage {
  objects: { key: string; sizeBytes: number }[];
  /** Where the next page begins; undefined: this is the last one. */
  next: string | undefined;
}

/** Undefined: it is no such page. */
export function readListPage(xml: string): ListPage | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml)) return undefined;
  const contents = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)];
  const objects = contents.map(([, each = ""]) => ({
    key: textOf(each, "Key") ?? "",
    sizeBytes: Number(textOf(each, "Size")),
  }));
  const about = xml.replaceAll(/<Contents>.*?<\/Contents>/gs, "");
  const next = textOf(about, "NextContinuationToken");
  if (textOf(about, "IsTruncated") === "true")
    return next === undefined ? undefined : { objects, next };
  return { objects, next: undefined };
}

/** What stands in the first element of this name; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml);
  return found?.[1]?.replaceAll(/&(#x?)?(\w+);/g, meant);
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function meant(written: string, number: string | undefined, name: string): string {
  if (number === undefined) return entities[name] ?? written;
  return String.fromCodePoint(Number.parseInt(name, number === "#x" ? 16 : 10));
}
