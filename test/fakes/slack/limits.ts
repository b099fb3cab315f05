/**
 * What Slack allows, each with where it is written. Lengths are in UTF-16 units: Slack does not say
 * in what it counts.
 */
export const limits = {
  /** https://docs.slack.dev/reference/block-kit/blocks */
  messageBlocks: 50,
  viewBlocks: 100,
  blockId: 255,
  sectionText: 3_000,
  sectionFields: 10,
  sectionField: 2_000,
  headerText: 150,
  actionsElements: 25,
  contextElements: 10,
  inputLabel: 2_000,
  inputHint: 2_000,
  /** Of all `markdown` blocks of a message together. */
  markdownText: 12_000,
  /** https://docs.slack.dev/reference/block-kit/block-elements */
  actionId: 255,
  buttonText: 75,
  buttonValue: 2_000,
  buttonUrl: 3_000,
  accessibilityLabel: 75,
  placeholder: 150,
  options: 100,
  optionGroups: 100,
  overflowOptions: 5,
  choices: 10,
  plainTextInput: 3_000,
  files: 10,
  /** https://docs.slack.dev/reference/block-kit/composition-objects */
  optionText: 75,
  /** The documentation has 150, Slack's own type definitions have 75: the narrower holds here. */
  optionValue: 75,
  optionDescription: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** https://docs.slack.dev/reference/views */
  viewTitle: 24,
  viewButton: 24,
  privateMetadata: 3_000,
  callbackId: 255,
  externalId: 255,
  /** https://docs.slack.dev/reference/methods/views.open: view_too_large */
  viewBytes: 250_000,
  /** https://docs.slack.dev/reference/methods/views.push: push_limit_reached */
  viewStack: 3,
  /** https://api.slack.com/changelog/2018-04-truncating-really-long-messages: longer text is cut. */
  postedText: 40_000,
  /** https://docs.slack.dev/reference/methods/chat.update: msg_too_long */
  updatedText: 4_000,
  /** Not documented; observed: https://github.com/slackapi/bolt-js/issues/2509 */
  messageBlocksText: 13_200,
  /** https://docs.slack.dev/reference/methods/conversations.history */
  historyPage: 999,
  historyPageDefault: 100,
  /** https://docs.slack.dev/reference/methods/conversations.replies */
  repliesPage: 1_000,
  repliesPageDefault: 1_000,
  /** The same pages, of apps that are sold outside the Marketplace: so many, and one call in so long. */
  soldHistoryPage: 15,
  soldHistoryMs: 60_000,
  membersPage: 1_000,
  membersPageDefault: 100,
  /** https://docs.slack.dev/interactivity/handling-user-interaction: also what a trigger lives. */
  ackMs: 3_000,
  triggerMs: 3_000,
  /** https://docs.slack.dev/apis/events-api/#retries */
  retriesAfterMs: [0, 60_000, 300_000],
  /** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
  responseUrlUses: 5,
  responseUrlMs: 30 * 60_000,
} as const;
