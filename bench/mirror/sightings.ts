/** What the stand-ins are asked to post, seen the moment that it comes. Times are `performance.now`. */
import type { Sides } from "./sides.ts";

export type PlatformName = "slack" | "discord";

/** A call that came to a stand-in, and was not refused. */
export interface SeenCall {
  platform: PlatformName;
  /** A method of Slack's, or a route of Discord's. */
  what: string;
  /** The channel that it is about, if it is about one. */
  where: string;
  /** The marks of messages in it. */
  marks: readonly number[];
  /** Whether it posts a message. */
  isPost: boolean;
  at: number;
}

/** What tells messages apart that people write: `mark 17;` is in no other. */
export const markOf = (index: number): string => `mark ${index};`;

const marks = /\bmark (\d+);/g;

const marksIn = (text: string): number[] => [
  ...new Set([...text.matchAll(marks)].map(([, digits]) => Number(digits))),
];

const posts = new Set(["chat.postMessage", "POST /channels/:id/messages"]);

/** Calls back for every call that a stand-in takes, once it has; the answer ends that. */
export function watchCalls(sides: Sides, seen: (call: SeenCall) => void): () => void {
  const { slack, discord } = sides;
  const ends = [
    follow(
      slack.calls,
      (look) => slack.workspace.watch(look),
      ({ answer }) => answer?.ok === true,
      ({ method, args }, at) => {
        const isPost = posts.has(method);
        const marks = isPost ? marksIn(String(args.text ?? "")) : [];
        const where = String(args.channel ?? "");
        seen({ platform: "slack", what: method, where, at, isPost, marks });
      },
    ),
    follow(
      discord.calls,
      (look) => discord.server.watch(look),
      ({ status = 0 }) => status >= 200 && status < 300,
      ({ route, path, body }, at) => {
        const isPost = posts.has(route);
        const marks = isPost ? marksIn(JSON.stringify(body)) : [];
        const where = path.split("/")[2] ?? "";
        seen({ platform: "discord", what: route, where, at, isPost, marks });
      },
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** What is not taken for so long was refused. */
const patienceMs = 5_000;

/** The list only grows. What is seen of a call is when it came. */
function follow<Call>(
  calls: readonly Call[],
  watch: (look: () => void) => () => void,
  isTaken: (call: Call) => boolean,
  seen: (call: Call, at: number) => void,
): () => void {
  let known = calls.length;
  let open: { call: Call; at: number }[] = [];
  return watch(() => {
    const at = performance.now();
    for (; known < calls.length; known += 1) {
      const call = calls[known];
      if (call) open.push({ call, at });
    }
    open = open.filter((each) => {
      if (!isTaken(each.call)) return at - each.at < patienceMs;
      seen(each.call, each.at);
      return false;
    });
  });
}
