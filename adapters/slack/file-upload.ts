/**
 * Posting files: ask for an address, upload, share.
 * https://docs.slack.dev/messaging/working-with-files#uploading_files
 */
import { z } from "zod";
import type { OutboundFile } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { Call } from "./calls.ts";
import { refusedWith, SlackFault, withoutEffect } from "./errors.ts";
import { isSlacksOwn } from "./file-addresses.ts";
import type { FileAccess } from "./file-download.ts";
import { blockIdOf } from "./find.ts";
import { fileWords } from "./messages.ts";
import { removeStray, threadGone } from "./post.ts";
import type { MessageAddress } from "./references.ts";
import { richTextBlock } from "./text-blocks-write.ts";

export interface FilePoster {
  call: Call;
  log: Log;
  access: FileAccess;
  wait: (ms: number) => Promise<void>;
}

/** Resolves with the file's message. Until it is shared nobody can see anything of it. */
export async function postFile(
  poster: FilePoster,
  root: MessageAddress,
  file: OutboundFile,
  key: string,
): Promise<MessageAddress> {
  const { call, access } = poster;
  const id = await withoutEffect(() => upload(call, access, file));
  const comment = { ...richTextBlock(fileWords(file.author)), block_id: blockIdOf(key) };
  const args = {
    files: [{ id, title: file.name }],
    channel_id: root.channel,
    thread_ts: root.ts,
    blocks: [comment],
  };
  await complete(call, args);
  const shared = await whereShared(poster, id, root.channel);
  if (shared.isUnder === root.ts) return shared.at;
  await removeStray(call, poster.log, shared.at);
  throw threadGone(root);
}

/** Of what has just been uploaded, `file_not_found` is no word on a file that someone deleted. */
async function complete(call: Call, args: Record<string, unknown>): Promise<void> {
  try {
    await call("files.completeUploadExternal", args, z.object({}));
  } catch (cause) {
    if (refusedWith(cause) !== "file_not_found") throw cause;
    throw new SlackFault("UPLOAD_FAILED", "Slack does not find what was uploaded", { cause });
  }
}

async function upload(call: Call, access: FileAccess, file: OutboundFile): Promise<string> {
  const { name, content } = file;
  if (content.byteLength === 0) throw new SlackFault("FILE_EMPTY", "The file is empty");
  const answer = z.object({ upload_url: z.string(), file_id: z.string() });
  const args = { filename: name, length: content.byteLength };
  const { upload_url, file_id } = await call("files.getUploadURLExternal", args, answer);
  if (!isSlacksOwn(upload_url, access.apiUrl))
    throw new SlackFault("UPLOAD_FAILED", "The address to upload to is not one of Slack's");
  const response = await fetch(upload_url, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: new Uint8Array(content),
    redirect: "error",
    signal: AbortSignal.timeout(access.transferMs),
  });
  await response.arrayBuffer();
  if (!response.ok)
    throw new SlackFault("UPLOAD_FAILED", `The upload is answered with HTTP ${response.status}`);
  return file_id;
}

/** About ten seconds together: Slack shares a file once it has been checked. */
const looksAfterMs = [0, 250, 500, 1_000, 2_000, 3_000, 4_000] as const;

interface Shared {
  at: MessageAddress;
  /** The root that it is under. */
  isUnder: string | undefined;
}

/**
 * Slack shares a file only after it has answered, and tells where in the file's own entry:
 * https://github.com/slackapi/python-slack-sdk/issues/1329#issuecomment-1430589611. From here on it
 * may be seen, so whatever goes wrong leaves it uncertain.
 */
async function whereShared({ call, wait }: FilePoster, id: string, channel: string) {
  let cause: unknown;
  for (const ms of looksAfterMs) {
    if (ms > 0) await wait(ms);
    try {
      const { file } = await call("files.info", { file: id }, sharesSchema);
      const shared = shareIn(file.shares, channel);
      if (shared) return shared;
    } catch (error) {
      cause = error;
    }
  }
  throw new SlackFault("NOT_SEEN", `The file ${id} has not shown up in ${channel}`, { cause });
}

const places = z
  .record(z.string(), z.array(z.object({ ts: z.string(), thread_ts: z.string().optional() })))
  .optional();

const sharesSchema = z.object({
  file: z.object({ shares: z.object({ public: places, private: places }).catch({}) }),
});

type Shares = z.infer<typeof sharesSchema>["file"]["shares"];

function shareIn(shares: Shares, channel: string): Shared | undefined {
  const [share] = shares.public?.[channel] ?? shares.private?.[channel] ?? [];
  return share && { at: { channel, ts: share.ts }, isUnder: share.thread_ts };
}
