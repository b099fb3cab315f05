/** People, as Discord tells of them. */
import { CDNRoutes, ImageFormat, RouteBases } from "discord.js";
import { z } from "zod";
import type { Person } from "../../src/desk/chat.ts";
import { oneLine } from "../../src/desk/shortened.ts";
import { platform } from "./context.ts";

export const userSchema = z.object({
  id: z.string(),
  username: z.string(),
  global_name: z.string().nullish(),
  avatar: z.string().nullish(),
  bot: z.boolean().optional(),
});

/** What a server adds to a user. */
export const memberSchema = z.object({
  nick: z.string().nullish(),
  roles: z.array(z.string()),
});

const idOf = (user: string): string => `${platform}:${user}`;

/** A person's id in Discord. */
export const userOf = ({ id }: Pick<Person, "id">): string => id.slice(idOf("").length);

/** Under the name by which they are known where they spoke. */
export function personOf(
  { id, username, global_name, avatar }: z.infer<typeof userSchema>,
  member?: { nick?: string | null | undefined },
): Person {
  const names = [member?.nick, global_name, username].map((each) => oneLine(each ?? ""));
  const name = names.find((each) => each !== "") ?? username;
  if (!avatar) return { id: idOf(id), name };
  const picture = RouteBases.cdn + CDNRoutes.userAvatar(id, avatar, ImageFormat.PNG);
  return { id: idOf(id), name, picture: `${picture}?size=128` };
}
