/** What someone is told below a message of theirs that a ticket has not taken. */
import type { Side } from "../../src/desk/chat.ts";
import type { Refused } from "../../src/desk/refusal-words.ts";
import type { RichText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import type { MemberRoles } from "./agents.ts";
import { answer } from "./below.ts";
import type { Context } from "./context.ts";
import { offer } from "./offers.ts";
import { writeMessageReference } from "./references.ts";
import { refusedWords } from "./refused.ts";

export interface RefusedMessage {
  channel: string;
  id: string;
  /** Who wrote it: their id in Discord. */
  user: string;
  /** In a server, if it is known. */
  member: MemberRoles | undefined;
  isDirect: boolean;
  side: Side;
  text: RichText;
  hasFiles: boolean;
}

type Answering = Pick<Context, "rest" | "log" | "agents">;

/** A requester's words can be carried over to another ticket. Throws what keeps it from being told now. */
export async function answerRefused(
  context: Answering,
  message: RefusedMessage,
  refused: Refused,
): Promise<void> {
  if (refused === "NOT_THE_REQUESTER" && (await mayBeAgent(context, message)))
    return answer(context, message, { content: elsewhereWords });
  const { side, user: to, hasFiles } = message;
  const because = refusedWords(refused);
  const source = writeMessageReference({ channel: message.channel, message: message.id });
  const said =
    side === "agents"
      ? { content: because }
      : offer({ ...repeated(message), tickets: [], source, to, hasFiles, because });
  await answer(context, message, said);
}

/** In a server others would read them again, as the bot's words. */
const repeated = ({ isDirect, text }: RefusedMessage) =>
  isDirect ? { words: plainText(text) } : {};

const elsewhereWords =
  "Agents answer in the ticket's thread in the triage channel; this was not passed on.";

/** What an agent wrote before the requester is repeated nowhere: not to know who is one is a yes. */
function mayBeAgent({ agents, log }: Answering, { user, member }: RefusedMessage) {
  return agents.isAgent(user, member).catch((err: unknown) => {
    log.warn({ err }, "It could not be found out whether someone in Discord is an agent");
    return true;
  });
}
