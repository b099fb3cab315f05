/**
 * What Discord allows, each with where it is written. Discord counts code points
 * (https://github.com/discord/discord-api-docs/issues/1315); we take the length of a string, which
 * is never less.
 */
export const limits = {
  /** https://docs.discord.com/developers/resources/message#create-message */
  content: 2_000,
  nonce: 25,

  /** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
  embedTitle: 256,
  embedDescription: 4_096,
  embedAuthorName: 256,

  /** https://docs.discord.com/developers/reference#uploading-files: of each file, by default. */
  fileBytes: 10 * 1024 * 1024,

  /** https://docs.discord.com/developers/components/reference */
  customId: 100,
  rowButtons: 5,
  buttonLabel: 80,
  textInput: 4_000,
  label: 45,
  labelDescription: 100,
  uploadFiles: 10,

  /** https://docs.discord.com/developers/interactions/application-commands#autocomplete */
  choices: 25,
  choiceName: 100,

  /** https://docs.discord.com/developers/resources/channel#channel-object */
  threadName: 100,
  /** https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel */
  postTags: 5,

  /** https://docs.discord.com/developers/resources/message#get-channel-messages */
  page: 100,
} as const;
