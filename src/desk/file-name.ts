/** A file's name as it may stand in a sentence: on one line, and turning no text around. */
export const shownName = (name: string): string =>
  name.toWellFormed().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "_");
