import { realAfter, within } from "../../desk/timing.ts";

/** How long what is asked in order to hold a database may take. */
const answerMs = 3_000;

/** What is asked, unless it takes too long: a connection that is cut says nothing. */
export async function inTime<T>(asked: Promise<T>): Promise<T> {
  const answered = asked.then((value) => ({ value }));
  const answer = await within(answered, { ms: answerMs, after: realAfter, late: undefined });
  if (!answer) throw new Error("it does not answer");
  return answer.value;
}
