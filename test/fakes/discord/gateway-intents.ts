/** https://docs.discord.com/developers/events/gateway#list-of-intents */
export const intents = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  guildReactions: 1 << 10,
  guildTyping: 1 << 11,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  directTyping: 1 << 14,
  messageContent: 1 << 15,
} as const;

/** Bits 0 to 16, 20, 21, 24 and 25 mean something. */
const known = 0b11_0011_0001_1111_1111_1111_1111;

export const areKnown = (wanted: number): boolean => (wanted & ~known) === 0;

/** What an app must be allowed to ask for. */
export const privileged = intents.guildMembers | intents.guildPresences | intents.messageContent;

const kinds: readonly { event: RegExp; inGuild: number; direct: number }[] = [
  { event: /^MESSAGE_REACTION_/, inGuild: intents.guildReactions, direct: intents.directReactions },
  {
    event: /^(MESSAGE_|CHANNEL_PINS_)/,
    inGuild: intents.guildMessages,
    direct: intents.directMessages,
  },
  { event: /^TYPING_/, inGuild: intents.guildTyping, direct: intents.directTyping },
  { event: /^GUILD_MEMBER_/, inGuild: intents.guildMembers, direct: 0 },
  { event: /^(GUILD_|CHANNEL_|THREAD_)/, inGuild: intents.guilds, direct: 0 },
];

/** Whether a session with these intents hears of it; of interactions every session does. */
export function hears(wanted: number, event: string, where: "inGuild" | "direct"): boolean {
  const kind = kinds.find((each) => each.event.test(event));
  return !kind || (wanted & kind[where]) !== 0;
}
