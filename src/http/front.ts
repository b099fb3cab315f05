/** Where HTTP is served, while what answers there may change. */
import type { Hono } from "hono";
import type { Log } from "../desk/ports.ts";
import { type After, within } from "../desk/timing.ts";
import type { Metrics } from "./metrics.ts";
import { type HttpServer, type ServerOptions, serve } from "./server.ts";

type App = Pick<Hono<never>, "fetch">;

interface Opened {
  /** Where it listens: `http://127.0.0.1:3000`. */
  url: string;
  /** Resolves once what this app was asked is answered, or after so long. */
  drained(withinMs: number): Promise<void>;
}

interface FrontParts extends Pick<ServerOptions, "host" | "port"> {
  log: Log;
  after: After;
}

export class Front {
  readonly #parts: FrontParts;
  #app: App | undefined;
  #metrics: Metrics | undefined;
  #server: HttpServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /** From now on this app answers; the first one begins to listen. Throws what keeps it from that. */
  async open(app: App, metrics: Metrics): Promise<Opened> {
    const { host, port, log, after } = this.#parts;
    const underway = new Set<Promise<void>>();
    this.#metrics = metrics;
    this.#app = {
      fetch: (...asked) => {
        const answer = Promise.resolve(app.fetch(...asked));
        const over: Promise<void> = answer.then(
          () => undefined,
          () => undefined,
        );
        underway.add(over);
        void over.then(() => underway.delete(over));
        return answer;
      },
    };
    this.#server ??= await serve(
      { fetch: (...asked) => this.#answer(...asked) },
      {
        ...{ host, port },
        onRefused: (refused) => {
          this.#metrics?.answered("none", "none", refused.status, 0);
          log.info(refused, "what came was no request");
        },
      },
    );
    return {
      url: this.#server.url,
      drained: (ms) =>
        this.#closing ??
        within(
          Promise.all(underway).then(() => undefined),
          { ms, after, late: undefined },
        ),
    };
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  #answer(...asked: Parameters<App["fetch"]>): ReturnType<App["fetch"]> {
    if (!this.#app) throw new Error("Nothing is served yet");
    return this.#app.fetch(...asked);
  }

  /** Takes no more requests, answers those it has, and within so long closes what is left. */
  stop(graceMs: number): Promise<void> {
    this.#closing ??= this.#server?.stop(graceMs) ?? Promise.resolve();
    return this.#closing;
  }
}
