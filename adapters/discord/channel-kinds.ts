import { ChannelType } from "discord.js";

export const isThread = (type: ChannelType | undefined): boolean =>
  type === ChannelType.PublicThread ||
  type === ChannelType.PrivateThread ||
  type === ChannelType.AnnouncementThread;

/** Its threads are posts. https://docs.discord.com/developers/topics/threads#forums */
export const isForum = (type: ChannelType): boolean =>
  type === ChannelType.GuildForum || type === ChannelType.GuildMedia;
