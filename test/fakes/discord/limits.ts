/**
 * What Discord takes, where its own description of the API says less, or nothing:
 * https://docs.discord.com/developers/resources/message#create-message and
 * https://docs.discord.com/developers/components/reference
 */
export const limits = {
  content: 2_000,
  /** Of all embeds of a message together. */
  embedsText: 6_000,
  rows: 5,
  buttonsInRow: 5,
  componentsInAll: 40,
  customId: 100,
  buttonLabel: 80,
  buttonUrl: 512,
  options: 25,
  optionText: 100,
  selectPlaceholder: 150,
  modalTitle: 45,
  modalParts: 5,
  label: 45,
  labelDescription: 100,
  textInput: 4_000,
  textPlaceholder: 100,
  uploads: 10,
  choices: 25,
  choiceText: 100,
  files: 10,
  /** https://docs.discord.com/developers/reference#file-upload-size-limits */
  fileBytes: 10 * 1_024 * 1_024,
  /** https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel */
  appliedTags: 5,
  threadName: 100,
  /** "A few minutes", without a number. */
  nonceMs: 3 * 60_000,
  reactions: 20,
  page: 100,
  pageDefault: 50,
} as const;
