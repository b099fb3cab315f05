/** Signs that are not seen. */

/** Holds apart what would be one, and is left out when read. */
export const wordJoiner = "\u2060";

/** On a line of its own, it ends a list so that another one begins. */
export const listBreak = wordJoiner + wordJoiner;

/**
 * Text that calls no one: an escaped call is not shown as one, but calls all the same, if
 * `allowed_mentions` let it. https://docs.discord.com/developers/resources/message#allowed-mentions-object
 */
export const unpinged = (text: string) =>
  text.replaceAll(/@(?=everyone|here)|(?<=<)@(?=[!&]?\d)/gi, `@${wordJoiner}`);
