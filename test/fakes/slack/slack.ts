import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type Clock, HandClock } from "../clock.ts";
import { parsedJson } from "../json.ts";
import { hangsMs, untilFound } from "../until.ts";
import { type App, newApp } from "./app.ts";
import { EventDesk } from "./event-desk.ts";
import { type Aim, type ApiFault, type FaultDraw, Faults } from "./faults.ts";
import { FileServer } from "./file-server.ts";
import { archive, join, leave, unfurl } from "./happenings.ts";
import { type Forgery, HttpTransport } from "./http-transport.ts";
import { Interactions } from "./interactions.ts";
import { limits } from "./limits.ts";
import type { Backend } from "./method.ts";
import { Person } from "./person.ts";
import { type Rate, RateLimits } from "./rate-limits.ts";
import type { Member } from "./records.ts";
import { ResponseUrls } from "./response-urls.ts";
import { type Seen, seen } from "./seen.ts";
import { SocketMode } from "./socket-mode.ts";
import type { Outbound, Transport } from "./transport.ts";
import { Views } from "./views.ts";
import { type Call, WebApi } from "./web-api.ts";
import { Workspace } from "./workspace.ts";

export interface SlackOptions<Time extends Clock = Clock> {
  clock: Time;
  app?: Partial<App>;
  /** After how long an event comes again that was not acked; Slack's own times by default. */
  retriesAfterMs?: readonly number[];
  /** The most messages in a page of history: 15 for apps sold outside the Marketplace. */
  historyPage?: number;
}

/** A Slack on a free port of this machine. Time stands still unless its clock is moved. */
export function startSlack(options?: Partial<SlackOptions<HandClock>>): Promise<Slack>;
/** The same with a clock of one's own. */
export function startSlack<Time extends Clock>(options: SlackOptions<Time>): Promise<Slack<Time>>;
export async function startSlack(options: Partial<SlackOptions> = {}): Promise<Slack<Clock>> {
  const slack = new Slack({ clock: new HandClock(), ...options });
  await slack.listen();
  return slack;
}

/**
 * A test reads like what people do: `slack.person("U1").types("/ticket printer on fire")`, then
 * `submits`, `writes`, `clicks`, and what they then see with `modal` and `reads`. What goes wrong on
 * the way to Slack is told to `misbehave`, what goes wrong on the way from it to `events`
 * and `interactions`.
 */
export class Slack<Time extends Clock = HandClock> {
  readonly clock: Time;
  readonly app: App;
  readonly workspace: Workspace;
  readonly views: Views;
  readonly events: EventDesk;
  readonly interactions: Interactions;
  readonly socketMode: SocketMode;
  readonly #api: WebApi;
  readonly #backend: Backend;
  readonly #faults = new Faults();
  readonly #rates: RateLimits;
  readonly #urls: ResponseUrls;
  readonly #files: FileServer;
  readonly #server: Server;
  #http: HttpTransport | undefined;

  constructor({ clock, app, retriesAfterMs, historyPage = 1_000 }: SlackOptions<Time>) {
    this.clock = clock;
    this.app = newApp(app);
    this.workspace = new Workspace(clock, (event, channel) => this.events.tell(event, channel));
    const { workspace } = this;
    this.views = new Views(workspace);
    this.socketMode = new SocketMode(workspace, clock);
    const transport = () => this.#transport();
    const retries = retriesAfterMs ? { retriesAfterMs } : {};
    this.events = new EventDesk({ app: this.app, clock, workspace, transport, ...retries });
    this.#urls = new ResponseUrls(workspace, clock);
    this.#rates = new RateLimits(clock);
    const { views, socketMode } = this;
    const shared = { app: this.app, workspace, views };
    this.interactions = new Interactions({ ...shared, urls: this.#urls, transport });
    this.#backend = { ...shared, socketMode, origin: "", historyPage, shownSince: 0 };
    this.#files = new FileServer(this.#backend, this.#faults);
    this.#api = new WebApi(this.#backend, this.#faults, this.#rates);
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        // Who asks may have given up; anything else is a mistake in the stand-in, and shown as one.
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error instanceof Error ? error.stack : error));
      });
    });
    this.#server.on("upgrade", (request, socket) => socketMode.upgrade(request, socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    this.#backend.origin = `http://127.0.0.1:${address.port}`;
    this.workspace.origin = this.#backend.origin;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#http?.close();
    this.socketMode.cut();
    this.#server.closeAllConnections();
    await closed;
  }

  /** From now on it gives out addresses of this origin, which leads here. */
  reachedAt(origin: string): void {
    this.#backend.origin = origin;
    this.workspace.origin = origin;
  }

  /** For `clientOptions.slackApiUrl`. */
  get apiUrl(): string {
    return `${this.workspace.origin}/api/`;
  }

  /** Every call of the Web API, in the order in which they came. */
  get calls(): readonly Call[] {
    return this.#api.calls;
  }

  /**
   * From now on everything goes to this request URL; without it, over Socket Mode. Connections are
   * kept only for benchmarks: one that the app has closed meanwhile looks like a failed delivery.
   */
  sendTo(requestUrl: string, { keepAlive = false } = {}): void {
    this.#http?.close();
    this.#http = new HttpTransport(this.app, this.clock, { url: requestUrl, keepAlive });
  }

  /** From now on everything goes over Socket Mode, as it does at first. */
  sendToSocket(): void {
    this.#http?.close();
    this.#http = undefined;
  }

  #transport(): Transport {
    return this.#http ?? this.socketMode;
  }

  /** Someone in the workspace; made up when they are not there yet. */
  person(id: string, given: Partial<Omit<Member, "id">> = {}): Person {
    const { name = id.toLowerCase() } = given;
    const { workspace, app } = this;
    const member = workspace.members.get(id) ?? workspace.addMember({ ...given, id, name });
    return new Person(member, { workspace, app, interactions: this.interactions });
  }

  /**
   * The next call, or the next `times`, goes wrong. `upload` and `download` are methods here too: what
   * is sent to an upload URL, and what is asked for at a file's private URL.
   */
  misbehave(fault: ApiFault, aim: Aim = {}): void {
    this.#faults.plan(fault, aim);
  }

  /** From now on any call may go wrong: `draw` is asked about each. */
  misbehaves(draw: FaultDraw): void {
    this.#faults.drawBy(draw);
  }

  limitRate(method: string, rate: Rate): void {
    this.#rates.set(method, rate);
  }

  /**
   * From now on it is an app that is sold outside the Marketplace: it reads 15 messages a minute.
   * https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
   */
  sellsOutsideTheMarketplace(): void {
    this.#backend.historyPage = limits.soldHistoryPage;
    for (const method of ["conversations.history", "conversations.replies"])
      this.limitRate(method, { burst: 1, everyMs: limits.soldHistoryMs });
  }

  /** Pages of history have no more messages than this, whatever is asked for. */
  givesPagesOf(messages: number): void {
    this.#backend.historyPage = messages;
  }

  /** The plan hides what was written before this time, in ms since 1970. */
  hidesBefore(time: number): void {
    this.#backend.shownSince = time;
  }

  /** A request that Slack did not send. Resolves with the status of the answer. */
  async forge(how: Forgery, outbound: Outbound): Promise<number | undefined> {
    if (!this.#http) throw new Error("there is no request URL");
    return this.#http.forge(outbound, how);
  }

  /** Another app's bot writes in a channel, or in a thread of it. */
  botWrites(channel: string, text: string, { thread }: { thread?: string } = {}): Seen {
    const { workspace } = this;
    const otherBot = { botId: "B0OTHER01", appId: "A0OTHER01" };
    const draft = { user: "U0OTHER01", otherBot, text, threadTs: thread };
    return seen(workspace, workspace.post(workspace.channelOf({ channel }), draft));
  }

  /** Files that are posted show up when the answer is called, as if they were still being checked. */
  holdsFiles(): () => void {
    this.workspace.holdShares();
    return () => this.workspace.releaseShares();
  }

  archives(channel: string, { by = "U0ADMIN01" } = {}): void {
    archive(this.workspace, this.workspace.channelOf({ channel }), by, true);
  }

  unarchives(channel: string, { by = "U0ADMIN01" } = {}): void {
    archive(this.workspace, this.workspace.channelOf({ channel }), by, false);
  }

  removesBot(channel: string): void {
    const { workspace } = this;
    leave(workspace, workspace.channelOf({ channel }), workspace.bot.userId);
  }

  invitesBot(channel: string): void {
    const { workspace } = this;
    join(workspace, workspace.channelOf({ channel }), workspace.bot.userId);
  }

  /** The app is told, and from then on its token is refused. */
  revokesToken(): void {
    const tokens = { oauth: [], bot: [this.workspace.bot.userId] };
    this.workspace.tell({ type: "tokens_revoked", tokens, event_ts: this.workspace.eventTs() });
    this.app.revoked = "token_revoked";
  }

  uninstalls(): void {
    this.workspace.tell({ type: "app_uninstalled", event_ts: this.workspace.eventTs() });
    this.app.revoked = "account_inactive";
  }

  /** The app is in the workspace again, and its token is good, as that of a new installation is. */
  installsAgain(): void {
    this.app.revoked = undefined;
  }

  /** An admin deletes a message, whoever wrote it. */
  deletes({ channel, ts }: Seen): void {
    const message = this.workspace.message(this.workspace.channelOf({ channel }), ts);
    if (message) this.workspace.remove(message);
  }

  /** A preview appears under a message: it has changed, but not its text. */
  unfurls({ channel, ts }: Seen): void {
    const message = this.workspace.message(this.workspace.channelOf({ channel }), ts);
    if (message) unfurl(this.workspace, message);
  }

  /** Slack tells of a message that it has changed though nothing in it has, as for a reply count. */
  refreshes({ channel, ts }: Seen): void {
    const message = this.workspace.message(this.workspace.channelOf({ channel }), ts);
    if (message) this.workspace.edit(message, {});
  }

  /**
   * Waits until `look` finds something: it looks again when anything has changed here, and every now
   * and then for what happens elsewhere.
   */
  until<Found>(look: () => Found, withinMs = hangsMs): Promise<NonNullable<Found>> {
    return untilFound((changed) => this.workspace.watch(changed), look, withinMs);
  }

  /** Waits until every event that is on its way has been answered, or given up for now. */
  async settled(): Promise<void> {
    await this.until(() => this.events.underway() === 0);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    const [, first = "", second = ""] = pathname.split("/");
    switch (first) {
      case "api":
        return this.#api.handle(second, request, response);
      case "upload":
        return this.#files.upload(pathname, request, response);
      case "files-pri":
        return this.#files.download(pathname, request, response);
      case "actions": {
        const body = parsedJson((await buffer(request)).toString());
        const answer = this.#urls.use(second, body);
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(JSON.stringify(answer.body));
        return;
      }
      default:
        response.writeHead(404).end();
    }
  }
}
