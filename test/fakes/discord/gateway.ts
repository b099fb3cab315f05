import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Json, string } from "../json.ts";
import { guildsOf, readyOf, shown } from "./gateway-dispatches.ts";
import { areKnown, hears, intents, privileged } from "./gateway-intents.ts";
import { Link, op } from "./gateway-link.ts";
import type { Dispatch, Server } from "./server.ts";
import { Session } from "./sessions.ts";

/** What can go wrong when something is dispatched. */
type GatewayFault =
  /** The connection is reset before it; a resume brings it. */
  | "drop-before"
  /** The connection is reset just after it. */
  | "drop-after"
  /** The connection is reset, and cannot be resumed: the client never hears of it. */
  | "lose-session"
  /** The client is asked to come back on a new connection. */
  | "ask-to-reconnect"
  /** It comes twice. */
  | "repeat";

export type GatewayDraw = (event: string) => GatewayFault | undefined;

export interface GatewayOptions {
  /** In real time, as the client keeps it. */
  heartbeatMs: number;
  /** With fewer shards than this a client is turned away. */
  shardsNeeded: number;
  /**
   * A new session is told again of the messages of so long before, which Discord does not do: for
   * those who want to lose nothing though nobody was there to hear it.
   */
  retellsMs: number;
}

const defaults: GatewayOptions = { heartbeatMs: 41_250, shardsNeeded: 1, retellsMs: 0 };

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const endSession = [4007, 4009];
const final = [4004, 4010, 4011, 4012, 4013, 4014];

/** https://docs.discord.com/developers/events/gateway, version 10, JSON without compression. */
export class Gateway {
  readonly options: GatewayOptions;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #sessions: Session[] = [];
  readonly #repeats: { event: string | undefined }[] = [];
  readonly #refusals = new Set<Promise<unknown>>();
  /** For a new session, with when they were told. */
  #recent: { at: number; dispatch: Dispatch }[] = [];
  #draw: GatewayDraw = () => undefined;
  #held = false;
  #replaysTwice = false;
  /** How often a client began a session, and how often one was resumed. */
  identified = 0;
  resumed = 0;

  constructor(server: Server, options: Partial<GatewayOptions> = {}) {
    this.#server = server;
    this.options = { ...defaults, ...options };
    server.onDispatch((dispatch) => this.#dispatch(dispatch));
  }

  /** Clients that have a session and are connected. */
  connections(): number {
    return this.#live().length;
  }

  /** What clients have not got yet, among them those that were cut off and must come back. */
  underway(): number {
    const awaited = this.#sessions.filter((each) => each.awaited).length;
    return this.#live().reduce((sum, link) => sum + link.underway, awaited);
  }

  upgrade(request: IncomingMessage, socket: Duplex): void {
    if (this.#refusals.size > 0) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const on = {
      identify: (link: Link, data: Json) => this.#identify(link, data),
      resume: (link: Link, data: Json) => this.#resume(link, data),
      closed: (link: Link) => this.#forget(link),
      confirmed: () => this.#server.changed(),
    };
    const link = new Link(request, socket, { heartbeatMs: this.options.heartbeatMs, on });
    this.#links.add(link);
    const { searchParams } = new URL(request.url ?? "/", "http://stand-in");
    if (searchParams.get("v") !== "10") link.close(4012, "Invalid API version.");
  }

  /** Every connection is reset; sessions can be resumed, and what was missed comes then. */
  drop(): void {
    for (const link of [...this.#links]) this.#dropLink(link);
  }

  /** Every connection is reset, and what happens until a client is back is never told. */
  loseSession(): void {
    for (const session of this.#sessions) session.lost = true;
    this.drop();
  }

  /** https://docs.discord.com/developers/events/gateway#reconnect */
  askToReconnect(): void {
    for (const link of this.#live()) this.#awaitReturn(link, op.reconnect, null);
  }

  /** https://docs.discord.com/developers/events/gateway#invalid-session */
  invalidate(resumable: boolean): void {
    for (const link of this.#live()) {
      if (link.session) link.session.lost = !resumable;
      this.#awaitReturn(link, op.invalidSession, resumable);
    }
  }

  /** Connections stay open, but nothing is heard over them any more. */
  stopsAcking(): void {
    for (const link of this.#live()) {
      link.silent = true;
      if (link.session) link.session.awaited = true;
    }
  }

  /** Every connection is closed with this code; some of them end the session, or all hope. */
  closes(code: number, reason = ""): void {
    for (const link of this.#live()) {
      const { session } = link;
      link.session = undefined;
      link.close(code, reason);
      if (!session) continue;
      session.lost = endSession.includes(code);
      session.awaited = !final.includes(code);
    }
  }

  /** Until then new connections are answered with 503. */
  refusesConnections(until: Promise<unknown>): void {
    this.#refusals.add(until);
    const again = () => void this.#refusals.delete(until);
    until.then(again, again);
  }

  /** The next `times` dispatches, or those of this event, come twice, with new sequence numbers. */
  repeatsDispatches(times: number, event?: string): void {
    this.#repeats.push(...Array.from({ length: times }, () => ({ event })));
  }

  /** The next resume also brings what had arrived before. */
  replaysTwice(): void {
    this.#replaysTwice = true;
  }

  /** What happens from now on is told when `releases` is called. */
  holds(): void {
    this.#held = true;
  }

  releases(): void {
    this.#held = false;
    for (const link of this.#live()) link.pump();
  }

  /** From now on anything may go wrong: `draw` is asked about each dispatch. */
  misbehaves(draw: GatewayDraw): void {
    this.#draw = draw;
  }

  /** Brings it to every session that hears of it. */
  #dispatch(dispatch: Dispatch) {
    const { event, data, guild } = dispatch;
    this.#remember(dispatch);
    const where = guild === undefined ? "direct" : "inGuild";
    for (const session of this.#sessions) {
      if (session.lost || !isOnShard(session, guild)) continue;
      if (!hears(session.intents, event, where)) continue;
      const told = shown(this.#server, { event, data }, session.intents);
      if (told) this.#tell(session, event, told);
    }
  }

  #remember(dispatch: Dispatch) {
    const { retellsMs } = this.options;
    if (retellsMs === 0 || !/^MESSAGE_(?:CREATE|UPDATE|DELETE)$/.test(dispatch.event)) return;
    const now = this.#server.clock.now();
    this.#recent = this.#recent.filter(({ at }) => at >= now - retellsMs);
    this.#recent.push({ at: now, dispatch });
  }

  #retell(session: Session) {
    for (const { dispatch } of this.#recent) {
      const told = shown(this.#server, dispatch, session.intents);
      if (told) session.add(dispatch.event, told);
    }
  }

  #live(): Link[] {
    return [...this.#links].filter(({ session }) => session !== undefined);
  }

  #tell(session: Session, event: string, data: Json) {
    const fault = this.#draw(event);
    const link = this.#live().find((each) => each.session === session);
    session.lost = fault === "lose-session" && link !== undefined;
    if (link && (fault === "drop-before" || session.lost)) this.#dropLink(link);
    session.add(event, data);
    if (fault === "repeat" || this.#isToRepeat(event)) session.add(event, data);
    if (!link || this.#held) return;
    link.pump();
    if (fault === "drop-after") this.#dropLink(link);
    if (fault === "ask-to-reconnect") this.#awaitReturn(link, op.reconnect, null);
  }

  #isToRepeat(event: string): boolean {
    const place = this.#repeats.findIndex((each) => (each.event ?? event) === event);
    return place >= 0 && this.#repeats.splice(place, 1).length > 0;
  }

  #dropLink(link: Link) {
    if (link.session) link.session.awaited = true;
    this.#forget(link);
    link.cut();
  }

  #awaitReturn(link: Link, opcode: number, data: unknown) {
    const { session } = link;
    link.send(opcode, data);
    if (!session) return;
    session.awaited = true;
    link.session = undefined;
  }

  #forget(link: Link) {
    if (this.#links.delete(link)) this.#server.changed();
  }

  /** https://docs.discord.com/developers/events/gateway#identifying */
  #identify(link: Link, data: Json) {
    const wrong = this.#wrongWith(link, data);
    if (wrong) return link.close(...wrong);
    const [id = 0, count = 1] = shardOf(data) ?? [];
    const wanted = Number(data.intents);
    const session = new Session({
      id: `session-${this.#server.newId()}`,
      shard: [id, count],
      intents: wanted,
    });
    for (const each of this.#sessions) if (each.shard[0] === id) each.awaited = false;
    this.#sessions.push(session);
    this.identified += 1;
    this.#server.gateway.startsLeft -= 1;
    const guilds = guildsOf(this.#server).filter(({ id }) => isOnShard(session, string(id)));
    session.add("READY", readyOf(this.#server, session, guilds));
    for (const guild of guilds) {
      const told = shown(this.#server, { event: "GUILD_CREATE", data: guild }, wanted);
      if (told && hears(wanted, "GUILD_CREATE", "inGuild")) session.add("GUILD_CREATE", told);
    }
    this.#retell(session);
    link.attach(session, 0);
    link.pump();
    this.#server.changed();
  }

  #wrongWith(link: Link, data: Json): [code: number, reason: string] | undefined {
    const wanted = data.intents;
    const shard = shardOf(data);
    if (link.session) return [4005, "Already authenticated."];
    if (!this.#isToken(data.token)) return [4004, "Authentication failed."];
    if (!shard || shard[0] >= shard[1]) return [4010, "Invalid shard."];
    if (shard[1] < this.options.shardsNeeded) return [4011, "Sharding required."];
    if (typeof wanted !== "number" || !areKnown(wanted)) return [4013, "Invalid intent(s)."];
    const granted = this.#server.application.messageContent ? intents.messageContent : 0;
    return (wanted & privileged & ~granted) === 0 ? undefined : [4014, "Disallowed intent(s)."];
  }

  #isToken(token: unknown): boolean {
    const { application } = this.#server;
    return token === application.token && !application.revoked;
  }

  /** https://docs.discord.com/developers/events/gateway#resuming */
  #resume(link: Link, { token, session_id, seq }: Json) {
    if (link.session) return link.close(4005, "Already authenticated.");
    if (!this.#isToken(token)) return link.close(4004, "Authentication failed.");
    const session = this.#sessions.find(({ id }) => id === session_id);
    if (!session || session.lost) return link.send(op.invalidSession, false);
    if (typeof seq !== "number" || seq > session.last) return link.close(4007, "Invalid seq.");
    for (const old of this.#live()) if (old.session === session) this.#dropLink(old);
    session.awaited = false;
    this.resumed += 1;
    link.attach(session, seq);
    link.replay(this.#replaysTwice ? 0 : seq);
    this.#replaysTwice = false;
    session.add("RESUMED", { _trace: [] });
    link.pump();
    this.#server.changed();
  }
}

/** https://docs.discord.com/developers/events/gateway#sharding */
const isOnShard = ({ shard: [id, count] }: Session, guild: string | undefined): boolean =>
  guild === undefined ? id === 0 : Number((BigInt(guild) >> 22n) % BigInt(count)) === id;

function shardOf({ shard = [0, 1] }: Json): [id: number, count: number] | undefined {
  const [id, count]: unknown[] = Array.isArray(shard) ? shard : [];
  return typeof id === "number" && typeof count === "number" ? [id, count] : undefined;
}
