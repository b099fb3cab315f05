/** Deskhand's ticket API, as people with a token use it: what got no answer is asked for again. */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Ticket, ticketSchema } from "../../src/tickets/ticket.ts";

const listSchema = z.object({
  data: z.array(z.object({ _id: z.string(), title: z.string() })),
  pagination: z.object({ pages: z.number() }),
});
const ticketAnswer = z.strictObject({ success: z.literal(true), data: ticketSchema });

const againAfterMs = 250;
/** Whoever asks gives up waiting then, and asks again. */
const answerWithinMs = 10_000;
const mostTries = 600;

export class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Undefined: no answer, or none that is good. */
  async text(path: string, token?: string): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.#url}${path}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(answerWithinMs),
      });
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined;
    }
  }

  /** The ids of the tickets that have this word in them. */
  async find(token: string, word: string): Promise<string[] | undefined> {
    const text = await this.text(`/v2/support-tickets?limit=100&q=${word}`, token);
    return text === undefined
      ? undefined
      : listSchema
          .parse(JSON.parse(text))
          .data.filter(({ title }) => new RegExp(`\\b${word}\\b`).test(title))
          .map(({ _id }) => _id);
  }

  /** All that someone with this token can read of tickets, as it is sent. */
  async everything(token: string): Promise<string[]> {
    const texts: string[] = [];
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const text = await this.text(`/v2/support-tickets?limit=100&page=${page}`, token);
      const list = listSchema.parse(JSON.parse(text ?? "{}"));
      texts.push(text ?? "");
      for (const { _id } of list.data)
        texts.push((await this.text(`/v2/support-tickets/${_id}`, token)) ?? "");
      pages = list.pagination.pages;
    }
    return texts;
  }

  /** Throws when what comes is no ticket. */
  async ticket(token: string, id: string): Promise<Ticket> {
    const text = await this.text(`/v2/support-tickets/${id}`, token);
    return ticketAnswer.parse(JSON.parse(text ?? "null")).data;
  }

  /** Once, however often it takes. Resolves to the ticket's id; throws when it is refused. */
  async writes(
    token: string,
    { method, path, body, key }: { method: string; path: string; body: object; key: string },
  ): Promise<string> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const answer = await this.#tries(token, { method, path, body, key });
      if (answer && answer.status < 300)
        return ticketAnswer.parse(JSON.parse(answer.text)).data._id;
      if (answer && answer.status < 500 && answer.status !== 429)
        throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
      await wait(againAfterMs);
    }
    throw new Error(`${method} ${path} was never answered`);
  }

  async #tries(
    token: string,
    { method, path, body, key }: { method: string; path: string; body: object; key: string },
  ): Promise<{ status: number; text: string } | undefined> {
    try {
      const answer = await fetch(`${this.#url}/v2/support-tickets${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(answerWithinMs),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined;
    }
  }
}
