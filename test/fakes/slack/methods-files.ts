import { z } from "zod";
import {
  arg,
  type Backend,
  type Method,
  messageBlocks,
  method,
  Refusal,
  visibleChannel,
} from "./method.ts";
import type { Draft } from "./records.ts";

/** https://docs.slack.dev/messaging/working-with-files#uploading_files */
const getUploadUrl = method({
  args: { filename: z.string().min(1), length: z.coerce.number().int() },
  scopes: ["files:write"],
  run({ filename, length }, { workspace, origin }) {
    if (length < 1) throw new Refusal("missing_argument");
    const content = Buffer.alloc(0);
    const file = workspace.addFile({ name: filename, content, user: workspace.bot.userId });
    return { upload_url: `${origin}/upload/v1/${file.id}`, file_id: file.id };
  },
});

const listed = z.preprocess(
  (value) => (typeof value === "string" ? JSON.parse(value) : value),
  z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1),
);

const completeUpload = method({
  args: {
    files: listed,
    channel_id: arg.optional,
    channels: arg.optional,
    thread_ts: arg.optional,
    initial_comment: arg.optional,
    blocks: arg.json,
  },
  scopes: ["files:write"],
  run(args, backend) {
    const { workspace } = backend;
    const files = args.files.map(({ id, title }) => {
      const file = workspace.files.get(id);
      if (!file || file.content.length === 0) throw new Refusal("file_not_found");
      file.title = title ?? file.name;
      return file;
    });
    // Slack shares a file only after it has answered: the answer knows of no shares yet.
    const answer = files.map((file) => workspace.showFile(file));
    const into = args.channel_id ?? args.channels;
    if (into !== undefined) {
      const { thread_ts, initial_comment } = args;
      // https://docs.slack.dev/reference/methods/files.completeUploadExternal
      const blocks = initial_comment ? [] : (messageBlocks(args.blocks) ?? []);
      const draft = { text: initial_comment ?? "", blocks, files: files.map(({ id }) => id) };
      postInto(backend, into, thread_ts, draft);
    }
    return { files: answer };
  },
});

function postInto(backend: Backend, into: string, threadTs: string | undefined, draft: Draft) {
  const { workspace } = backend;
  const channel = visibleChannel(backend, into);
  if (!channel.members.has(workspace.bot.userId)) throw new Refusal("not_in_channel");
  const found = workspace.message(channel, threadTs ?? "");
  const root = found?.threadTs === undefined ? found?.ts : undefined;
  const whole = { ...draft, user: workspace.bot.userId, byApp: true, threadTs: root };
  workspace.publish(() => workspace.post(channel, whole));
}

const info = method({
  args: { file: arg.id },
  scopes: ["files:read"],
  run({ file: id }, { workspace }) {
    const file = workspace.files.get(id);
    if (!file) throw new Refusal("file_not_found");
    if (file.deleted) throw new Refusal("file_deleted");
    return { file: workspace.showFile(file), comments: [], response_metadata: { next_cursor: "" } };
  },
});

export const files: Record<string, Method> = {
  "files.getUploadURLExternal": getUploadUrl,
  "files.completeUploadExternal": completeUpload,
  "files.info": info,
};
