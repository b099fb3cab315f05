/**
 * What Slack allows, each with where it is written. Slack does not say in what it counts lengths;
 * they are taken as those of a string, which is never too long.
 */
export const limits = {
  /** https://docs.slack.dev/reference/methods/chat.update: longer text is refused in an update. */
  messageText: 4_000,
  /** https://docs.slack.dev/reference/methods/chat.postMessage: longer text is cut. */
  postedText: 40_000,
  /**
   * Of a rich-text block, as JSON. Not documented, but observed: longer ones are refused.
   * https://github.com/slackapi/bolt-js/issues/2509 and https://github.com/slackapi/bolt-js/issues/2867
   */
  richTextJson: 12_000,
  /** Not documented for `username`; it is what a person's display name may have. */
  username: 80,

  /** https://docs.slack.dev/reference/block-kit/blocks */
  messageBlocks: 50,
  viewBlocks: 100,
  blockId: 255,
  headerText: 150,
  sectionText: 3_000,
  sectionFields: 10,
  sectionFieldText: 2_000,
  contextElements: 10,
  actionsElements: 25,
  inputLabel: 2_000,
  inputHint: 2_000,

  /** https://docs.slack.dev/reference/block-kit/block-elements */
  actionId: 255,
  buttonText: 75,
  buttonValue: 2_000,
  placeholder: 150,
  plainTextInput: 3_000,
  fileInputFiles: 10,

  /** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  options: 100,
  optionText: 75,
  /** The page says 150, Slack's own type definitions 75. */
  optionValue: 75,
  optionDescription: 75,

  /** https://docs.slack.dev/reference/views/modal-views */
  viewTitle: 24,
  viewButton: 24,
  privateMetadata: 3_000,
  callbackId: 255,

  /** https://docs.slack.dev/apis/web-api/pagination: the size of a page that Slack recommends. */
  page: 200,
  /**
   * https://docs.slack.dev/reference/methods/conversations.replies: the most. An app that is sold
   * outside the Marketplace is answered with 15, once a minute, whatever it asks for.
   */
  replies: 1_000,
} as const;

/** https://docs.slack.dev/apis/web-api/rate-limits: so many calls a minute, of each method. */
const tiers = { 2: 20, 3: 50, 4: 100 } as const;

/**
 * How often Slack takes calls, for each app and workspace. A method's tier is on its page, such as
 * https://docs.slack.dev/reference/methods/chat.update.
 */
export const rates = {
  /**
   * Messages in one channel: "1 per second", "short bursts >1 allowed", without a word on how short.
   * With a little more than a second between two that are not such a burst, none comes too soon.
   */
  posting: { burst: 3, everyMs: 1_020 },
  /** What posts a message: it counts in its channel. */
  posts: ["chat.postMessage", "files.completeUploadExternal"],
  /** Read page by page: kept apart, the pages would only come later. Slack says when to wait. */
  history: ["conversations.history", "conversations.replies"],
  perMinute: {
    "chat.update": tiers[3],
    "chat.delete": tiers[3],
    "conversations.open": tiers[3],
    "files.getUploadURLExternal": tiers[4],
    "files.info": tiers[4],
    "reactions.add": tiers[3],
    "reactions.remove": tiers[2],
  },
  /** Of a method that is not listed. */
  otherPerMinute: tiers[2],
} as const;
