import type { Running } from "../process.ts";
import { startDeskhand } from "./apps.ts";
import { answerAll, Letters } from "./letters.ts";
import { type Sides, startSides } from "./sides.ts";
import { type Opened, openTickets } from "./tickets.ts";

/** Deskhand between the two platforms, with tickets that all have been answered once. */
export interface Answered {
  sides: Sides;
  running: Running;
  opened: Opened[];
  letters: Letters;
  stop(): Promise<void>;
}

export async function startAnswered(
  folder: string,
  tickets: number,
  tell: (line: string) => void,
): Promise<Answered> {
  const sides = await startSides();
  const running = await startDeskhand(sides, folder);
  tell(`opening ${tickets} tickets`);
  const opened = await openTickets(sides, tickets);
  const letters = new Letters(sides);
  await answerAll(letters, opened);
  await running.settled();
  return {
    ...{ sides, running, opened, letters },
    async stop() {
      letters.end();
      await running.stop();
      await sides.stop();
    },
  };
}
