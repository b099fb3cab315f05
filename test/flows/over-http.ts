import { z } from "zod";
import { type Ticket, ticketSchema } from "../../src/tickets/ticket.ts";
import type { Team } from "./slack-team.ts";

const list = z.object({ data: z.array(z.object({ _id: z.string() })) });
const one = z.object({ data: ticketSchema });

/** The ticket that was opened last, as an agent gets it over HTTP. */
export async function ticketOverHttp({ asks }: Pick<Team, "asks">): Promise<Ticket> {
  const get = async (path: string): Promise<unknown> =>
    JSON.parse(await asks("agent", "GET", path));
  const [latest] = list.parse(await get("?limit=1")).data;
  return one.parse(await get(`/${latest?._id}`)).data;
}

export const messagesOf = ({ threads }: Ticket): string[] => threads.map(({ message }) => message);
