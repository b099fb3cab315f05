/** What is called how, by Discord's id; undefined where that is not known. */
export interface Names {
  person(id: string): string | undefined;
  role(id: string): string | undefined;
  channel(id: string): string | undefined;
}

/** Names as words, also where there is none. */
export const nameOf = {
  person: (id: string, names: Names) => names.person(id) || "someone",
  role: (id: string, names: Names) => names.role(id) || "a role",
  channel: (id: string, names: Names) => names.channel(id) || "unknown-channel",
} as const;
