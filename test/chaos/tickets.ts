/** What people did with one ticket: what everyone is held against in the end. */
import type { AgentPlace, Place, Upload } from "./place.ts";
import type { RemotePlace } from "./remote-place.ts";

export const origins = ["slack", "discord", "http"] as const;
type Origin = (typeof origins)[number];

export const categories = ["technical", "billing", "general"] as const;
type Category = (typeof categories)[number];

/** On which platforms the agents of such a ticket are: what `deskhand.yaml` says here. */
export const agentsOf: Readonly<Record<Category, readonly ("slack" | "discord")[]>> = {
  technical: ["slack"],
  billing: ["discord"],
  general: ["slack", "discord"],
};

/** One message, as its writer wants it to be now. */
export interface Written {
  /** In its tokens. */
  number: number;
  /** The place where it was written, or the form, or HTTP: its order is kept among its own. */
  source: string;
  /** A note now; also of what was a reply before. */
  isSecret: boolean;
  version: number;
  pieces: number;
  /** In its place; undefined for what no one can edit. */
  id: string | undefined;
  /** Otherwise its writer knows that it may not have been taken. */
  isSure: boolean;
  isDeleted: boolean;
  /** Its platform was told to refuse it once, for good: where it is missing, agents must be told. */
  isRefused: boolean;
  /** No one was told of it, nor that it was not: it has no place among what was written later. */
  isLate: boolean;
  files: readonly Upload[];
}

export interface Ticket {
  /** Stands in its title, and in no other. */
  name: string;
  origin: Origin;
  category: Category;
  /** Who asked, by number. */
  asker: number;
  /** Whether its requester was told that it is open. */
  isOpen: boolean;
  /** Of HTTP. */
  id: string | undefined;
  requester: Place | undefined;
  agents: AgentPlace[];
  /** In the remote ticket service. */
  remote: RemotePlace | undefined;
  written: Written[];
  resolutions: string[];
}

export const placesOf = ({ requester, agents, remote }: Ticket): Place[] => [
  ...(requester ? [requester] : []),
  ...agents,
  ...(remote ? [remote] : []),
];

/** What the ticket's form says. */
export const formSource = "form";
