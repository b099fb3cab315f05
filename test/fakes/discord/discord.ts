import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, HandClock } from "../clock.ts";
import { hangsMs, untilFound } from "../until.ts";
import { Admin } from "./admin.ts";
import { Cdn } from "./cdn.ts";
import { type Aim, type ApiFault, type FaultDraw, Faults } from "./faults.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { Interactions } from "./interactions.ts";
import { Person } from "./person.ts";
import { type Rate, RateLimits } from "./rate-limits.ts";
import type { User } from "./records.ts";
import { type Call, Rest } from "./rest.ts";
import { type Application, type NewMember, Server as World } from "./server.ts";

const applicationId = "1100000000000000001";

export interface DiscordOptions<Time extends Clock = Clock> extends Partial<GatewayOptions> {
  clock: Time;
  /** How many shards Discord recommends. */
  shards?: number;
}

/** Who someone is; they are in the first guild unless it says otherwise. */
export interface NewPerson extends Partial<Omit<User, "id">>, NewMember {
  /** Ids. */
  guilds?: readonly string[];
}

/** The first part of a token tells whose it is. */
function newApplication(): Application {
  const first = Buffer.from(applicationId).toString("base64url");
  const token = `${first}.GstAnD.in-for-discord-0123456789abcdefghijklmnop`;
  return { id: applicationId, name: "Deskhand", token, revoked: false, messageContent: true };
}

/** A Discord on a free port of this machine. Time stands still unless its clock is moved. */
export function startDiscord(options?: Partial<DiscordOptions<HandClock>>): Promise<Discord>;
/** The same with a clock of one's own. */
export function startDiscord<Time extends Clock>(
  options: DiscordOptions<Time>,
): Promise<Discord<Time>>;
export async function startDiscord(options: Partial<DiscordOptions> = {}): Promise<Discord<Clock>> {
  const discord = new Discord({ clock: new HandClock(), ...options });
  await discord.listen();
  return discord;
}

/**
 * A test reads like what people do: `rob.types("/ticket")`, then `submits`, `writes`, `clicks`, and
 * what they then see with `modal` and `reads`. What goes wrong on the way to Discord is told to
 * `misbehave`, what goes wrong on the way from it to `gateway`.
 */
export class Discord<Time extends Clock = HandClock> extends Admin {
  readonly clock: Time;
  readonly gateway: Gateway;
  readonly interactions: Interactions;
  readonly #rest: Rest;
  readonly #cdn: Cdn;
  readonly #faults = new Faults();
  readonly #rates = new RateLimits();
  readonly #notices = new Map<string, string[]>();
  readonly #http: Server;
  #handling = 0;

  constructor({ clock, shards = 1, ...ofGateway }: DiscordOptions<Time>) {
    super(new World(clock, newApplication()));
    this.clock = clock;
    this.server.gateway.shards = shards;
    this.gateway = new Gateway(this.server, ofGateway);
    this.interactions = new Interactions(this.server);
    this.#rest = new Rest(this.server, this.#faults, this.#rates);
    this.#cdn = new Cdn(this.server, this.#faults);
    this.#http = createServer((request, response) => {
      this.#handling += 1;
      this.#handle(request, response)
        .catch((error: unknown) => {
          // Who asks may have given up; anything else is a mistake in the stand-in, and shown as one.
          if (!response.headersSent) response.writeHead(500);
          response.end(String(error instanceof Error ? error.stack : error));
        })
        .finally(() => {
          this.#handling -= 1;
          this.server.changed();
        });
    });
    this.#http.on("upgrade", (request, socket) => this.gateway.upgrade(request, socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    const address: AddressInfo | string | null = this.#http.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    this.server.origin = `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.gateway.drop();
    this.#http.closeAllConnections();
    await closed;
  }

  get origin(): string {
    return this.server.origin;
  }

  /** For `rest.api`. */
  get apiUrl(): string {
    return `${this.origin}/api`;
  }

  get token(): string {
    return this.server.application.token;
  }

  /** Every call of the API, in the order in which they came. */
  get calls(): readonly Call[] {
    return this.#rest.calls;
  }

  /** Bodies that Discord does not take. */
  get violations(): readonly string[] {
    return this.#rest.violations;
  }

  /** Messages that would have pinged whomever their text names. */
  get unguarded(): readonly string[] {
    return this.#rest.unguarded;
  }

  /** Someone with an account; made up when they are not there yet. */
  person(id: string, given: NewPerson = {}): Person {
    const { server } = this;
    const { name = `user-${id}`, guilds, roles = [], nick = null, ...rest } = given;
    const user = server.users.get(id) ?? server.addUser({ ...rest, id, name });
    const [first] = server.guilds.keys();
    for (const guildId of guilds ?? (first === undefined ? [] : [first])) {
      const guild = server.guild(guildId);
      if (!guild.members.has(id)) server.addMember(guild, id, { roles, nick });
    }
    const notices = this.#notices.get(id) ?? [];
    this.#notices.set(id, notices);
    return new Person(user, { server, interactions: this.interactions, notices });
  }

  /** The next call, or the next `times`, goes wrong. */
  misbehave(fault: ApiFault, aim: Aim = {}): void {
    this.#faults.plan(fault, aim);
  }

  /** From now on any call may go wrong: `draw` is asked about each. */
  misbehaves(draw: FaultDraw): void {
    this.#faults.drawBy(draw);
  }

  /** `route` is as `POST /channels/:id/messages`. */
  limitRate(route: string, rate: Rate): void {
    this.#rates.set(route, rate);
  }

  /** What has not arrived, or is not answered: dispatches, interactions and calls. */
  underway(): number {
    return this.gateway.underway() + this.interactions.underway() + this.#handling;
  }

  /**
   * Waits until `look` finds something: it looks again when anything has changed here, and every now
   * and then for what happens elsewhere. discord.js takes its time to come back: half a second to
   * resume, and five between two sessions of a shard.
   */
  until<Found>(look: () => Found, withinMs = hangsMs): Promise<NonNullable<Found>> {
    return untilFound((changed) => this.server.watch(changed), look, withinMs);
  }

  /** Waits until every dispatch has arrived, and everything is answered that was asked. */
  async settled(): Promise<void> {
    await this.until(() => this.underway() === 0);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    const [, first] = pathname.split("/");
    if (first === "api") return this.#rest.handle(request, response);
    if (first === "cdn") return this.#cdn.handle(request, response);
    response.writeHead(404).end();
  }
}
