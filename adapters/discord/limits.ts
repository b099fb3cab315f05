/**
 * What Discord allows, each with where it is written. Discord counts code points
 * (https://github.com/discord/discord-api-docs/issues/1315); we take the length of a string, which
 * is never less.
 */
export const limits = {
  /** https://docs.discord.com/developers/resources/message#create-message */
  content: 2_000,
  nonce: 25,
  messageEmbeds: 10,

  /** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
  embedTitle: 256,
  embedDescription: 4_096,
  embedFields: 25,
  embedFieldName: 256,
  embedFieldValue: 1_024,
  embedFooter: 2_048,
  embedAuthorName: 256,
  /** Of all texts in all embeds of a message. */
  embedsText: 6_000,

  /** https://docs.discord.com/developers/reference#uploading-files: of each file, by default. */
  fileBytes: 10 * 1024 * 1024,
  messageFiles: 10,

  /** https://docs.discord.com/developers/components/reference */
  customId: 100,
  actionRows: 5,
  rowButtons: 5,
  buttonLabel: 80,
  options: 25,
  optionLabel: 100,
  optionValue: 100,
  optionDescription: 100,
  selectPlaceholder: 150,
  textInput: 4_000,
  textInputPlaceholder: 100,
  label: 45,
  labelDescription: 100,
  uploadFiles: 10,

  /** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal */
  modalTitle: 45,
  modalComponents: 5,

  /** https://docs.discord.com/developers/interactions/application-commands#autocomplete */
  choices: 25,
  choiceName: 100,

  /** https://docs.discord.com/developers/resources/channel#channel-object */
  threadName: 100,
  /** https://docs.discord.com/developers/resources/channel#forum-tag-object */
  tagName: 20,
  forumTags: 20,
  postTags: 5,

  /** https://docs.discord.com/developers/resources/message#get-channel-messages */
  page: 100,
} as const;
