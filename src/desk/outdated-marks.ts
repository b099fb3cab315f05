import type { Mark } from "./chat.ts";

const marks: readonly Mark[] = ["sending", "delivered", "failed"];

/** What is to be taken off a message that shows `mark` now, or none. */
export const outdatedMarks = (mark: Mark | null, before: Mark | null): Mark[] =>
  marks.filter((each) => each !== mark && (mark === null || each === before));
